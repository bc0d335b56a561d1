/** Tells those who read what was measured that there is more, in this tab and the others, at most four times a second. */

/** src/store/broadcast-notifier.ts; null where the browser has no channels. */
export interface ChangeChannel {
  notify(): void;
  onNotified(callback: () => void): void;
}

export interface ChangeSignalOptions {
  readonly channel: ChangeChannel | null;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

const AT_MOST_EVERY_MS = 250;

export class ChangeSignal {
  readonly #options: ChangeSignalOptions;
  readonly #callbacks = new Set<() => void>();
  #isWaiting = false;
  /** Something was written since the last call; by this page, or only by others. */
  #pending: 'none' | 'others' | 'own' = 'none';

  constructor(options: ChangeSignalOptions) {
    this.#options = options;
    options.channel?.onNotified(() => this.#mark('others'));
  }

  /** Something was written by this page. */
  readonly mark = (): void => this.#mark('own');

  /** Returns how to end the calls. */
  subscribe(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  #mark(by: 'others' | 'own'): void {
    if (this.#pending !== 'own') this.#pending = by;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#send();
    this.#options.after(AT_MOST_EVERY_MS, () => {
      this.#isWaiting = false;
      if (this.#pending !== 'none') this.#mark(this.#pending);
    });
  }

  #send(): void {
    const isOwn = this.#pending === 'own';
    this.#pending = 'none';
    if (isOwn) this.#options.channel?.notify();
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
