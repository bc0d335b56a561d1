/** How long whoever sends waits after a failure: the page to the relay and to an OTLP receiver, the relay to its sinks. */

const BASE_DELAY_MS = 2_000;
export const MAX_DELAY_MS = 300_000;
export const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * Full jitter: anything up to 2 s after the first failure, 4 s after the second, up to 5 min (M. Brooker, “Exponential
 * Backoff and Jitter”). `failures` counts from 1; `random` is in [0, 1). @returns whole milliseconds
 */
export function retryDelayMs(failures: number, random: number): number {
  const longest = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(longest * random);
}

/**
 * Whether `atMs`, which was at most `longestMs` ahead when it was set, is still to come. What is further ahead now was set
 * before the wall clock was set back.
 */
export function isStillToCome(atMs: number, nowMs: number, longestMs: number): boolean {
  return atMs > nowMs && atMs <= nowMs + longestMs;
}

/**
 * Of a `Retry-After` header, in seconds or as a date (RFC 9110, 10.2.3); null where it says nothing. Nobody who asks for
 * more than `longestMs` is believed. Parts of a second, which the RFC does not have, are understood too.
 */
export function retryAfterMs(
  header: string | null,
  nowMs: number,
  longestMs = MAX_RETRY_AFTER_MS,
): number | null {
  const text = header?.trim() ?? '';
  const afterMs = /^\d+(?:\.\d+)?$/u.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(afterMs) ? Math.min(longestMs, Math.max(0, afterMs)) : null;
}
