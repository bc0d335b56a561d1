/** Sending what is measured to an operator's OpenTelemetry receiver: what is chosen, and how it stands. */
import { OTLP_OFF, OTLP_SIGNALS, type OtlpChoice, type OtlpSignal } from '../contracts/otlp.ts';
import { parseOtlpEndpoint } from '../monitor/otlp-endpoint.ts';
import type { OtlpTest } from '../monitor/otlp-request.ts';
import type { SendStatus } from '../monitor/send-attempts.ts';
import { LoadedSender, type Sender } from './loaded-sender.svelte.ts';
import type { Settings } from './settings.svelte.ts';

export interface OtlpExportOptions {
  readonly settings: Pick<Settings, 'otlp'>;
  /** Rejects where its part of the app cannot be fetched. */
  readonly load: (choice: OtlpChoice, onStatus: (status: SendStatus) => void) => Promise<Sender>;
  /** How far sending of these had come. */
  readonly forget: (signals: readonly OtlpSignal[]) => void;
  readonly test: (endpoint: string, signals: readonly OtlpSignal[]) => Promise<OtlpTest>;
}

export class OtlpExport {
  readonly #options: OtlpExportOptions;
  #tested = $state.raw<OtlpTest | null>(null);
  #isTesting = $state.raw(false);
  readonly #sender = new LoadedSender();
  /** The choice that the sender has, or would have. */
  #begun: OtlpChoice = OTLP_OFF;

  constructor(options: OtlpExportOptions) {
    this.#options = options;
  }

  get choice(): OtlpChoice {
    return this.#options.settings.otlp;
  }

  /** null until this page has sent something, or tried to. */
  get status(): SendStatus | null {
    return this.#sender.status;
  }

  /** What came of the last test of this receiver; null where there was none. */
  get tested(): OtlpTest | null {
    return this.#tested;
  }

  /** Which a test is of: what is chosen, and all where nothing is yet. */
  get testedSignals(): readonly OtlpSignal[] {
    const { signals } = this.choice;
    return signals.length === 0 ? OTLP_SIGNALS : signals;
  }

  get isTesting(): boolean {
    return this.#isTesting;
  }

  isEndpoint(text: string): boolean {
    return parseOtlpEndpoint(text) !== null;
  }

  /** To be called once, when the page is opened. */
  start(): void {
    this.#restart();
  }

  change(change: Partial<OtlpChoice>): void {
    const { settings, forget } = this.#options;
    const before = settings.otlp;
    settings.otlp = { ...before, ...change };
    if (change.endpoint !== undefined || change.signals !== undefined) this.#tested = null;
    // What was measured while they were not sent stays here.
    const sentBefore = sentBy(before);
    const begun = sentBy(settings.otlp).filter((signal) => !sentBefore.includes(signal));
    if (begun.length > 0) forget(begun);
    this.#restart();
  }

  /** To be called when the settings may have been changed by another tab. */
  follow(): void {
    if (JSON.stringify(this.choice) === JSON.stringify(this.#begun)) return;
    this.#tested = null;
    this.#restart();
  }

  async test(): Promise<void> {
    const endpoint = parseOtlpEndpoint(this.choice.endpoint);
    if (endpoint === null || this.#isTesting) return;
    this.#isTesting = true;
    const asked = this.testedSignals;
    this.#tested = await this.#options
      .test(endpoint, asked)
      // Offline without this part of the app.
      .catch(() => ({ failedSignal: asked[0] ?? null, status: 0 }));
    this.#isTesting = false;
  }

  #restart(): void {
    this.#begun = this.choice;
    const endpoint = parseOtlpEndpoint(this.choice.endpoint);
    if (endpoint === null || sentBy(this.choice).length === 0) return this.#sender.stop();
    void this.#sender.replace((onStatus) =>
      this.#options.load({ ...this.choice, endpoint }, onStatus),
    );
  }
}

function sentBy({ isOn, endpoint, signals }: OtlpChoice): readonly OtlpSignal[] {
  return isOn && parseOtlpEndpoint(endpoint) !== null ? signals : [];
}
