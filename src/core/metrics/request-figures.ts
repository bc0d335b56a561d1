/** The figures of one request, as histograms count them and as percentiles of few requests are taken from. */
import type { FailureCode } from '../../contracts/failure.ts';
import type { RequestRecord } from '../../contracts/request-record.ts';
import { decodeTokensPerSecond } from './decode-rate.ts';

/** null: the request has no such figure. Times of a request during which the device slept are all null. */
export interface RequestFigures {
  readonly latencySeconds: number | null;
  readonly firstTokenSeconds: number | null;
  readonly stallSeconds: number | null;
  readonly queueSeconds: number | null;
  readonly tokenizeSeconds: number | null;
  readonly prefillSeconds: number | null;
  readonly decodeSeconds: number | null;
  readonly checkSeconds: number | null;
  readonly tokensPerSecond: number | null;
  readonly generatedTokens: number | null;
  readonly promptTokens: number | null;
  readonly totalTokens: number | null;
  readonly outputChars: number | null;
  readonly tokenGapsSeconds: readonly number[];
}

/**
 * Of a request that has ended. An orphaned one has no times, because nobody knows when it would have finished, and a
 * refused one has none, because times count from when a request was accepted.
 */
export function requestFigures(record: RequestRecord): RequestFigures {
  const { tokens } = record;
  const isTokenized = tokens.prompt > 0;
  const wroteTokens = tokens.generated > 0;
  return {
    ...timesOf(record),
    generatedTokens: wroteTokens ? tokens.generated : null,
    promptTokens: isTokenized ? tokens.prompt : null,
    totalTokens: isTokenized ? tokens.prompt + tokens.generated : null,
    outputChars: wroteTokens ? record.outputChars : null,
  };
}

type Times = Omit<
  RequestFigures,
  'generatedTokens' | 'promptTokens' | 'totalTokens' | 'outputChars'
>;

const NO_TIMES: Times = {
  latencySeconds: null,
  firstTokenSeconds: null,
  stallSeconds: null,
  queueSeconds: null,
  tokenizeSeconds: null,
  prefillSeconds: null,
  decodeSeconds: null,
  checkSeconds: null,
  tokensPerSecond: null,
  tokenGapsSeconds: [],
};

function timesOf(record: RequestRecord): Times {
  const isOver = record.outcome !== 'orphaned' && record.outcome !== null;
  if (!isOver || record.isSuspended || wasRefused(record)) return NO_TIMES;
  const at = record.timestamps;
  const gaps = record.tokenGapsMs;
  return {
    latencySeconds: (at.lastTokenMs ?? at.finishedMs) / 1000,
    firstTokenSeconds: at.firstTokenMs === null ? null : at.firstTokenMs / 1000,
    stallSeconds: gaps.length === 0 ? null : longest(gaps) / 1000,
    queueSeconds: secondsBetween(0, at.startedMs),
    tokenizeSeconds: secondsBetween(at.startedMs, at.tokenizedMs),
    prefillSeconds: secondsBetween(at.tokenizedMs, at.prefilledMs),
    decodeSeconds: secondsBetween(at.prefilledMs, at.lastTokenMs),
    checkSeconds: secondsBetween(at.finishedMs, at.checkedMs),
    tokensPerSecond: decodeTokensPerSecond(record),
    tokenGapsSeconds: gaps.map((gap) => gap / 1000),
  };
}

/** With these a request that nobody has begun to work on was turned away when it came. */
const TURNED_AWAY: readonly FailureCode[] = ['request/queue-full', 'engine/not-loaded'];

/** It never came to an engine, and was over as soon as it was made. */
function wasRefused({ outcome, failure, timestamps }: RequestRecord): boolean {
  if (outcome !== 'error' || failure === null) return false;
  if (failure.code === 'request/invalid-parameter') return true;
  if (timestamps.startedMs !== null) return false;
  // Those that did not come as far as the queue have no time at all, whatever their code.
  return TURNED_AWAY.includes(failure.code) || timestamps.finishedMs === 0;
}

/** Clocks of two threads may disagree by a little: never below 0. */
function secondsBetween(fromMs: number | null, toMs: number | null): number | null {
  return fromMs === null || toMs === null ? null : Math.max(0, toMs - fromMs) / 1000;
}

function longest(gapsMs: readonly number[]): number {
  return gapsMs.reduce((a, b) => Math.max(a, b), 0);
}
