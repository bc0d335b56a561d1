/** The form of a metrics file, which docs/metrics-export.schema.json describes. What it means is in metrics-dataset.ts. */
import type { HistogramData, Resolution, Rollup } from '../../contracts/rollup.ts';
import { Histogram } from '../metrics/histogram.ts';
import { edgesOf } from '../metrics/bucket-edges.ts';
import { metricOf } from '../metrics/rollup.ts';
import { compare } from './metrics-dataset.ts';

export const METRICS_FORMAT = 'shellwright-metrics';

/** Goes up with every change that an older version could not read. */
export const METRICS_SCHEMA_VERSION = 1;

/** Where rows of each resolution are. */
export const ROLLUP_LISTS = {
  total: 'totals',
  hour: 'hours',
  minute: 'minutes',
} as const satisfies Record<Resolution, string>;

/** In UTF-16 code units: what a browser can hold and read in one piece. */
export const MAX_FILE_CHARS = 128 * 1024 * 1024;

/** Of all requests since monitoring began, from the histograms: at most 1.1 % from the exact ones. */
export interface FilePercentiles {
  readonly metric: string;
  readonly n: number;
  readonly p50: number | null;
  /** null under 20 values, as everywhere. */
  readonly p95: number | null;
  /** null under 100 values. */
  readonly p99: number | null;
  readonly max: number | null;
}

/** One entry for each histogram in the totals, by name; all labels together. */
export function percentilesOf(rollups: readonly Rollup[]): readonly FilePercentiles[] {
  const byMetric = new Map<string, HistogramData[]>();
  for (const row of rollups) {
    if (row.resolution !== 'total') continue;
    for (const [key, data] of Object.entries(row.histograms)) {
      const metric = metricOf(key);
      byMetric.set(metric, [...(byMetric.get(metric) ?? []), data]);
    }
  }
  return [...byMetric]
    .map(([metric, parts]) => toPercentiles(metric, parts))
    .sort((a, b) => compare(a.metric, b.metric));
}

function toPercentiles(metric: string, parts: readonly HistogramData[]): FilePercentiles {
  const merged = new Histogram(edgesOf(metric));
  for (const part of parts) merged.add(part);
  const n = merged.count;
  return {
    metric,
    n,
    p50: merged.quantile(0.5),
    p95: n < 20 ? null : merged.quantile(0.95),
    p99: n < 100 ? null : merged.quantile(0.99),
    max: merged.quantile(1),
  };
}
