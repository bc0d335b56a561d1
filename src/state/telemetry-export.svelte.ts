/** Telling the relay what is counted, for the sums over many browsers: whether that is on, and how it stands. */
import type { SendStatus } from '../monitor/send-attempts.ts';
import { LoadedSender, type Sender } from './loaded-sender.svelte.ts';
import type { Settings } from './settings.svelte.ts';

export interface TelemetryExportOptions {
  readonly settings: Pick<Settings, 'telemetry'>;
  readonly epochNow: () => number;
  /** Rejects where its part of the app cannot be fetched. */
  readonly load: (onStatus: (status: SendStatus) => void) => Promise<Sender>;
}

export class TelemetryExport {
  readonly #options: TelemetryExportOptions;
  readonly #sender = new LoadedSender();
  #isBegun = false;

  constructor(options: TelemetryExportOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#options.settings.telemetry.isOn;
  }

  set isOn(isOn: boolean) {
    const { settings, epochNow } = this.#options;
    // What was counted while it was off stays here.
    const sinceEpochMs = isOn ? epochNow() : settings.telemetry.sinceEpochMs;
    settings.telemetry = { isOn, sinceEpochMs };
    this.start();
  }

  /** null until this page has sent something, or tried to. */
  get status(): SendStatus | null {
    return this.#sender.status;
  }

  /** To be called when the page is opened. */
  start(): void {
    this.#isBegun = this.isOn;
    if (!this.isOn) return this.#sender.stop();
    void this.#sender.replace(this.#options.load);
  }

  /** To be called when the settings may have been changed by another tab. */
  follow(): void {
    if (this.isOn !== this.#isBegun) this.start();
  }

  /** The page may be about to go. */
  flush(): void {
    this.#sender.flush();
  }
}
