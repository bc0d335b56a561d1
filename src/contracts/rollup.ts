/**
 * Sums over time of everything that is measured. A rollup row holds one span of time for one model, backend and outcome;
 * merging rows in any order gives the same row, because every sum in it is of integers.
 */
import type { BackendName } from './generation.ts';
import type { Outcome } from './request-record.ts';

/** Rows per minute (kept 48 h), per hour (kept 90 days), and since monitoring began (`startMs` 0, never pruned). */
export type Resolution = 'minute' | 'hour' | 'total';

export const RESOLUTION_MS = { minute: 60_000, hour: 3_600_000 } as const;

export interface RollupDimensions {
  /** The model's id; `none` where no model took part. */
  readonly model: string;
  readonly backend: BackendName | 'none';
  /** Rows of requests that were accepted have `accepted`; of anything but requests, `none`. */
  readonly outcome: Outcome | 'accepted' | 'none';
}

/** Metric name and the labels that are not dimensions, as Prometheus writes them: `name` or `name{a="x",b="y"}`, sorted. */
export type SeriesKey = string;

/**
 * Base-2 exponential histogram of scale 5 with the classic buckets of the metric beside it. Bucket i counts values in
 * (2^(i/32), 2^((i+1)/32)] of the metric's unit (OpenTelemetry data model, exponential histograms).
 */
export interface HistogramData {
  readonly count: number;
  /** Sum in millionths of the unit, an integer, so that adding is exact in any order. */
  readonly sumMicros: number;
  /** Exact; Infinity is never stored: both are 0 where count is 0. */
  readonly min: number;
  readonly max: number;
  /** Values of 0 or less, which have no bucket. */
  readonly zeroCount: number;
  /** Ascending bucket indices; `counts` goes with them. */
  readonly indices: readonly number[];
  readonly counts: readonly number[];
  /** Values per classic bucket (not cumulated), one more than the metric has edges: the last is up to +Inf. */
  readonly classic: readonly number[];
}

/** What a gauge read in the span of time. */
export interface GaugeData {
  readonly count: number;
  readonly sumMicros: number;
  readonly min: number;
  readonly max: number;
}

export interface Rollup extends RollupDimensions {
  readonly schemaVersion: 1;
  readonly resolution: Resolution;
  /** Start of the span, wall clock, a multiple of the resolution; 0 for totals. */
  readonly startMs: number;
  readonly counters: Readonly<Record<SeriesKey, number>>;
  readonly histograms: Readonly<Record<SeriesKey, HistogramData>>;
  readonly gauges: Readonly<Record<SeriesKey, GaugeData>>;
}

/** What one event adds to the rows of its time. */
export interface RollupDelta extends RollupDimensions {
  readonly atEpochMs: number;
  readonly counters: readonly (readonly [key: SeriesKey, increment: number])[];
  readonly observations: readonly (readonly [key: SeriesKey, value: number])[];
  readonly gauges: readonly (readonly [key: SeriesKey, value: number])[];
}
