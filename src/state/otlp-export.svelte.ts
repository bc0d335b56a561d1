/** Sending what is measured to an operator's OpenTelemetry receiver: what is chosen, and how it stands. */
import type { OtlpChoice } from '../contracts/otlp.ts';
import { parseOtlpEndpoint } from '../monitor/otlp-endpoint.ts';
import type { OtlpSender, OtlpStatus } from '../monitor/otlp-sender.ts';
import type { Settings } from './settings.svelte.ts';

export interface OtlpExportOptions {
  readonly settings: Pick<Settings, 'otlp'>;
  /** Rejects where its part of the app cannot be fetched. */
  readonly load: (
    choice: OtlpChoice,
    onStatus: (status: OtlpStatus) => void,
  ) => Promise<Pick<OtlpSender, 'start' | 'stop'>>;
  /** How far sending had come. */
  readonly forget: () => void;
  /** @returns the receiver's HTTP status; 0 for no answer */
  readonly test: (endpoint: string) => Promise<number>;
}

export class OtlpExport {
  readonly #options: OtlpExportOptions;
  #status = $state.raw<OtlpStatus | null>(null);
  #testedStatus = $state.raw<number | null>(null);
  #isTesting = $state.raw(false);
  #sender: Pick<OtlpSender, 'start' | 'stop'> | null = null;
  /** Goes up with each change: what was being loaded for the choice before is not started. */
  #turn = 0;

  constructor(options: OtlpExportOptions) {
    this.#options = options;
  }

  get choice(): OtlpChoice {
    return this.#options.settings.otlp;
  }

  /** null until this page has sent something, or tried to. */
  get status(): OtlpStatus | null {
    return this.#status;
  }

  /** HTTP status of the last test; 0 for no answer, null where there was none. */
  get testedStatus(): number | null {
    return this.#testedStatus;
  }

  get isTesting(): boolean {
    return this.#isTesting;
  }

  isEndpoint(text: string): boolean {
    return parseOtlpEndpoint(text) !== null;
  }

  /** To be called once, when the page is opened. */
  start(): void {
    void this.#restart();
  }

  change(change: Partial<OtlpChoice>): void {
    const { settings, forget } = this.#options;
    const before = settings.otlp;
    settings.otlp = { ...before, ...change };
    if (change.endpoint !== undefined) this.#testedStatus = null;
    // What was measured while it was off stays here.
    if (!before.isOn && settings.otlp.isOn) forget();
    void this.#restart();
  }

  async test(): Promise<void> {
    const endpoint = parseOtlpEndpoint(this.choice.endpoint);
    if (endpoint === null || this.#isTesting) return;
    this.#isTesting = true;
    this.#testedStatus = await this.#options.test(endpoint).catch(() => 0);
    this.#isTesting = false;
  }

  async #restart(): Promise<void> {
    const turn = ++this.#turn;
    this.#sender?.stop();
    this.#sender = null;
    this.#status = null;
    const endpoint = parseOtlpEndpoint(this.choice.endpoint);
    if (!this.choice.isOn || endpoint === null || this.choice.signals.length === 0) return;
    try {
      const sender = await this.#options.load({ ...this.choice, endpoint }, (status) => {
        if (turn === this.#turn) this.#status = status;
      });
      if (turn !== this.#turn) return;
      this.#sender = sender;
      sender.start();
    } catch {
      // Offline without this part of the app: the next page load tries again.
    }
  }
}
