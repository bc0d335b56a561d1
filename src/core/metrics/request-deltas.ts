/**
 * What a request adds to the rollups: one delta when it is accepted and one when it has ended, so that
 * generation_requests_total is at all times the sum of generation_finished_total and the active requests.
 */
import type { RequestRecord } from '../../contracts/request-record.ts';
import type { RollupDelta, RollupDimensions, SeriesKey } from '../../contracts/rollup.ts';
import { errorTypeOf } from './error-type.ts';
import type { GuardState } from './guard-states.ts';
import type { MetricName } from './metric-table.ts';
import { requestFigures, type RequestFigures } from './request-figures.ts';
import { samplingRanges } from './sampling-ranges.ts';
import { engineDimensions } from './engine-dimensions.ts';
import { formatSeriesKey, type Labels } from './series-key.ts';

const SIMILARITY_METHOD = 'all-MiniLM-L6-v2';

/** Which histogram each figure goes into. */
const FIGURE_METRICS = {
  latencySeconds: 'generation_latency_seconds',
  firstTokenSeconds: 'time_to_first_token_seconds',
  stallSeconds: 'generation_stall_seconds',
  queueSeconds: 'request_queue_time_seconds',
  tokenizeSeconds: 'tokenize_time_seconds',
  prefillSeconds: 'prefill_time_seconds',
  decodeSeconds: 'decode_time_seconds',
  checkSeconds: 'syntax_check_time_seconds',
  tokensPerSecond: 'generation_tokens_per_second',
  generatedTokens: 'generation_tokens',
  promptTokens: 'request_prompt_tokens',
  totalTokens: 'request_total_tokens',
  outputChars: 'output_length_chars',
} as const satisfies Record<Exclude<keyof RequestFigures, 'tokenGapsSeconds'>, MetricName>;

/** The record as it was when the request was accepted. */
export function acceptDelta(record: RequestRecord): RollupDelta {
  const ranges = record.parameters === null ? [] : samplingRanges(record.parameters);
  return {
    ...dimensionsOf(record, 'accepted'),
    atEpochMs: record.acceptedAtEpochMs,
    counters: [
      [metric('generation_requests_total'), 1],
      ...ranges.map(([parameter, range]) =>
        count('sampling_parameters_total', { parameter, value_range: range }),
      ),
    ],
    observations: [],
    gauges: [],
  };
}

/** The record of a request that has ended; nothing for one that is active. */
export function endDeltas(record: RequestRecord): readonly RollupDelta[] {
  const { outcome, endedAtEpochMs } = record;
  if (outcome === null || endedAtEpochMs === null) return [];
  const errorType = errorTypeOf(record);
  const wroteTokens = record.tokens.generated > 0;
  const counters: (readonly [SeriesKey, number])[] = [
    count('generation_finished_total'),
    ...(errorType === null ? [] : [count('generation_errors_total', { error_type: errorType })]),
    ...(wroteTokens || record.syntax !== null
      ? [
          count('generation_syntax_checks_total', {
            guard: (record.guard.on ? 'on' : 'off') satisfies GuardState,
            result: record.syntax?.result ?? 'unchecked',
          }),
        ]
      : []),
    ...(wroteTokens && record.guard.on ? [count('generation_guarded_total')] : []),
    ...(record.guard.cutBack ? [count('generation_guard_cut_back_total')] : []),
    ...countIfAny('generation_guard_refused_tokens_total', record.guard.refusedTokens),
    ...countIfAny('prompt_tokens_cached_total', record.tokens.promptCached),
    ...[...new Set(record.dangers)].map((rule) => count('generation_dangers_total', { rule })),
    ...(record.isSuspended ? [count('clock_suspend_total')] : []),
  ];
  return [
    {
      ...dimensionsOf(record, outcome),
      atEpochMs: endedAtEpochMs,
      counters,
      observations: observationsOf(record),
      gauges: [],
    },
  ];
}

/** What a similarity that became known after the end adds, at the time of that end. */
export function similarityDelta(record: RequestRecord, similarity: number): RollupDelta {
  return {
    ...dimensionsOf(record, record.outcome ?? 'none'),
    atEpochMs: record.endedAtEpochMs ?? record.acceptedAtEpochMs,
    counters: [],
    observations: [
      [
        formatSeriesKey(metric('prompt_similarity_score'), { method: SIMILARITY_METHOD }),
        similarity,
      ],
    ],
    gauges: [],
  };
}

function observationsOf(record: RequestRecord): readonly (readonly [SeriesKey, number])[] {
  const figures = requestFigures(record);
  const observations: (readonly [SeriesKey, number])[] = [];
  for (const [figure, name] of Object.entries(FIGURE_METRICS)) {
    const value = figures[figure as keyof typeof FIGURE_METRICS];
    if (value !== null) observations.push([name, value]);
  }
  for (const seconds of figures.tokenGapsSeconds) {
    observations.push([metric('inter_token_latency_seconds'), seconds]);
  }
  return observations;
}

function dimensionsOf(
  record: RequestRecord,
  outcome: RollupDimensions['outcome'],
): RollupDimensions {
  return { ...engineDimensions(record), outcome };
}

/** Lets the compiler check the name. */
function metric(name: MetricName): SeriesKey {
  return name;
}

function count(name: MetricName, labels: Labels = {}): readonly [SeriesKey, number] {
  return [formatSeriesKey(name, labels), 1];
}

function countIfAny(
  name: MetricName,
  increment: number,
): readonly (readonly [SeriesKey, number])[] {
  return increment > 0 ? [[name, increment]] : [];
}
