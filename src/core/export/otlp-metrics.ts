/**
 * Rollup rows as an ExportMetricsServiceRequest: sums and exponential histograms with delta temporality, each point over
 * the span of its row, and gauges. The buckets of a row are those of the format at scale 5, so nothing is converted.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/
 */
import {
  RESOLUTION_MS,
  type GaugeData,
  type HistogramData,
  type Rollup,
  type SeriesKey,
} from '../../contracts/rollup.ts';
import { isMetric, seriesLabels } from '../metrics/found-series.ts';
import { mergeAllHistograms } from '../metrics/histogram.ts';
import { METRIC_TABLE, type MetricName } from '../metrics/metric-table.ts';
import { SeriesIndex } from '../metrics/series-index.ts';
import { OPERATION, PROVIDER } from '../trace/request-attributes.ts';
import { otlpAttribute, otlpName, type SemconvNames } from './otlp-names.ts';
import { keyValues, nanos, resourceOf, scopeOf, type OtlpSource } from './otlp-values.ts';

const SCALE = 5;
/** AGGREGATION_TEMPORALITY_DELTA. */
const DELTA = 1;

type Kind = 'sum' | 'gauge' | 'exponentialHistogram';

interface Family {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: Kind;
  /** By attributes and span. */
  readonly points: Map<string, Point>;
}

interface Point {
  readonly attributes: readonly object[];
  readonly startMs: number;
  /** Of rows that differ in what is no attribute of the metric; which of them is there is told by the family's kind. */
  count: number;
  readonly histograms: HistogramData[];
  readonly gauges: GaugeData[];
}

export interface OtlpMetrics {
  readonly payload: object;
  readonly points: number;
}

/**
 * One point per minute and series: a receiver takes a second one with the same attributes and time for one that comes out
 * of order, and drops it.
 * @param rows per minute, each to be sent once and only when nothing will be added to it any more
 */
export function otlpMetrics(
  rows: readonly Rollup[],
  source: OtlpSource,
  names: SemconvNames,
): OtlpMetrics {
  const families = new Map<string, Family>();
  const keys = new SeriesIndex();
  const pointOf = (row: Rollup, key: SeriesKey, kind: Kind): Point | null => {
    const { name: metric, labels } = keys.get(key);
    if (!isMetric(metric)) return null;
    const { unit, help: description } = METRIC_TABLE[metric];
    const { name, attributes } = otlpName(metric, names);
    let family = families.get(name);
    if (family === undefined) {
      family = { name, unit, description, kind, points: new Map() };
      families.set(name, family);
    }
    const all = keyValues({
      ...attributes,
      ...(name.startsWith('gen_ai.') ? requiredAttributes(row) : {}),
      ...attributesOf(metric, labels, row),
    });
    const id = `${row.startMs} ${JSON.stringify(all)}`;
    let point = family.points.get(id);
    if (point === undefined) {
      point = { attributes: all, startMs: row.startMs, count: 0, histograms: [], gauges: [] };
      family.points.set(id, point);
    }
    return point;
  };
  for (const row of rows) {
    for (const [key, count] of Object.entries(row.counters)) {
      const point = pointOf(row, key, 'sum');
      if (point !== null) point.count += count;
    }
    for (const [key, data] of Object.entries(row.histograms)) {
      if (data.count > 0) pointOf(row, key, 'exponentialHistogram')?.histograms.push(data);
    }
    for (const [key, data] of Object.entries(row.gauges)) {
      if (data.count > 0) pointOf(row, key, 'gauge')?.gauges.push(data);
    }
  }
  const metrics = [...families.values()].map(({ kind, points, ...head }) => ({
    ...head,
    [kind]: {
      dataPoints: [...points.values()].map((point) => ({
        attributes: point.attributes,
        startTimeUnixNano: nanos(point.startMs),
        timeUnixNano: nanos(point.startMs + RESOLUTION_MS.minute),
        ...valuesOf(kind, point),
      })),
      ...(kind === 'gauge' ? {} : { aggregationTemporality: DELTA }),
      ...(kind === 'sum' ? { isMonotonic: true } : {}),
    },
  }));
  return {
    payload: {
      resourceMetrics: [
        { resource: resourceOf(source), scopeMetrics: [{ scope: scopeOf(source), metrics }] },
      ],
    },
    points: [...families.values()].reduce((sum, { points }) => sum + points.size, 0),
  };
}

function valuesOf(kind: Kind, { count, histograms, gauges }: Point): object {
  switch (kind) {
    case 'sum':
      return { asInt: String(count) };
    case 'exponentialHistogram':
      return histogramPoint(mergeAllHistograms(histograms));
    case 'gauge': {
      const samples = gauges.reduce((sum, gauge) => sum + gauge.count, 0);
      const micros = gauges.reduce((sum, { sumMicros }) => sum + sumMicros, 0);
      return { asDouble: micros / samples / 1e6 };
    }
  }
}

function histogramPoint(data: HistogramData): object {
  const { count, sumMicros, min, max, zeroCount, indices, counts } = data;
  const offset = indices[0] ?? 0;
  const bucketCounts = new Array<string>(
    indices.length === 0 ? 0 : (indices.at(-1) ?? 0) - offset + 1,
  ).fill('0');
  for (const [slot, index] of indices.entries())
    bucketCounts[index - offset] = String(counts[slot]);
  return {
    count: String(count),
    sum: sumMicros / 1e6,
    min,
    max,
    scale: SCALE,
    zeroCount: String(zeroCount),
    positive: { offset, bucketCounts },
  };
}

function attributesOf(
  metric: MetricName,
  own: Readonly<Record<string, string>>,
  row: Rollup,
): Readonly<Record<string, string>> {
  const labels = seriesLabels(METRIC_TABLE[metric], own, row);
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [otlpAttribute(label), value]),
  );
}

/** What the conventions ask for of their own metrics. */
function requiredAttributes({ model, outcome }: Rollup): Readonly<Record<string, string | null>> {
  return {
    'gen_ai.operation.name': OPERATION,
    'gen_ai.provider.name': PROVIDER,
    'gen_ai.request.model': model === 'none' ? null : model,
    'error.type': outcome === 'error' ? '_OTHER' : outcome === 'timeout' ? 'timeout' : null,
  };
}
