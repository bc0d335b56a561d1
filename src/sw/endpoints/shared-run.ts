/**
 * One run of a piece of work for all that ask for it together. Who asks while it runs gets the next run, not this one: so a
 * result is never older than the question, and at most one run is under way.
 */

/** Behind a slow disk nobody waits for a rest that is as slow. */
const MAX_REST_MS = 1_000;

export class SharedRun<T> {
  readonly #work: () => Promise<T>;
  readonly #restFactor: number;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<T> | null = null;

  /** @param restFactor a run is followed by a rest of so many times what it took, a second at most, in which those who ask gather */
  constructor(work: () => Promise<T>, restFactor = 0) {
    this.#work = work;
    this.#restFactor = restFactor;
  }

  /** Rejects as the work does. */
  result(): Promise<T> {
    this.#next ??= this.#start();
    return this.#next;
  }

  async #start(): Promise<T> {
    await this.#running;
    this.#next = null;
    const run = this.#work();
    this.#running = this.#rest(run);
    return run;
  }

  async #rest(run: Promise<T>): Promise<void> {
    const startedMs = performance.now();
    await run.catch(() => {});
    if (this.#restFactor === 0) return;
    const tookMs = performance.now() - startedMs;
    const restMs = Math.min(MAX_REST_MS, this.#restFactor * tookMs);
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}
