/** Tells those who read what was measured that there is more, in this tab or another, at most four times a second. */
import { Throttle } from '../store/throttle.ts';
import { Listeners } from './listeners.ts';

/** src/store/broadcast-notifier.ts, on the channel of the worker that writes: it tells of what any tab wrote. */
export interface ChangeChannel {
  onNotified(callback: () => void): void;
}

export interface ChangeSignalOptions {
  /** Not before somebody wants to hear: hearing of every write costs a page that only writes. */
  readonly openChannel: () => ChangeChannel;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

const AT_MOST_EVERY_MS = 250;

export class ChangeSignal {
  readonly #options: ChangeSignalOptions;
  readonly #readers = new Listeners();
  readonly #throttle: Throttle;
  #isListening = false;

  constructor(options: ChangeSignalOptions) {
    this.#options = options;
    this.#throttle = new Throttle(AT_MOST_EVERY_MS, options.after, () => this.#readers.tell());
  }

  get isHeard(): boolean {
    return !this.#readers.isEmpty;
  }

  /** Something was written by this page; perhaps to memory, of which no worker tells. */
  readonly mark = (): void => {
    if (this.isHeard) this.#throttle.ask();
  };

  /** Returns how to end the calls. */
  subscribe(callback: () => void): () => void {
    const unsubscribe = this.#readers.add(callback);
    if (!this.#isListening) {
      this.#isListening = true;
      this.#options.openChannel().onNotified(this.mark);
    }
    return unsubscribe;
  }
}
