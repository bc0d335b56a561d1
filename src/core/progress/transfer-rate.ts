/** How fast a transfer goes, from what arrived within the last seconds: an average over all of it hides a stall. */

const WINDOW_MS = 5_000;
/** Below it a speed would be one packet's. */
const MIN_SPAN_MS = 500;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

export class TransferRate {
  #samples: Sample[] = [];

  /** Forgets what came before: another transfer begins. */
  reset(): void {
    this.#samples = [];
  }

  /** @param bytes that have come over the network so far, in all. @param atMs on any monotonic clock. */
  add(bytes: number, atMs: number): void {
    const last = this.#samples.at(-1);
    // A damaged file that is thrown away takes its bytes back: start over.
    if (last !== undefined && bytes < last.bytes) this.#samples = [];
    this.#samples.push({ atMs, bytes });
    const from = atMs - WINDOW_MS;
    while (this.#samples.length > 2 && (this.#samples[1]?.atMs ?? atMs) <= from) {
      this.#samples.shift();
    }
  }

  /** Bytes per second, or null while too little is known. */
  bytesPerSecond(nowMs: number): number | null {
    const last = this.#samples.at(-1);
    // While nothing arrives the window moves on over what did.
    const first =
      this.#samples.findLast((sample) => sample.atMs <= nowMs - WINDOW_MS) ?? this.#samples[0];
    if (first === undefined || last === undefined) return null;
    const spanMs = nowMs - first.atMs;
    return spanMs < MIN_SPAN_MS ? null : ((last.bytes - first.bytes) * 1000) / spanMs;
  }

  /** Seconds until `remainingBytes` are here, or null while nothing arrives. */
  secondsLeft(remainingBytes: number, nowMs: number): number | null {
    const rate = this.bytesPerSecond(nowMs);
    return rate === null || rate <= 0 ? null : remainingBytes / rate;
  }
}
