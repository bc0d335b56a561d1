/** Tells those who show alerts that something has changed, in this tab and the others. */
import { Listeners } from './listeners.ts';

/** src/store/broadcast-notifier.ts */
export interface AlertChannel {
  notify(): void;
  onNotified(callback: () => void): void;
}

export class AlertSignal {
  readonly #channel: AlertChannel | null;
  readonly #readers = new Listeners();

  /** @param channel null where the browser has none. */
  constructor(channel: AlertChannel | null) {
    this.#channel = channel;
    channel?.onNotified(() => this.#readers.tell());
  }

  /** This page has changed something. */
  readonly mark = (): void => {
    this.#channel?.notify();
    this.#readers.tell();
  };

  /** Returns how to end the calls. */
  subscribe(callback: () => void): () => void {
    return this.#readers.add(callback);
  }
}
