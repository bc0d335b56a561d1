/** Rows of rollups: what a delta adds to one, and what several rows are together. */
import type {
  GaugeData,
  HistogramData,
  Resolution,
  Rollup,
  RollupDelta,
  RollupDimensions,
  SeriesKey,
} from '../../contracts/rollup.ts';
import { RESOLUTION_MS } from '../../contracts/rollup.ts';
import { edgesOf } from './bucket-edges.ts';
import { Histogram, mergeHistograms, toMicros } from './histogram.ts';

/** Start of the span that a moment falls into; 0 for totals. */
export function spanStart(resolution: Resolution, epochMs: number): number {
  if (resolution === 'total') return 0;
  const span = RESOLUTION_MS[resolution];
  return Math.floor(epochMs / span) * span;
}

export function emptyRollup(
  resolution: Resolution,
  startMs: number,
  dimensions: RollupDimensions,
): Rollup {
  const { model, backend, outcome } = dimensions;
  return {
    schemaVersion: 1,
    resolution,
    startMs,
    model,
    backend,
    outcome,
    counters: {},
    histograms: {},
    gauges: {},
  };
}

/** The row of the delta's time and dimensions with the delta in it. */
export function applyDelta(row: Rollup, delta: RollupDelta): Rollup {
  const counters = new Map(Object.entries(row.counters));
  for (const [key, increment] of delta.counters) {
    counters.set(key, (counters.get(key) ?? 0) + increment);
  }
  const filling = new Map<SeriesKey, Histogram>();
  for (const [key, value] of delta.observations) {
    let histogram = filling.get(key);
    if (histogram === undefined) {
      histogram = new Histogram(edgesOf(metricOf(key)));
      const stored = row.histograms[key];
      if (stored !== undefined) histogram.add(stored);
      filling.set(key, histogram);
    }
    histogram.record(value);
  }
  const histograms = new Map(Object.entries(row.histograms));
  for (const [key, histogram] of filling) histograms.set(key, histogram.toData());
  const gauges = new Map(Object.entries(row.gauges));
  for (const [key, value] of delta.gauges) {
    if (!Number.isFinite(value)) continue;
    const read = { count: 1, sumMicros: toMicros(value), min: value + 0, max: value + 0 };
    const before = gauges.get(key);
    gauges.set(key, before === undefined ? read : mergeGauges(before, read));
  }
  return {
    ...row,
    counters: sorted(counters),
    histograms: sorted(histograms),
    gauges: sorted(gauges),
  };
}

/**
 * The row that both are together, with the span and dimensions of the first. Merging rows of the same span and
 * dimensions in any order, and in any groups, gives the same row to the byte.
 */
export function mergeRollups(a: Rollup, b: Rollup): Rollup {
  return {
    ...a,
    counters: mergeSeries(a.counters, b.counters, (x, y) => x + y),
    histograms: mergeSeries<HistogramData>(a.histograms, b.histograms, mergeHistograms),
    gauges: mergeSeries(a.gauges, b.gauges, mergeGauges),
  };
}

/** The name before the labels. */
export function metricOf(key: SeriesKey): string {
  const brace = key.indexOf('{');
  return brace < 0 ? key : key.slice(0, brace);
}

function mergeGauges(a: GaugeData, b: GaugeData): GaugeData {
  return {
    count: a.count + b.count,
    sumMicros: a.sumMicros + b.sumMicros,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

function mergeSeries<T>(
  a: Readonly<Record<SeriesKey, T>>,
  b: Readonly<Record<SeriesKey, T>>,
  merge: (x: T, y: T) => T,
): Readonly<Record<SeriesKey, T>> {
  const merged = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const before = merged.get(key);
    merged.set(key, before === undefined ? value : merge(before, value));
  }
  return sorted(merged);
}

/** By code unit, so that the JSON does not depend on what came first. */
function sorted<T>(series: ReadonlyMap<SeriesKey, T>): Readonly<Record<SeriesKey, T>> {
  return Object.fromEntries([...series].sort(([a], [b]) => (a < b ? -1 : 1)));
}
