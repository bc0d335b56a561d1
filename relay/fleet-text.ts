/** The fleet's series in the text format of Prometheus 0.0.4. */
import type { HistogramData, SeriesKey } from '../src/contracts/rollup.ts';
import {
  formatEdge,
  headLines,
  sampleLine,
  type FamilyHead,
  type Sample,
} from '../src/core/export/exposition.ts';
import type { Histogram } from '../src/core/metrics/histogram.ts';
import { initialLabelSets } from '../src/core/metrics/label-sets.ts';
import {
  METRIC_NAMES,
  METRIC_TABLE,
  type MetricDefinition,
  type MetricName,
} from '../src/core/metrics/metric-table.ts';
import { metricOf } from '../src/core/metrics/rollup.ts';
import { formatSeriesKey, parseSeriesKey, type Labels } from '../src/core/metrics/series-key.ts';

import type { FleetReading } from './fleet-gauges.ts';

export interface FleetSums {
  readonly counters: ReadonlyMap<SeriesKey, number>;
  readonly histograms: ReadonlyMap<SeriesKey, Histogram>;
  readonly lastHeardMs: number | null;
}

const OWN_GAUGES = {
  browsers: {
    name: 'fleet_live_browsers',
    type: 'gauge',
    unit: '{browser}',
    help: 'Browsers that have sent telemetry within three minutes.',
  },
  lastHeard: {
    name: 'fleet_last_telemetry_timestamp_seconds',
    type: 'gauge',
    unit: 's',
    help: 'When any browser sent telemetry last, in Unix time. No value where none is known.',
  },
} as const satisfies Readonly<Record<string, FamilyHead>>;

const NOTHING = { count: 0, sumMicros: 0, classic: [] } as const;

/**
 * Sums in the order of the table, series by name, then gauges. Series whose labels have a fixed list of values are there
 * from the start, at 0, so that a rate of errors exists before the first error, and the first slow requests are an increase.
 */
export function writeFleetText(
  { counters, histograms, lastHeardMs }: FleetSums,
  reading: FleetReading,
): string {
  const keys = new Map<string, Set<SeriesKey>>(
    METRIC_NAMES.map((name) => [name, initialKeys(name)]),
  );
  for (const key of [...counters.keys(), ...histograms.keys()].sort()) {
    keys.get(metricOf(key))?.add(key);
  }
  const lines: string[] = [];
  for (const name of METRIC_NAMES) {
    const series = keys.get(name) ?? new Set();
    if (series.size === 0) continue;
    const metric = METRIC_TABLE[name];
    lines.push(...headLines({ name, ...metric }, 'text'));
    for (const key of series) {
      const labels = parseSeriesKey(key)?.labels ?? {};
      const samples =
        metric.type === 'histogram'
          ? histogramSamples(name, labels, histograms.get(key)?.toData() ?? NOTHING, metric)
          : [{ name, labels, value: counters.get(key) ?? 0 }];
      lines.push(...samples.map((sample) => sampleLine(sample, 'text')));
    }
  }
  lines.push(...gaugeLines(reading, lastHeardMs));
  return `${lines.join('\n')}\n`;
}

/** Without a browser that tells, what it would tell has no value: 0 would say that all is quiet. */
function gaugeLines(reading: FleetReading, lastHeardMs: number | null): readonly string[] {
  const { browsers, activeRequests, memoryUsedRatio } = reading;
  const gauge = (head: FamilyHead, value: number | null): readonly string[] =>
    value === null
      ? []
      : [...headLines(head, 'text'), sampleLine({ name: head.name, labels: {}, value }, 'text')];
  const ofTable = (name: MetricName): FamilyHead => ({ name, ...METRIC_TABLE[name] });
  return [
    ...gauge(ofTable('active_generation_requests'), browsers === 0 ? null : activeRequests),
    ...gauge(ofTable('memory_used_ratio'), memoryUsedRatio),
    ...gauge(OWN_GAUGES.browsers, browsers),
    ...gauge(OWN_GAUGES.lastHeard, lastHeardMs === null ? null : lastHeardMs / 1000),
  ];
}

function initialKeys(name: MetricName): Set<SeriesKey> {
  const metric = METRIC_TABLE[name];
  const isFixed = metric.labels.every(({ values }) => values !== null);
  if (metric.type === 'gauge' || !isFixed) return new Set();
  return new Set(initialLabelSets(metric).map((labels) => formatSeriesKey(name, labels)));
}

function histogramSamples(
  name: MetricName,
  labels: Labels,
  { count, sumMicros, classic }: Pick<HistogramData, 'count' | 'sumMicros' | 'classic'>,
  { edges }: MetricDefinition,
): readonly Sample[] {
  let upTo = 0;
  const buckets = [...edges, '+Inf' as const].map((edge, index) => {
    upTo += classic[index] ?? 0;
    return {
      name: `${name}_bucket`,
      labels: { ...labels, le: formatEdge(edge, 'text') },
      value: upTo,
    };
  });
  return [
    ...buckets,
    { name: `${name}_sum`, labels, value: sumMicros / 1e6 },
    { name: `${name}_count`, labels, value: count },
  ];
}
