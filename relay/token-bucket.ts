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

  /** 0 where there is enough for `count`. What is more than a minute's worth passes when the bucket is full. */
  secondsUntil(count: number): number {
    const { perMinute, now } = this.#options;
    const nowMs = now();
    this.#level = Math.min(
      perMinute,
      this.#level + ((nowMs - this.#filledAtMs) / 60_000) * perMinute,
    );
    this.#filledAtMs = nowMs;
    return (Math.max(0, Math.min(count, perMinute) - this.#level) / perMinute) * 60;
  }

  take(count: number): void {
    this.#level = Math.max(0, this.#level - count);
  }
}
