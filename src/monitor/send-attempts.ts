/** What became of attempts to send: counts failures, says when to try again, and tells the page how it stands. */
import { retryAfterMs, retryDelayMs } from '../core/alerts/retry-delay.ts';
import type { Log } from './monitor-access.ts';

export interface SendStatus {
  /** Where the last request went. */
  readonly address: string;
  /** Wall clock; null where nothing has been sent since the page was opened. */
  readonly sentAtEpochMs: number | null;
  /** What was not taken and is tried again, by signal. What is sent of another signal takes none of it back. */
  readonly failures: readonly SendFailure[];
  /** Wall clock: when they are tried again; null where none failed. */
  readonly nextTryAtEpochMs: number | null;
  /** What was refused for good since the signal was last taken. What is sent of another signal takes none of it back. */
  readonly refusals: readonly Refusal[];
}

export interface SendFailure {
  readonly signal: string;
  /** 0 is no answer. */
  readonly status: number;
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
    failures: [],
    nextTryAtEpochMs: null,
    refusals: [],
  };
  /** Rounds in a row in which something failed. */
  #failedRounds = 0;
  /** Signals of this round. */
  #failed: readonly string[] = [];
  #longestWaitMs: number | null = null;
  #hasSettled = false;

  constructor(options: SendAttemptsOptions) {
    this.#options = options;
  }

  meaningOf({ status }: SendAnswer): AnswerMeaning {
    if (status >= 200 && status < 300) return 'taken';
    return NEVER_TAKEN.includes(status) ? 'refused' : 'later';
  }

  /** To be called before all that is due is tried. However many signals fail in one round, it is one failure. */
  beginRound(): void {
    this.#failed = [];
    this.#longestWaitMs = null;
    this.#hasSettled = false;
  }

  /** @returns how long to wait before the next round; null where nothing failed in this one */
  endRound(): number | null {
    // What failed before and had nothing to be sent now is no longer tried again.
    if (this.#hasSettled) this.#keepFailures(({ signal }) => this.#failed.includes(signal));
    return this.#longestWaitMs;
  }

  /** What was sent is dealt with: taken, or refused for good. */
  settle(signal: string, answer: SendAnswer, address: string): void {
    const { epochNow, log } = this.#options;
    const hasFailed = this.#status.failures.some((failure) => failure.signal === signal);
    if (hasFailed) log('info', 'monitor', 'telemetry sent again', { signal });
    this.#hasSettled = true;
    const atEpochMs = epochNow();
    const isTaken = this.meaningOf(answer) === 'taken';
    const others = this.#status.refusals.filter((refusal) => refusal.signal !== signal);
    this.#status = {
      ...this.#status,
      address,
      sentAtEpochMs: isTaken ? atEpochMs : this.#status.sentAtEpochMs,
      refusals: isTaken ? others : [...others, { signal, status: answer.status, atEpochMs }],
    };
    this.#keepFailures((failure) => failure.signal !== signal);
  }

  /** @returns how long to wait before it is tried again */
  fail(signal: string, { status, retryAfter }: SendAnswer, address: string): number {
    const { epochNow, random, log } = this.#options;
    if (this.#longestWaitMs === null) this.#failedRounds += 1;
    const others = this.#status.failures.filter((failure) => failure.signal !== signal);
    // Each try would be a line that is to be sent.
    if (others.length === this.#status.failures.length) {
      log('warn', 'monitor', 'telemetry not sent', {
        signal,
        status,
        failures: this.#failedRounds,
      });
    }
    const nowMs = epochNow();
    const askedMs = retryAfterMs(retryAfter, nowMs) ?? 0;
    const waitMs = Math.max(askedMs, retryDelayMs(this.#failedRounds, random()));
    this.#failed = [...this.#failed, signal];
    this.#longestWaitMs = Math.max(this.#longestWaitMs ?? 0, waitMs);
    this.#setStatus({
      ...this.#status,
      address,
      failures: [...others, { signal, status }],
      nextTryAtEpochMs: nowMs + this.#longestWaitMs,
    });
    return waitMs;
  }

  #keepFailures(isKept: (failure: SendFailure) => boolean): void {
    const failures = this.#status.failures.filter(isKept);
    if (failures.length === 0) this.#failedRounds = 0;
    const nextTryAtEpochMs = failures.length === 0 ? null : this.#status.nextTryAtEpochMs;
    this.#setStatus({ ...this.#status, failures, nextTryAtEpochMs });
  }

  #setStatus(status: SendStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}
