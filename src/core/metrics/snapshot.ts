/** Makes a snapshot of every metric out of the total rows and of what only has a value now. */
import type { Rollup, SeriesKey } from '../../contracts/rollup.ts';
import { findSeries, type FoundSeries } from './found-series.ts';
import { GUARD_STATES } from './guard-states.ts';
import { Histogram } from './histogram.ts';
import { initialLabelSets } from './label-sets.ts';
import { METRIC_NAMES, METRIC_TABLE, type MetricName } from './metric-table.ts';
import { percentile } from './percentiles.ts';
import { formatSeriesKey, type Labels } from './series-key.ts';
import type { HistogramSummary, MetricFamily, MetricsSnapshot } from './snapshot-shape.ts';
import { validityRate, validityRates } from './validity-rate.ts';

/** What is read when somebody asks; null where the browser does not tell. Shares are in [0, 1]. */
export interface CurrentValues {
  /** Of all pages. */
  readonly activeRequests: number;
  readonly memoryUsedRatio: number | null;
  readonly storageUsedRatio: number | null;
  /** Wall clock: when the page was opened; null where none is. */
  readonly startedAtEpochMs: number | null;
  readonly uptimeSeconds: number | null;
}

export interface SnapshotInput {
  readonly nowMs: number;
  /** Rows of the resolution `total`. */
  readonly totals: readonly Rollup[];
  /**
   * Rows per minute of the last 24 hours and per hour of the last 30 days, for syntax_validity_rate; a window without
   * rows has no value.
   */
  readonly recent: readonly Rollup[];
  readonly current: CurrentValues;
}

/** Has every series of the table, at 0 where nothing was counted, and those of the models that were found. */
export function metricsSnapshot(input: SnapshotInput): MetricsSnapshot {
  const found = findSeries(input.totals);
  const gauges = gaugeValues(input);
  const families = METRIC_NAMES.map((name) => [name, familyOf(name, found, gauges)] as const);
  return {
    schemaVersion: 1,
    takenAtEpochMs: input.nowMs,
    metrics: Object.fromEntries(families) as Record<MetricName, MetricFamily>,
  };
}

function familyOf(
  name: MetricName,
  found: ReadonlyMap<SeriesKey, FoundSeries>,
  gauges: ReadonlyMap<SeriesKey, number | null>,
): MetricFamily {
  const { type, unit, help, guideName = null, edges } = METRIC_TABLE[name];
  const head = { unit, help, guideName };
  const sets = labelSetsOf(name, found);
  if (type !== 'histogram') {
    const valueOf = (key: SeriesKey) =>
      type === 'gauge' ? (gauges.get(key) ?? null) : (found.get(key)?.count ?? 0);
    const series = [...sets].map(([key, labels]) => ({ labels, value: valueOf(key) }));
    return { type, ...head, series };
  }
  const overall = new Histogram(edges);
  const series = [...sets].map(([key, labels]) => {
    const histogram = found.get(key)?.histogram ?? new Histogram(edges);
    overall.add(histogram.toData());
    return { labels, ...summaryOf(histogram, edges) };
  });
  return { type, ...head, series, overall: summaryOf(overall, edges) };
}

/** Those that always exist, then the others that were found. */
function labelSetsOf(
  name: MetricName,
  found: ReadonlyMap<SeriesKey, FoundSeries>,
): ReadonlyMap<SeriesKey, Labels> {
  const sets = new Map(
    initialLabelSets(METRIC_TABLE[name]).map((labels) => [formatSeriesKey(name, labels), labels]),
  );
  for (const [key, series] of found) {
    if (series.name === name && !sets.has(key)) sets.set(key, series.labels);
  }
  return sets;
}

function gaugeValues({
  nowMs,
  totals,
  recent,
  current,
}: SnapshotInput): ReadonlyMap<SeriesKey, number | null> {
  const rates = GUARD_STATES.flatMap((guard) => [
    ...validityRates(recent, guard, nowMs).map(([window, rate]) => ({ guard, window, rate })),
    { guard, window: 'all', rate: validityRate(totals, guard) },
  ]);
  return new Map<SeriesKey, number | null>([
    ['active_generation_requests', current.activeRequests],
    ['memory_used_ratio', current.memoryUsedRatio],
    ['storage_used_ratio', current.storageUsedRatio],
    [
      'process_start_time_seconds',
      current.startedAtEpochMs === null ? null : current.startedAtEpochMs / 1000,
    ],
    ['uptime_seconds', current.uptimeSeconds],
    ...rates.map(
      ({ guard, window, rate }) =>
        [formatSeriesKey('syntax_validity_rate', { guard, window }), rate] as const,
    ),
  ]);
}

function summaryOf(histogram: Histogram, edges: readonly number[]): HistogramSummary {
  const { count, sumMicros, classic } = histogram.toData();
  let cumulative = 0;
  return {
    count,
    sum: sumMicros / 1e6,
    buckets: classic.map((values, slot) => {
      cumulative += values;
      return { le: edges[slot] ?? '+Inf', count: cumulative };
    }),
    p50: percentile(histogram, 'p50'),
    p95: percentile(histogram, 'p95'),
    p99: percentile(histogram, 'p99'),
  };
}
