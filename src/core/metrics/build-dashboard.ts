/** Computes what the Monitor page draws, from rollup rows and, where they are few, from every single request. */
import type { RequestRecord } from '../../contracts/request-record.ts';
import type { Rollup } from '../../contracts/rollup.ts';
import { BUCKET_EDGES } from './bucket-edges.ts';
import type {
  Dashboard,
  DashboardFilter,
  Objective,
  Series,
  TimeRange,
  ValiditySeries,
} from './dashboard-shape.ts';
import type { EndedFigures } from './ended-figures.ts';
import { heatmapOf } from './heatmap.ts';
import { observe } from './observations.ts';
import { judgeObjective } from './objectives.ts';
import { percentile, percentilesOf, type ValueSet } from './percentiles.ts';
import { SAMPLING_RANGES } from './sampling-ranges.ts';
import { statusOf } from './status-sentence.ts';
import { tilesOf } from './tiles.ts';
import { rowResolution, TimeSteps } from './time-steps.ts';
import { total, WindowSums, type ValiditySums } from './window-sums.ts';
import { exactValues, mergedValues, passes, type WindowValues } from './window-values.ts';
import { wilsonInterval } from './wilson.ts';

export interface DashboardInput {
  /** As windowRange gives it, or on whole rows; what is between is counted with the row it is in. */
  readonly range: TimeRange;
  readonly filter: DashboardFilter;
  /** Rows of one resolution that start in the range. */
  readonly rollups: readonly Rollup[];
  /** The same of the range of equal length before it. */
  readonly previousRollups: readonly Rollup[];
  /** Every request that ended in the range; null where there are more than 2,000. */
  readonly ended: readonly EndedFigures[] | null;
  /** Of all pages, now. */
  readonly active: readonly RequestRecord[];
  readonly objectives: readonly Objective[];
  readonly nowMs: number;
}

/**
 * Counts always come from rollups. Percentiles are exact where the figures of all requests are there, and from merged
 * histograms where they are too many or some were pruned.
 */
export function buildDashboard(input: DashboardInput): Dashboard {
  const { filter, objectives, nowMs } = input;
  const lengthMs = input.range.toMs - input.range.fromMs;
  const resolution = input.rollups[0]?.resolution ?? rowResolution(lengthMs);
  const steps = new TimeSteps(input.range, resolution === 'total' ? 'hour' : resolution);
  const { range, stepMs, timesMs } = steps;
  const sums = new WindowSums(input.rollups, steps, filter);
  const values = valuesOf(input, sums, steps);
  const active = input.active.filter((record) => passes(record, filter)).length;
  const observations = observe(sums, values, active);
  const results = objectives.flatMap((objective) =>
    observations[objective.id].map((observation) =>
      judgeObjective(objective, observation, timesMs),
    ),
  );
  const finished = total(sums.finished);
  const isFiltered = filter.model !== null || filter.backend !== null || filter.outcome !== null;
  // Which model answers and how a request ends is known at its end: with a filter, only those that ended can be counted.
  const requests = isFiltered ? sums.finished : sums.accepted;
  return {
    range,
    stepMs,
    timesMs,
    status: statusOf({ results, finished, range, nowMs }),
    tiles: tilesOf({
      requests,
      sums,
      values,
      previous: previousOf(input, range),
      results,
      isFiltered,
    }),
    objectives: results,
    latency: {
      p50: over(values.latency.steps, 'p50'),
      p95: over(values.latency.steps, 'p95'),
      p99: over(values.latency.steps, 'p99'),
      counts: values.latency.steps.map(({ count }) => count),
      overall: percentilesOf(values.latency.overall),
    },
    firstToken: {
      p50: over(values.firstToken.steps, 'p50'),
      p95: over(values.firstToken.steps, 'p95'),
      overall: percentilesOf(values.firstToken.overall),
    },
    heatmap: heatmapOf(sums.stepped('generation_latency_seconds')),
    outcomes: sums.outcomes,
    tokensPerSecond: {
      p50: over(values.tokensPerSecond.steps, 'p50'),
      overall: percentilesOf(values.tokensPerSecond.overall),
    },
    validity: { on: validityOf(sums.validity.on), off: validityOf(sums.validity.off) },
    interToken: {
      overall: percentilesOf(values.interToken),
      longestStall: percentilesOf(values.stall),
    },
    parameters: Object.entries(SAMPLING_RANGES).flatMap(([parameter, ranges]) =>
      ranges.map((valueRange) => ({
        parameter,
        valueRange,
        count: sums.parameterRanges.get(`${parameter}=${valueRange}`) ?? 0,
      })),
    ),
    outputLength: {
      edges: BUCKET_EDGES.output_length_chars,
      counts: sums.overall('output_length_chars').toData().classic,
      percentiles: percentilesOf(values.outputChars),
    },
    memory: { ratio: sums.memory.max, latest: observations['memory-used'][0]?.value ?? null },
    similarity: percentilesOf(values.similarity),
    errors: mostFirst(sums.errorTypes).map(([errorType, count]) => ({ errorType, count })),
    dangers: mostFirst(sums.dangerRules).map(([rule, count]) => ({ rule, count })),
    counts: {
      requests: total(requests),
      finished,
      errors: total(sums.errors),
      active,
      promptTokens: wholeSum(sums.overall('request_prompt_tokens').toData().sumMicros),
      generatedTokens: wholeSum(sums.overall('generation_tokens').toData().sumMicros),
      suspended: sums.suspended,
      dropped: sums.dropped,
    },
    choices: { models: [...sums.models].sort(), backends: [...sums.backends].sort() },
  };
}

/** Figures of which some are missing would give exact percentiles of the wrong requests. */
function valuesOf(input: DashboardInput, sums: WindowSums, steps: TimeSteps): WindowValues {
  const { ended, filter } = input;
  return ended !== null && ended.length === sums.unfilteredFinished
    ? exactValues(ended, steps, filter)
    : mergedValues(sums);
}

function previousOf(input: DashboardInput, { fromMs, toMs }: TimeRange): WindowSums {
  const resolution = input.previousRollups[0]?.resolution === 'hour' ? 'hour' : 'minute';
  const before = { fromMs: fromMs - (toMs - fromMs), toMs: fromMs };
  return new WindowSums(input.previousRollups, new TimeSteps(before, resolution), input.filter);
}

function over(steps: readonly ValueSet[], which: 'p50' | 'p95' | 'p99'): Series {
  return steps.map((values) => percentile(values, which));
}

function validityOf({ valid, judged }: ValiditySums): ValiditySeries {
  const intervals = judged.map((n, step) => wilsonInterval(valid[step] ?? 0, n));
  return {
    rate: judged.map((n, step) => (n === 0 ? null : (valid[step] ?? 0) / n)),
    low: intervals.map((interval) => interval?.low ?? null),
    high: intervals.map((interval) => interval?.high ?? null),
    n: judged,
  };
}

function mostFirst(counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** Of a histogram of whole numbers. */
function wholeSum(sumMicros: number): number {
  return Math.round(sumMicros / 1e6);
}
