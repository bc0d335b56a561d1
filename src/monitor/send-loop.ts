/** Sends what has come together, again and again, from one page of the site at a time. */
import type { LocksPort } from './page-presence.ts';

export interface SendLoopOptions {
  /** Web Lock of the page that sends. */
  readonly lock: string;
  /** null where the browser has none. */
  readonly locks: Pick<LocksPort, 'request'> | null;
  /** Where there are no locks: false lets every page send, true none. */
  readonly mustBeAlone: boolean;
  readonly everyMs: number;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Sends all that is due. @returns how long to wait after a failure; null where all went well */
  readonly sendAll: () => Promise<number | null>;
}

export class SendLoop {
  readonly #options: SendLoopOptions;
  #isSender = false;
  #isStopped = false;
  #isRunning = false;
  #isHurried = false;
  #isWaitingAfterFailure = false;
  #callOff: (() => void) | null = null;
  #release: () => void = () => {};

  constructor(options: SendLoopOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** To be called once. Sends as soon as no other page does. */
  start(): void {
    const { lock, locks } = this.#options;
    if (locks === null) return this.#startWithoutLock();
    const untilStopped = new Promise<void>((resolve) => (this.#release = resolve));
    locks
      .request(lock, {}, () => {
        if (this.#isStopped) return Promise.resolve();
        this.#isSender = true;
        void this.#round();
        return untilStopped;
      })
      // Denied, as in a sandboxed frame.
      .catch(() => this.#startWithoutLock());
  }

  /** What is on its way is waited for before another page may send. */
  stop(): void {
    this.#isStopped = true;
    this.#callOff?.();
    if (!this.#isRunning) this.#release();
  }

  /** The page may be about to go: looks now, unless it is waiting after a failure. */
  hurry(): void {
    if (!this.#isSender || this.#isStopped || this.#isWaitingAfterFailure) return;
    // What is being sent may have been read before the last of it was there.
    if (this.#isRunning) return void (this.#isHurried = true);
    this.#callOff?.();
    void this.#round();
  }

  #startWithoutLock(): void {
    if (this.#options.mustBeAlone || this.#isStopped) return;
    this.#isSender = true;
    void this.#round();
  }

  async #round(): Promise<void> {
    const { everyMs, after, sendAll } = this.#options;
    this.#isRunning = true;
    let waitMs: number | null = null;
    try {
      waitMs = await sendAll();
    } finally {
      this.#isRunning = false;
      this.#isWaitingAfterFailure = waitMs !== null;
      const dueMs = waitMs ?? (this.#isHurried ? 0 : everyMs);
      this.#isHurried = false;
      if (this.#isStopped) this.#release();
      else this.#callOff = after(dueMs, () => void this.#round());
    }
  }
}
