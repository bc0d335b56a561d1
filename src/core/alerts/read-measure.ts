/** What a rule's measure reads at a moment, over the rule's window. */
import type { AlertRule } from '../../contracts/alert.ts';
import { RESOLUTION_MS, type HistogramData } from '../../contracts/rollup.ts';
import { bucketMiddle } from '../metrics/exponential-buckets.ts';
import { edgesOf } from '../metrics/bucket-edges.ts';
import type { Objective, ObjectiveId } from '../metrics/dashboard-shape.ts';
import { forEachGuard, GUARD_STATES, type GuardState } from '../metrics/guard-states.ts';
import { Histogram } from '../metrics/histogram.ts';
import { wilsonInterval } from '../metrics/wilson.ts';
import { talliesIn, type SpanTally } from './span-tally.ts';

export interface Reading {
  /** null where there is nothing to read. */
  readonly value: number | null;
  readonly n: number;
  /** What is wrong, in number: failed, slow or not valid requests; null where the measure counts none. */
  readonly bad: number | null;
  /** False where the measure asks for more than its value beyond the threshold, and that is not so. */
  readonly holds: boolean;
  /** Of scripts, where it has to be said which were judged; null elsewhere. */
  readonly guard: GuardState | null;
}

/** Sorted tallies per minute and per hour, as far back as they go. */
export interface MeasureSource {
  readonly minutes: readonly SpanTally[];
  readonly hours: readonly SpanTally[];
  /** Minutes before this are not there. */
  readonly minutesFromMs: number;
  readonly objectives: readonly Objective[];
}

/** Longer windows are read by the hour. */
export const LONGEST_BY_MINUTE_MS = 2 * RESOLUTION_MS.hour;
/** Fewer bad events never spend a budget: with few requests, each one would. */
export const FEWEST_BAD = 5;
/** Requests in 30 days that a budget is made for at least. */
export const FEWEST_BUDGETED = 500;
/** The short window in which a budget still has to be spent, as Google's SRE workbook has it. */
const SHORT_WINDOW_SHARE = 1 / 12;
const BUDGET_PERIOD_MS = 720 * RESOLUTION_MS.hour;
/** Of an objective for the p95, so many may be slower. */
const P95_SLOWER_SHARE = 0.05;

/** `rule.windowMs` up to `nowMs`, from the beginning of the minute or hour that the window begins in. */
export function readMeasure(rule: AlertRule, source: MeasureSource, nowMs: number): Reading {
  const { measure, windowMs } = rule;
  const window = spansOf(source, windowMs, nowMs);
  switch (measure.kind) {
    case 'latency-quantile':
      return quantileOf(window, 'latency', measure.quantile);
    case 'first-token-quantile':
      return quantileOf(window, 'firstToken', measure.quantile);
    case 'slowest-request':
      return slowest(window, rule.threshold);
    case 'error-ratio': {
      const finished = sum(window, 'finished');
      const errors = sum(window, 'errors');
      return reading(finished === 0 ? null : errors / finished, finished, errors);
    }
    case 'error-count': {
      const errors = sum(window, 'errors');
      return reading(errors, sum(window, 'finished'), errors);
    }
    case 'syntax-validity':
      return decisive(
        rule,
        byGuard(window, (guard) => {
          const { bad, n } = validityOf(window, guard);
          return reading(wilsonInterval(n - bad, n)?.high ?? null, n, bad);
        }),
      );
    case 'active-requests':
      return newest(window, 'active');
    case 'memory-used':
      return newest(window, 'memory');
    case 'model-load-failures': {
      const failures = sum(window, 'loadFailures');
      return reading(failures, failures, failures);
    }
    case 'devices-lost': {
      const lost = sum(window, 'devicesLost');
      return reading(lost, lost, lost);
    }
    case 'budget-spent':
      return measure.objective === 'syntax-validity'
        ? decisive(
            rule,
            byGuard(window, (guard) =>
              budgetSpent(validityBudget(source.objectives, guard), source, windowMs, nowMs),
            ),
          )
        : budgetSpent(budgetOf(measure.objective, source.objectives), source, windowMs, nowMs);
  }
}

/** How many values are above the limit: exact on a bucket's edge, else as near as buckets are narrow. */
export function countAbove(data: HistogramData, limit: number, edges: readonly number[]): number {
  const edge = edges.indexOf(limit);
  if (edge >= 0 && data.classic.length > edge) {
    return data.classic.slice(edge + 1).reduce((total, count) => total + count, 0);
  }
  return data.indices.reduce(
    (total, index, at) => (bucketMiddle(index) > limit ? total + (data.counts[at] ?? 0) : total),
    0,
  );
}

function spansOf(source: MeasureSource, windowMs: number, nowMs: number): readonly SpanTally[] {
  const { minutes, hours, minutesFromMs } = source;
  const { minute, hour } = RESOLUTION_MS;
  const fromMs = nowMs - windowMs;
  // A span that begins now belongs to what comes: on the minute, the window is whole minutes.
  if (windowMs <= LONGEST_BY_MINUTE_MS && fromMs >= minutesFromMs) {
    return talliesIn(minutes, Math.floor(fromMs / minute) * minute, nowMs);
  }
  const first = Math.floor(fromMs / hour) * hour;
  const last = Math.floor(nowMs / hour) * hour;
  // For a moment in the past, the row of its hour holds what came after it as well.
  return last >= minutesFromMs
    ? [...talliesIn(hours, first, last), ...talliesIn(minutes, Math.max(first, last), nowMs)]
    : talliesIn(hours, first, nowMs);
}

