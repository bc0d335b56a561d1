/**
 * One run of a piece of work for all that ask for it together. Who asks while it runs gets the next run, not this one: so a
 * result is never older than the question, and at most one run is under way.
 */
export class SharedRun<T> {
  readonly #work: () => Promise<T>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<T> | null = null;

  constructor(work: () => Promise<T>) {
    this.#work = work;
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
    this.#running = run.catch(() => {});
    return run;
  }
}
