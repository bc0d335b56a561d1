/**
 * A request as a trace: one span for the whole, one for each phase that it reached. Times are milliseconds since the
 * request was accepted. Named and shaped as OpenTelemetry has it; sending it is not done here.
 */
import type { RequestRecord } from '../../contracts/request-record.ts';
import { namedAttributes, type Attributes } from './attribute-names.ts';
import { evaluations, OPERATION, requestAttributes } from './request-attributes.ts';
import { spanIdOf, traceIdOf } from './trace-ids.ts';

/** In the order in which they follow each other. */
export const PHASES = ['queue', 'tokenize', 'prefill', 'decode', 'check', 'store'] as const;

export type Phase = (typeof PHASES)[number];

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

export interface Span {
  readonly spanId: string;
  /** null for the root. */
  readonly parentSpanId: string | null;
  /** For people and for other tools: `text_completion tiny`, `prefill`. */
  readonly name: string;
  readonly phase: 'generate' | Phase;
  readonly startMs: number;
  /** null while it goes on, and where nobody knows when it ended. */
  readonly endMs: number | null;
  readonly status: 'unset' | 'ok' | 'error';
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
}

export interface RequestTrace {
  readonly traceId: string;
  /** Wall clock: where 0 is. */
  readonly startEpochMs: number;
  /** The root first, then the phases in their order. */
  readonly spans: readonly Span[];
  /** When each token was there, ascending. */
  readonly tokenTimesMs: readonly number[];
  /** The last time that the trace knows of. */
  readonly durationMs: number;
}

export function requestTrace(record: RequestRecord): RequestTrace {
  const traceId = traceIdOf(record.id);
  const phases = phaseTimes(record);
  const rootId = spanIdOf(traceId, 0);
  const endMs = isEnded(record) ? record.timestamps.finishedMs : null;
  const isFailed = record.outcome === 'error' || record.outcome === 'timeout';
  const children = phases.map(({ phase, startMs, endMs: phaseEndMs, isCutOff }): Span => ({
    spanId: spanIdOf(traceId, PHASES.indexOf(phase) + 1),
    parentSpanId: rootId,
    name: phase,
    phase,
    startMs,
    endMs: phaseEndMs,
    status: isCutOff && isFailed ? 'error' : 'unset',
    attributes: phaseAttributes(record, phase),
    events: phase === 'decode' ? firstTokenEvent(record) : [],
  }));
  const root: Span = {
    spanId: rootId,
    parentSpanId: null,
    name: [OPERATION, record.engine?.modelId].filter(Boolean).join(' '),
    phase: 'generate',
    startMs: 0,
    endMs,
    status: isFailed ? 'error' : record.outcome === 'stop' ? 'ok' : 'unset',
    attributes: requestAttributes(record),
    events: evaluations(record).map((attributes) => ({
      name: 'gen_ai.evaluation.result',
      atMs: record.timestamps.checkedMs ?? record.timestamps.finishedMs,
      attributes,
    })),
  };
  return {
    traceId,
    startEpochMs: record.acceptedAtEpochMs,
    spans: [root, ...children],
    tokenTimesMs: tokenTimesMs(record),
    durationMs: [endMs ?? 0, ...children.map(({ startMs, endMs: end }) => end ?? startMs)].reduce(
      (a, b) => Math.max(a, b),
    ),
  };
}

/** When each token was there; the gaps lead from the first token to the last. */
export function tokenTimesMs({
  timestamps: { firstTokenMs },
  tokenGapsMs,
}: Pick<RequestRecord, 'timestamps' | 'tokenGapsMs'>): readonly number[] {
  if (firstTokenMs === null) return [];
  const times = [firstTokenMs];
  let atMs = firstTokenMs;
  for (const gapMs of tokenGapsMs) times.push((atMs += gapMs));
  return times;
}

interface PhaseTime {
  readonly phase: Phase;
  readonly startMs: number;
  readonly endMs: number;
  /** The request ended in it. */
  readonly isCutOff: boolean;
}

function isEnded({ outcome }: RequestRecord): boolean {
  // When an orphaned one would have ended, nobody knows.
  return outcome !== null && outcome !== 'orphaned';
}

/** Of a request that has not ended, only the acceptance is on record. */
function phaseTimes(record: RequestRecord): PhaseTime[] {
  if (!isEnded(record)) return [];
  const at = record.timestamps;
  const times: PhaseTime[] = [];
  let startMs = 0;
  // The clocks of page and worker may disagree by a little.
  const add = (phase: Phase, endMs: number, isCutOff: boolean): void => {
    const safeEndMs = Math.max(startMs, endMs);
    times.push({ phase, startMs, endMs: safeEndMs, isCutOff });
    startMs = safeEndMs;
  };
  const writing: readonly (readonly [Phase, number | null])[] = [
    ['queue', at.startedMs],
    ['tokenize', at.tokenizedMs],
    ['prefill', at.prefilledMs],
    ['decode', at.lastTokenMs],
  ];
  const isWritten = record.outcome === 'stop' || record.outcome === 'length';
  // With refused parameters it never got into the queue.
  for (const [phase, endMs] of record.parameters === null ? [] : writing) {
    const isInterrupted = phase === 'decode' && !isWritten;
    add(phase, endMs ?? at.finishedMs, endMs === null || isInterrupted);
    if (endMs === null) break;
  }
  startMs = at.finishedMs;
  if (at.checkedMs !== null) add('check', at.checkedMs, false);
  if (at.storedMs !== null) add('store', at.storedMs, false);
  return times;
}

function phaseAttributes({ tokens, guard }: RequestRecord, phase: Phase): Attributes {
  if (phase === 'prefill') {
    return namedAttributes({ inputTokens: tokens.prompt, cachedInputTokens: tokens.promptCached });
  }
  if (phase === 'decode') {
    return namedAttributes({
      outputTokens: tokens.generated,
      guardRefusedTokens: guard.on ? guard.refusedTokens : null,
    });
  }
  return {};
}

function firstTokenEvent({ timestamps: { firstTokenMs } }: RequestRecord): SpanEvent[] {
  return firstTokenMs === null
    ? []
    : [{ name: 'shellwright.first_token', atMs: firstTokenMs, attributes: {} }];
}
