/** The rules of the outbox: what goes first, what waits, what has to be let go. */
import type { AlertMessage } from '../../contracts/alert.ts';
import type { DeadLetter, OutboxEntry } from '../../contracts/alert-record.ts';
import { isStillToCome, MAX_RETRY_AFTER_MS } from './retry-delay.ts';

export interface OutboxLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** The relay knows a key for 72 hours: what is sent later could be taken for new. */
export const OUTBOX_LIMITS: OutboxLimits = {
  maxEntries: 500,
  maxBytes: 1_000_000,
  maxAgeMs: 48 * 3_600_000,
};

/** Longer than a request may take. */
export const LEASE_MS = 60_000;

export interface OutboxExcess {
  readonly expired: readonly OutboxEntry[];
  readonly overflowed: readonly OutboxEntry[];
}

export function outboxExcess(
  entries: readonly OutboxEntry[],
  limits: OutboxLimits,
  nowMs: number,
): OutboxExcess {
  const isExpired = ({ createdAtMs }: OutboxEntry): boolean =>
    nowMs - createdAtMs > limits.maxAgeMs;
  const kept = entries.filter((entry) => !isExpired(entry));
  let count = kept.length;
  let bytes = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const overflowed: OutboxEntry[] = [];
  const leastFirst = [...kept].sort(
    (a, b) => a.priority - b.priority || a.createdAtMs - b.createdAtMs,
  );
  for (const entry of leastFirst) {
    if (count <= limits.maxEntries && bytes <= limits.maxBytes) break;
    overflowed.push(entry);
    count -= 1;
    bytes -= entry.sizeBytes;
  }
  return { expired: entries.filter(isExpired), overflowed };
}

/**
 * The entry to send next: of those that nobody is sending, that are due before `dueBeforeMs` and that no older one is about
 * the same alert as, the most important, then the oldest.
 */
export function nextToSend(
  entries: readonly OutboxEntry[],
  nowMs: number,
  dueBeforeMs = nowMs,
): OutboxEntry | null {
  return (
    withoutFollowers(entries)
      .filter((entry) => !isLeased(entry, nowMs))
      .filter((entry) => entry.dueAtMs <= dueBeforeMs || isDue(entry, nowMs))
      .sort((a, b) => b.priority - a.priority || a.createdAtMs - b.createdAtMs)[0] ?? null
  );
}

/** When something can be sent next; null for an empty outbox. */
export function nextSendAtMs(entries: readonly OutboxEntry[], nowMs: number): number | null {
  return withoutFollowers(entries).reduce<number | null>((soonest, entry) => {
    const atMs = Math.max(
      isDue(entry, nowMs) ? nowMs : entry.dueAtMs,
      isLeased(entry, nowMs) ? entry.leasedUntilMs : nowMs,
    );
    return soonest === null ? atMs : Math.min(soonest, atMs);
  }, null);
}

/** Whether its time has come, and not whether somebody is sending it. */
export function isDue({ dueAtMs }: OutboxEntry, nowMs: number): boolean {
  return !isStillToCome(dueAtMs, nowMs, MAX_RETRY_AFTER_MS);
}

/** Whether somebody is sending it. */
export function isLeased({ leasedUntilMs }: OutboxEntry, nowMs: number): boolean {
  // Twice as long: whoever asks may have read the clock a little before the other one did.
  return isStillToCome(leasedUntilMs, nowMs, 2 * LEASE_MS);
}

/**
 * Those that are not about an alert of which something earlier still waits, whatever it waits for: an end that came before
 * the beginning would leave the alert firing.
 */
export function withoutFollowers(entries: readonly OutboxEntry[]): readonly OutboxEntry[] {
  const firsts = new Map<string, Place>();
  for (const { createdAtMs, post } of entries) {
    for (const alert of post.alerts) {
      const place = placeOf(alert, createdAtMs);
      const first = firsts.get(alert.fingerprint);
      if (first === undefined || isBefore(place, first)) firsts.set(alert.fingerprint, place);
    }
  }
  const isFree = ({ createdAtMs, post }: OutboxEntry): boolean =>
    post.alerts.every((alert) => {
      const first = firsts.get(alert.fingerprint);
      return first === undefined || !isBefore(first, placeOf(alert, createdAtMs));
    });
  const free = entries.filter(isFree);
  if (free.length > 0) return free;
  // Each waits for another one, which clocks that jump may bring about.
  return [...entries].sort((a, b) => a.createdAtMs - b.createdAtMs).slice(0, 1);
}

/** Where a message belongs among those of its alert: by what it tells first, since a retry makes its entry younger. */
type Place = readonly [startsAt: string, isEnd: number, createdAtMs: number];

function placeOf({ startsAt, state }: AlertMessage, createdAtMs: number): Place {
  return [startsAt, state === 'firing' ? 0 : 1, createdAtMs];
}

function isBefore(a: Place, b: Place): boolean {
  // RFC 3339 in UTC with milliseconds throughout: its order is that of time.
  const at = a.findIndex((part, index) => part !== b[index]);
  return at !== -1 && (a[at] ?? 0) < (b[at] ?? 0);
}

/** Waits again, with one more attempt behind it. */
export function postponed(entry: OutboxEntry, dueAtMs: number): OutboxEntry {
  return { ...entry, attempts: entry.attempts + 1, dueAtMs, leasedUntilMs: 0 };
}

/** As new, but under its key: the relay may have taken it after all. */
export function revived({ entry }: DeadLetter, nowMs: number): OutboxEntry {
  return { ...entry, createdAtMs: nowMs, attempts: 0, dueAtMs: nowMs, leasedUntilMs: 0 };
}

export function newestFirst(letters: readonly DeadLetter[]): readonly DeadLetter[] {
  return [...letters].sort((a, b) => b.diedAtMs - a.diedAtMs);
}
