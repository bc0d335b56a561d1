/**
 * Makes request records: the one of an active request, and the one it becomes. This is where content is left behind;
 * what a record keeps of prompt and text is their lengths.
 */
import type { Failure } from '../../contracts/failure.ts';
import type {
  EngineDescription,
  GenerationParameters,
  GenerationRecord,
  PhaseTimestamps,
} from '../../contracts/generation.ts';
import type {
  DebugDetail,
  RecordedFailure,
  RecordedParameters,
  RecordedTimestamps,
  RequestRecord,
} from '../../contracts/request-record.ts';
import { PARAMETER_RANGES } from '../prompt/parse-parameters.ts';

export interface AcceptedRequest {
  readonly id: string;
  readonly pageId: string;
  readonly acceptedAtEpochMs: number;
  readonly prompt: string;
  /** null where they were refused. */
  readonly parameters: GenerationParameters | null;
  /** What is expected to write the text; null while no model is loaded. */
  readonly engine: EngineDescription | null;
}

/** What is known at the end of a request and is no part of its generation record. */
export interface RequestEnd {
  readonly pageId: string;
  /** Wall clock. */
  readonly endedAtEpochMs: number;
  /** Milliseconds since the request was accepted; null where there is no verdict. */
  readonly checkedMs: number | null;
  readonly isSuspended: boolean;
  /** What debug mode adds, as far as the record does not have it; null where it is off. */
  readonly debug: Pick<DebugDetail, 'modelConfig'> | null;
}

export function openRequestRecord(request: AcceptedRequest): RequestRecord {
  return {
    schemaVersion: 1,
    id: request.id,
    pageId: request.pageId,
    acceptedAtEpochMs: request.acceptedAtEpochMs,
    endedAtEpochMs: null,
    outcome: null,
    failure: null,
    engine: request.engine,
    parameters: request.parameters === null ? null : withoutStops(request.parameters),
    seed: request.parameters?.seed ?? null,
    promptChars: codePoints(request.prompt),
    outputChars: 0,
    tokens: { prompt: 0, promptCached: 0, generated: 0 },
    timestamps: {
      startedMs: null,
      tokenizedMs: null,
      prefilledMs: null,
      firstTokenMs: null,
      lastTokenMs: null,
      finishedMs: 0,
      checkedMs: null,
      storedMs: null,
    },
    tokenGapsMs: [],
    guard: { on: false, refusedTokens: 0, cutBack: false },
    syntax: null,
    dangers: [],
    similarity: null,
    isSuspended: false,
    debug: null,
  };
}

export function closedRequestRecord(record: GenerationRecord, end: RequestEnd): RequestRecord {
  const isRefused = record.failure?.code === 'request/invalid-parameter';
  const parameters = isRefused ? null : withoutStops(record.parameters);
  return {
    schemaVersion: 1,
    id: record.id,
    pageId: end.pageId,
    acceptedAtEpochMs: record.acceptedAtEpochMs,
    endedAtEpochMs: end.endedAtEpochMs,
    outcome: record.finishReason,
    failure: record.failure === null ? null : recordedFailure(record.failure),
    engine: record.engine,
    parameters,
    seed: record.seed,
    promptChars: codePoints(record.prompt),
    outputChars: codePoints(record.text),
    tokens: record.tokens,
    timestamps: recordedTimestamps(record.timestamps, end.checkedMs),
    tokenGapsMs: record.tokenGapsMs.map(toMicroseconds),
    guard: record.guard,
    syntax: record.syntax,
    dangers: record.dangers,
    similarity: null,
    isSuspended: end.isSuspended,
    debug:
      end.debug === null
        ? null
        : {
            inputTokens: record.tokens.prompt,
            modelConfig: end.debug.modelConfig,
            samplingParameters: parameters,
            totalProcessingTimeMs: toMicroseconds(record.timestamps.finishedMs),
          },
  };
}

/** Closes the record of a request whose page is gone; when it would have finished, nobody knows. */
export function orphanedRequestRecord(open: RequestRecord, endedAtEpochMs: number): RequestRecord {
  return { ...open, outcome: 'orphaned', endedAtEpochMs };
}

/** Closes the record of a request that was refused before it reached the engine. */
export function refusedRequestRecord(
  open: RequestRecord,
  cause: Failure,
  endedAtEpochMs: number,
): RequestRecord {
  return { ...open, outcome: 'error', failure: recordedFailure(cause), endedAtEpochMs };
}

/** Unicode code points: what a reader would call characters, near enough, and not UTF-16 code units. */
export function codePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return count;
}

function withoutStops({ stop, ...parameters }: GenerationParameters): RecordedParameters {
  return { ...parameters, stopCount: stop.length };
}

function recordedTimestamps(at: PhaseTimestamps, checkedMs: number | null): RecordedTimestamps {
  const rounded = (ms: number | null) => (ms === null ? null : toMicroseconds(ms));
  return {
    startedMs: rounded(at.startedMs),
    tokenizedMs: rounded(at.tokenizedMs),
    prefilledMs: rounded(at.prefilledMs),
    firstTokenMs: rounded(at.firstTokenMs),
    lastTokenMs: rounded(at.lastTokenMs),
    finishedMs: toMicroseconds(at.finishedMs),
    checkedMs: rounded(checkedMs),
    storedMs: null,
  };
}

/** Clocks of browsers tell 5 µs at best; the digits after that are noise that would be stored. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

const KNOWN_FIELDS = new Set(['prompt', 'stop', 'guard', ...Object.keys(PARAMETER_RANGES)]);

/** A field that no request has came from the caller, and may be any text: its name is not kept. */
function recordedFailure({ code, detail }: Failure): RecordedFailure {
  const field = detail?.['field'];
  if (typeof field !== 'string') return { code, field: null };
  return { code, field: KNOWN_FIELDS.has(field) ? field : 'unknown' };
}
