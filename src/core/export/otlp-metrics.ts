/**
 * Rollup rows as an ExportMetricsServiceRequest: sums and exponential histograms with delta temporality, each point over
 * the span of its row, and gauges. The buckets of a row are those of the format at scale 5, so nothing is converted.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/
 */
import {
  RESOLUTION_MS,
  type HistogramData,
  type Rollup,
  type SeriesKey,
} from '../../contracts/rollup.ts';
import { isMetric, seriesLabels } from '../metrics/found-series.ts';
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
  readonly dataPoints: object[];
}

/** @param rows per minute, each to be sent once and only when nothing will be added to it any more */
export function otlpMetrics(
  rows: readonly Rollup[],
  source: OtlpSource,
  names: SemconvNames,
): object {
  const families = new Map<string, Family>();
  const keys = new SeriesIndex();
  const add = (row: Rollup, key: SeriesKey, kind: Kind, values: object): void => {
    const { name: metric, labels } = keys.get(key);
    if (!isMetric(metric)) return;
    const { unit, help: description } = METRIC_TABLE[metric];
    const { name, attributes } = otlpName(metric, names);
    let family = families.get(name);
    if (family === undefined) {
      family = { name, unit, description, kind, dataPoints: [] };
      families.set(name, family);
    }
    family.dataPoints.push({
      attributes: keyValues({
        ...attributes,
        ...(name.startsWith('gen_ai.') ? requiredAttributes(row) : {}),
        ...attributesOf(metric, labels, row),
      }),
      startTimeUnixNano: nanos(row.startMs),
      timeUnixNano: nanos(row.startMs + RESOLUTION_MS.minute),
      ...values,
    });
  };
  for (const row of rows) {
    for (const [key, count] of Object.entries(row.counters)) {
      add(row, key, 'sum', { asInt: String(count) });
    }
    for (const [key, data] of Object.entries(row.histograms)) {
      if (data.count > 0) add(row, key, 'exponentialHistogram', histogramPoint(data));
    }
    for (const [key, { count, sumMicros }] of Object.entries(row.gauges)) {
      if (count > 0) add(row, key, 'gauge', { asDouble: sumMicros / count / 1e6 });
    }
  }
  const metrics = [...families.values()].map(({ kind, dataPoints, ...head }) => ({
    ...head,
    [kind]: {
      dataPoints,
      ...(kind === 'gauge' ? {} : { aggregationTemporality: DELTA }),
      ...(kind === 'sum' ? { isMonotonic: true } : {}),
    },
  }));
  return {
    resourceMetrics: [
      { resource: resourceOf(source), scopeMetrics: [{ scope: scopeOf(source), metrics }] },
    ],
  };
}

/** How many points there would be. */
export function countPoints(rows: readonly Rollup[]): number {
  return rows.reduce(
    (sum, { counters, histograms, gauges }) =>
      sum + [counters, histograms, gauges].reduce((n, of) => n + Object.keys(of).length, 0),
    0,
  );
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
