/** Time as a dependency, so that a test can let an hour pass at once. */

export interface Clock {
  /** Monotonic milliseconds, for waits and durations. */
  now(): number;
  /** Wall clock, for what is written down. */
  epochNow(): number;
  /** Calls back once; the function returned calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  epochNow: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};
