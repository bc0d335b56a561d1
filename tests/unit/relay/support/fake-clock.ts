/** A clock that stands still until a test moves it; timers fire in order, and what they start runs before time goes on. */
import type { Clock } from '../../../../relay/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 0;
  #epochMs: number;
  readonly #timers = new Set<Timer>();

  constructor(epochMs = Date.parse('2026-11-24T10:00:00Z')) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#nowMs;
  }

  epochNow(): number {
    return this.#epochMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** The wall clock alone, as when somebody sets it. */
  setWallClock(epochMs: number): void {
    this.#epochMs = epochMs;
  }

  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      await settle();
      const due = [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined || due.atMs > endMs) break;
      this.#timers.delete(due);
      this.#passUntil(Math.max(due.atMs, this.#nowMs));
      due.run();
    }
    this.#passUntil(endMs);
    await settle();
  }

  #passUntil(nowMs: number): void {
    this.#epochMs += nowMs - this.#nowMs;
    this.#nowMs = nowMs;
  }
}

/** What the tests' sinks and files do needs promises only, so a few turns of the event loop are enough. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
