/** Tells those who show alerts that something has changed, in this tab and the others. */

/** src/store/broadcast-notifier.ts */
export interface AlertChannel {
  notify(): void;
  onNotified(callback: () => void): void;
}

export class AlertSignal {
  readonly #channel: AlertChannel | null;
  readonly #callbacks = new Set<() => void>();

  /** @param channel null where the browser has none. */
  constructor(channel: AlertChannel | null) {
    this.#channel = channel;
    channel?.onNotified(() => this.#callBack());
  }

  /** This page has changed something. */
  readonly mark = (): void => {
    this.#channel?.notify();
    this.#callBack();
  };

  /** Returns how to end the calls. */
  subscribe(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  #callBack(): void {
    for (const callback of this.#callbacks) {
      try {
        callback();
      } catch (error) {
        // One reader's trouble is not the writer's.
        reportError(error);
      }
    }
  }
}
