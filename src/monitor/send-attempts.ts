/** What became of attempts to send: counts failures, says when to try again, and tells the page how it stands. */
import { retryAfterMs, retryDelayMs } from '../core/alerts/retry-delay.ts';
import type { Log } from './monitor-access.ts';

export interface SendStatus {
  /** Where the last request went. */
  readonly address: string;
  /** Wall clock; null where nothing has been sent since the page was opened. */
  readonly sentAtEpochMs: number | null;
  /** Of the last request, if it was not taken and is tried again; 0 is no answer. */
  readonly failedStatus: number | null;
  /** Wall clock: when it is tried again. */
  readonly nextTryAtEpochMs: number | null;
  /** What was refused for good since the signal was last taken. What is sent of another signal takes none of it back. */
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  readonly signal: string;
  readonly status: number;
  readonly atEpochMs: number;
}

export interface SendAnswer {
  /** 0 where there was no answer: no connection, not in time, or one that may not be read. */
  readonly status: number;
  readonly retryAfter: string | null;
}

export type AnswerMeaning = 'taken' | 'refused' | 'later';

export interface SendAttemptsOptions {
  readonly epochNow: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly onStatus: (status: SendStatus) => void;
}

/** The request itself is refused: it would be at every try. All else may be mended, at the receiver or in the settings. */
const NEVER_TAKEN = [400, 413, 415, 422];

export class SendAttempts {
  readonly #options: SendAttemptsOptions;
  #status: SendStatus = {
    address: '',
    sentAtEpochMs: null,
    failedStatus: null,
    nextTryAtEpochMs: null,
    refusals: [],
  };
  #failures = 0;

  constructor(options: SendAttemptsOptions) {
    this.#options = options;
  }

  meaningOf({ status }: SendAnswer): AnswerMeaning {
    if (status >= 200 && status < 300) return 'taken';
    return NEVER_TAKEN.includes(status) ? 'refused' : 'later';
  }

  /** What was sent is dealt with: taken, or refused for good. */
  settle(signal: string, answer: SendAnswer, address: string): void {
    const { epochNow, log } = this.#options;
    if (this.#failures > 0) log('info', 'monitor', 'telemetry sent again', { signal });
    this.#failures = 0;
    const atEpochMs = epochNow();
    const isTaken = this.meaningOf(answer) === 'taken';
    const others = this.#status.refusals.filter((refusal) => refusal.signal !== signal);
    this.#setStatus({
      address,
      sentAtEpochMs: isTaken ? atEpochMs : this.#status.sentAtEpochMs,
      failedStatus: null,
      nextTryAtEpochMs: null,
      refusals: isTaken ? others : [...others, { signal, status: answer.status, atEpochMs }],
    });
  }

  /** @returns how long to wait before it is tried again */
  fail(signal: string, { status, retryAfter }: SendAnswer, address: string): number {
    const { epochNow, random, log } = this.#options;
    this.#failures += 1;
    // Each try would be a line that is to be sent.
    if (this.#failures === 1) {
      log('warn', 'monitor', 'telemetry not sent', { signal, status, failures: this.#failures });
    }
    const nowMs = epochNow();
    const askedMs = retryAfterMs(retryAfter, nowMs) ?? 0;
    const waitMs = Math.max(askedMs, retryDelayMs(this.#failures, random()));
    this.#setStatus({
      ...this.#status,
      address,
      failedStatus: status,
      nextTryAtEpochMs: nowMs + waitMs,
    });
    return waitMs;
  }

  #setStatus(status: SendStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}
