/** Every metric as it stands, as plain JSON: what `window.shellwright.metrics()` returns and Prometheus' text is made of. */
import type { MetricName } from './metric-table.ts';
import type { Labels } from './series-key.ts';

interface ValueSeries {
  readonly labels: Labels;
  /** null: there is no value, such as a share of nothing. */
  readonly value: number | null;
}

export interface HistogramSummary {
  readonly count: number;
  /** In the metric's unit. */
  readonly sum: number;
  /** Values up to and with each edge, as Prometheus counts them: each count has the ones before in it. */
  readonly buckets: readonly { readonly le: number | '+Inf'; readonly count: number }[];
  /** From the exponential histogram, at most 1.09 % off; null below 20 values for p95 and below 100 for p99. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface HistogramSeries extends HistogramSummary {
  readonly labels: Labels;
}

interface FamilyHead {
  readonly unit: string;
  readonly help: string;
  /** The name in the guide, where it is another. */
  readonly guideName: string | null;
}

export type MetricFamily = FamilyHead &
  (
    | { readonly type: 'counter' | 'gauge'; readonly series: readonly ValueSeries[] }
    | {
        readonly type: 'histogram';
        readonly series: readonly HistogramSeries[];
        /** All series together: percentiles cannot be added up. */
        readonly overall: HistogramSummary;
      }
  );

export interface MetricsSnapshot {
  readonly schemaVersion: 1;
  /** Wall clock. */
  readonly takenAtEpochMs: number;
  /** In the order of the table. */
  readonly metrics: Readonly<Record<MetricName, MetricFamily>>;
}
