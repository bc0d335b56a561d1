/** A snapshot in the text format of Prometheus 0.0.4 or in OpenMetrics 1.0. */
import type { SeriesKey } from '../../contracts/rollup.ts';
import { METRIC_NAMES } from '../metrics/metric-table.ts';
import { formatSeriesKey } from '../metrics/series-key.ts';
import type { HistogramSeries, MetricFamily, MetricsSnapshot } from '../metrics/snapshot-shape.ts';
import {
  familyName,
  formatEdge,
  headLines,
  sampleLine,
  type Exemplar,
  type ExpositionFormat,
  type FamilyHead,
  type Sample,
} from './exposition.ts';

export interface PrometheusTextOptions {
  readonly format: ExpositionFormat;
  /**
   * When counting began, wall clock: `_created` of OpenMetrics, which nothing has where this is left out. Counters here
   * survive reloads, so it is not when the page was opened.
   */
  readonly createdAtEpochMs?: number | null;
  /** By series of histograms; OpenMetrics gets the last of each bucket. See exemplars.ts. */
  readonly exemplars?: ReadonlyMap<SeriesKey, readonly Exemplar[]>;
}

/** Every metric of the table in its order, in lines that end in a line feed. What has no value has no line. */
export function writePrometheusText(
  snapshot: MetricsSnapshot,
  options: PrometheusTextOptions,
): string {
  const { format } = options;
  const lines: string[] = [];
  for (const name of METRIC_NAMES) {
    const family = snapshot.metrics[name];
    const { type, unit, help } = family;
    const head = { name, type, unit, help };
    lines.push(...headLines(head, format));
    for (const sample of samplesOf(head, family, options)) lines.push(sampleLine(sample, format));
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

/** The format that an Accept header prefers; the plain one where it names neither. */
export function negotiateFormat(accept: string): ExpositionFormat {
  const openMetrics = qualityOf(accept, /^application\/openmetrics-text$/);
  const text = qualityOf(accept, /^(?:text\/(?:plain|\*)|\*\/\*)$/);
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'text';
}

/** 0 where the header does not name it (RFC 9110, section 12.5.1). */
function qualityOf(accept: string, type: RegExp): number {
  const qualities = accept.split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (!type.test(name)) return 0;
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
  });
  return Math.max(...qualities);
}

function samplesOf(
  head: FamilyHead,
  family: MetricFamily,
  options: PrometheusTextOptions,
): readonly Sample[] {
  if (family.type === 'histogram') {
    return family.series.flatMap((series) => histogramSamples(head.name, series, options));
  }
  return family.series.flatMap(({ labels, value }) =>
    value === null
      ? []
      : [
          { name: head.name, labels, value },
          ...(head.type === 'counter'
            ? createdSamples(familyName(head, options.format), labels, options)
            : []),
        ],
  );
}

function histogramSamples(
  name: string,
  { labels, buckets, sum, count }: HistogramSeries,
  options: PrometheusTextOptions,
): readonly Sample[] {
  const exemplars = options.exemplars?.get(formatSeriesKey(name, labels)) ?? [];
  let above = -Infinity;
  const bucketSamples = buckets.map(({ le, count: upTo }): Sample => {
    const lower = above;
    above = le === '+Inf' ? Infinity : le;
    const exemplar = exemplars.findLast(({ value }) => value > lower && value <= above) ?? null;
    return {
      name: `${name}_bucket`,
      labels: { ...labels, le: formatEdge(le, options.format) },
      value: upTo,
      exemplar,
    };
  });
  return [
    ...bucketSamples,
    { name: `${name}_sum`, labels, value: sum },
    { name: `${name}_count`, labels, value: count },
    ...createdSamples(name, labels, options),
  ];
}

function createdSamples(
  family: string,
  labels: Sample['labels'],
  { format, createdAtEpochMs = null }: PrometheusTextOptions,
): readonly Sample[] {
  return format === 'text' || createdAtEpochMs === null
    ? []
    : [{ name: `${family}_created`, labels, value: createdAtEpochMs / 1000 }];
}