function quantileOf(
  window: readonly SpanTally[],
  which: 'latency' | 'firstToken',
  share: number,
): Reading {
  const merged = merge(window, which);
  return reading(merged?.quantile(share) ?? null, merged?.count ?? 0, null);
}

function slowest(window: readonly SpanTally[], threshold: number): Reading {
  const merged = merge(window, 'latency');
  if (merged === null) return reading(null, 0, 0);
  const data = merged.toData();
  const edges = edgesOf('generation_latency_seconds');
  const bad = data.max > threshold ? Math.max(1, countAbove(data, threshold, edges)) : 0;
  return reading(data.max, data.count, bad);
}

function newest(window: readonly SpanTally[], which: 'active' | 'memory'): Reading {
  const value = window.findLast((span) => span[which] !== null)?.[which] ?? null;
  return reading(value, value === null ? 0 : 1, null);
}

/** After Y. Stark, “Error Budget Is All You Need”: it does not matter how fast a budget is spent, but how much of it. */
function budgetSpent(
  budget: Budget,
  source: MeasureSource,
  windowMs: number,
  nowMs: number,
): Reading {
  const long = budget.count(spansOf(source, windowMs, nowMs));
  const short = budget.count(spansOf(source, windowMs * SHORT_WINDOW_SHARE, nowMs));
  const period = budget.count(spansOf(source, BUDGET_PERIOD_MS, nowMs));
  const allowed = budget.share * Math.max(period.n, FEWEST_BUDGETED);
  const isStillBad = short.n > 0 && short.bad / short.n > budget.share;
  return {
    value: long.n === 0 ? null : long.bad / allowed,
    n: long.n,
    bad: long.bad,
    holds: isStillBad && long.bad >= FEWEST_BAD,
    guard: null,
  };
}

/** One for each setting of the guard that scripts of the window were written under; one at least. */
function byGuard(
  window: readonly SpanTally[],
  read: (guard: GuardState) => Reading,
): readonly Reading[] {
  const present = GUARD_STATES.filter((guard) => validityOf(window, guard).n > 0);
  return forEachGuard(present, read);
}

/** The worse one of those that have enough samples and all else that the measure asks for; where none has, the larger. */
function decisive(rule: AlertRule, readings: readonly Reading[]): Reading {
  const enough = readings.filter(({ n }) => n >= rule.minSamples);
  const holding = enough.filter(({ holds }) => holds);
  const sign = rule.comparison === 'above' ? -1 : 1;
  const [first = reading(null, 0, 0)] =
    enough.length === 0
      ? readings.toSorted((a, b) => b.n - a.n)
      : (holding.length === 0 ? enough : holding).toSorted(
          (a, b) => sign * ((a.value ?? 0) - (b.value ?? 0)),
        );
  return first;
}

function validityOf(window: readonly SpanTally[], guard: GuardState): { bad: number; n: number } {
  let valid = 0;
  let n = 0;
  for (const { validity } of window) {
    valid += validity[guard].valid;
    n += validity[guard].judged;
  }
  return { bad: n - valid, n };
}

interface Budget {
  /** Of all requests, the share that may be bad. */
  readonly share: number;
  readonly count: (window: readonly SpanTally[]) => { readonly bad: number; readonly n: number };
}

function thresholdOf(objectives: readonly Objective[], id: ObjectiveId, missing: number): number {
  return objectives.find((known) => known.id === id)?.threshold ?? missing;
}

/** Scripts that were written under the guard have a budget of their own, and the others have one. */
function validityBudget(objectives: readonly Objective[], guard: GuardState): Budget {
  return {
    share: 1 - thresholdOf(objectives, 'syntax-validity', 0.85),
    count: (window) => validityOf(window, guard),
  };
}

function budgetOf(objective: 'error-rate' | 'latency', objectives: readonly Objective[]): Budget {
  switch (objective) {
    case 'error-rate':
      return {
        share: thresholdOf(objectives, 'error-rate', 0.01),
        count: (window) => ({ bad: sum(window, 'errors'), n: sum(window, 'finished') }),
      };
    case 'latency': {
      const limit = thresholdOf(objectives, 'latency-p95', 2);
      const edges = edgesOf('generation_latency_seconds');
      return {
        share: P95_SLOWER_SHARE,
        count: (window) => {
          let bad = 0;
          let n = 0;
          for (const { latency } of window) {
            if (latency === null) continue;
            bad += countAbove(latency, limit, edges);
            n += latency.count;
          }
          return { bad, n };
        },
      };
    }
  }
}

function merge(window: readonly SpanTally[], which: 'latency' | 'firstToken'): Histogram | null {
  let merged: Histogram | null = null;
  for (const span of window) {
    const data = span[which];
    if (data === null || data.count === 0) continue;
    // Edges matter to values that are recorded, not to histograms that are added.
    merged ??= new Histogram(new Array<number>(Math.max(0, data.classic.length - 1)));
    merged.add(data);
  }
  return merged;
}

function sum(
  window: readonly SpanTally[],
  which: 'finished' | 'errors' | 'loadFailures' | 'devicesLost',
): number {
  return window.reduce((total, span) => total + span[which], 0);
}

function reading(value: number | null, n: number, bad: number | null): Reading {
  return { value, n, bad, holds: true, guard: null };
}
