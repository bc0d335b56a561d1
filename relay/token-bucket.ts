/** A limit on everybody together: so many per minute, with a minute's worth at once at most. */

export interface TokenBucketOptions {
  readonly perMinute: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #level: number;
  #filledAtMs: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#level = options.perMinute;
    this.#filledAtMs = options.now();
  }

  /** 0 where `count` was taken, else the seconds until there will be enough; then nothing is taken. */
  take(count: number): number {
    const { perMinute, now } = this.#options;
    const nowMs = now();
    this.#level = Math.min(
      perMinute,
      this.#level + ((nowMs - this.#filledAtMs) / 60_000) * perMinute,
    );
    this.#filledAtMs = nowMs;
    // What is more than a minute's worth passes when the bucket is full.
    const needed = Math.min(count, perMinute);
    if (this.#level < needed) return ((needed - this.#level) / perMinute) * 60;
    this.#level -= needed;
    return 0;
  }
}
