/** Tells those who read what was measured that there is more: in this tab at most four times a second, in others once. */

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

const HERE_EVERY_MS = 250;
const OTHERS_EVERY_MS = 1_000;

export class ChangeSignal {
  readonly #callbacks = new Set<() => void>();
  readonly #here: Throttle;
  readonly #others: Throttle;

  constructor({ channel, after }: ChangeSignalOptions) {
    this.#here = new Throttle(HERE_EVERY_MS, after, () => this.#callBack());
    this.#others = new Throttle(OTHERS_EVERY_MS, after, () => channel?.notify());
    channel?.onNotified(() => this.#here.ask());
  }

  /** Something was written by this page. */
  readonly mark = (): void => {
    this.#here.ask();
    this.#others.ask();
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

/** Does something when asked, and no more often than so: what is asked for meanwhile is done once, when time is up. */
class Throttle {
  readonly #everyMs: number;
  readonly #after: ChangeSignalOptions['after'];
  readonly #act: () => void;
  #state: 'free' | 'resting' | 'asked' = 'free';

  constructor(everyMs: number, after: ChangeSignalOptions['after'], act: () => void) {
    this.#everyMs = everyMs;
    this.#after = after;
    this.#act = act;
  }

  ask(): void {
    if (this.#state !== 'free') {
      this.#state = 'asked';
      return;
    }
    this.#state = 'resting';
    this.#after(this.#everyMs, () => {
      const isAsked = this.#state === 'asked';
      this.#state = 'free';
      if (isAsked) this.ask();
    });
    this.#act();
  }
}
