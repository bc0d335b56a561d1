/**
 * A value that is costly to read: read at most once at a time for all that ask, and given again until it is too old.
 */
export interface RecentValueOptions<T> {
  readonly read: () => Promise<T>;
  readonly maxAgeMs: number;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

export class RecentValue<T> {
  readonly #options: RecentValueOptions<T>;
  #last: { readonly value: T; readonly atMs: number } | null = null;
  #reading: Promise<T> | null = null;

  constructor(options: RecentValueOptions<T>) {
    this.#options = options;
  }

  /** Rejects as the reading does; the next call then reads again. */
  get(): Promise<T> {
    const { now, maxAgeMs } = this.#options;
    if (this.#last !== null && now() - this.#last.atMs < maxAgeMs) {
      return Promise.resolve(this.#last.value);
    }
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #read(): Promise<T> {
    const value = await this.#options.read();
    this.#last = { value, atMs: this.#options.now() };
    return value;
  }
}
