/** What an answer of the relay means for a post. */
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

/** Request timeout, too early, too many requests. */
const PASSING = [408, 425, 429];

export function answerKind(status: number): AnswerKind {
  if (status >= 200 && status < 300) return 'accepted';
  return status >= 400 && status < 500 && !PASSING.includes(status) ? 'dead' : 'retry';
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
