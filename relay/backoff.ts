/** How long to wait before the next attempt: full jitter, and what the other side asked for. */

export const BASE_MS = 2_000;
export const CAP_MS = 300_000;
/** Nobody can hold a delivery longer than this by a Retry-After. */
const LONGEST_RETRY_AFTER_MS = 6 * 3_600_000;

/**
 * A random wait from nothing to 2 s, 4 s, 8 s and so on up to 5 min (“Exponential Backoff And Jitter”, AWS Architecture
 * Blog 2015). `failures` counts from 1; `random` is in [0, 1).
 */
export function fullJitterMs(failures: number, random: number): number {
  return random * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures - 1, 30));
}

/** Milliseconds that a Retry-After header asks for, in seconds or as a date; null for none or nonsense. */
export function parseRetryAfterMs(header: string | null, epochNowMs: number): number | null {
  const text = header?.trim() ?? '';
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - epochNowMs;
  return Number.isFinite(waitMs) ? Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, waitMs)) : null;
}
