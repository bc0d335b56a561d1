/** What an answer of the relay means for a post, and when to try again. */
import type {
  DeliveryLine,
  DeliveryResult,
  OutboxEntry,
  Settlement,
} from '../../contracts/alert-record.ts';

/** What came back for a post; null fields where it did not say. */
export interface RelayAnswer {
  /** 0 where there was no answer: no connection, or not in time. */
  readonly status: number;
  readonly retryAfter: string | null;
  readonly receipt: DeliveryLine['receipt'];
  /** Of the refusal; empty for none. */
  readonly code: string;
}

export type AnswerKind =
  /** The relay has it. */
  | 'accepted'
  /** It may be taken another time. */
  | 'retry'
  /** It will never be taken as it is. */
  | 'dead';

const BASE_DELAY_MS = 2_000;
const MAX_DELAY_MS = 300_000;
/** A relay that asks for more is not believed. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** Request timeout, too early, too many requests. */
const PASSING = [408, 425, 429];

export function answerKind(status: number): AnswerKind {
  if (status >= 200 && status < 300) return 'accepted';
  return status >= 400 && status < 500 && !PASSING.includes(status) ? 'dead' : 'retry';
}

/**
 * Full jitter: anything up to 2 s after the first failure, 4 s after the second, up to 5 min (M. Brooker, “Exponential
 * Backoff and Jitter”). `random` is in [0, 1).
 */
export function retryDelayMs(failures: number, random: number): number {
  const longest = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(longest * random);
}

/** Of a `Retry-After` header, in seconds or as a date (RFC 9110, 10.2.3); null where it says nothing. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (text === '') return null;
  const afterMs = /^\d+$/u.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(afterMs) ? null : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, afterMs));
}

/** Of an entry that was sent; `dueAtMs` is when to try again, where that is what it comes to. */
export function settlementOf(
  entry: OutboxEntry,
  answer: RelayAnswer,
  dueAtMs: number,
  nowMs: number,
): Settlement {
  const said = answer.status === 0 ? 'no answer' : `HTTP ${answer.status}`;
  switch (answerKind(answer.status)) {
    case 'accepted':
      return { kind: 'gone', line: deliveryLine(entry, 'accepted', nowMs, said, answer.receipt) };
    case 'retry':
      return { kind: 'later', dueAtMs, line: deliveryLine(entry, 'failed', nowMs, said) };
    case 'dead':
      return {
        kind: 'dead',
        letter: { id: entry.id, entry, diedAtMs: nowMs, answer: said, code: answer.code },
        line: deliveryLine(entry, 'dead', nowMs, said),
      };
  }
}

export function deliveryLine(
  { id, attempts, post }: OutboxEntry,
  result: DeliveryResult,
  nowMs: number,
  answer = '',
  receipt: DeliveryLine['receipt'] = null,
): DeliveryLine {
  return {
    atMs: nowMs,
    entryId: id,
    result,
    attempt: answer === '' ? attempts : attempts + 1,
    answer,
    alerts: post.alerts.map(({ fingerprint, labels, state }) => ({
      fingerprint,
      alertname: labels.alertname,
      state,
    })),
    receipt,
  };
}
