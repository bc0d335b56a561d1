/** The fleet's series in the text format of Prometheus 0.0.4. */
import type { HistogramData, SeriesKey } from '../src/contracts/rollup.ts';
import type { Histogram } from '../src/core/metrics/histogram.ts';
import { METRIC_NAMES, METRIC_TABLE } from '../src/core/metrics/metric-table.ts';
import { metricOf } from '../src/core/metrics/rollup.ts';

export interface FleetSums {
  readonly counters: ReadonlyMap<SeriesKey, number>;
  readonly histograms: ReadonlyMap<SeriesKey, Histogram>;
}

/** In the order of the table, series by name; empty where there is nothing yet. */
export function writeFleetText({ counters, histograms }: FleetSums): string {
  const byMetric = new Map<string, SeriesKey[]>();
  for (const key of [...counters.keys(), ...histograms.keys()].sort()) {
    const name = metricOf(key);
    byMetric.set(name, [...(byMetric.get(name) ?? []), key]);
  }
  const lines: string[] = [];
  for (const name of METRIC_NAMES) {
    const keys = byMetric.get(name);
    if (keys === undefined) continue;
    const { type, help, edges } = METRIC_TABLE[name];
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    for (const key of keys) {
      const counter = counters.get(key);
      const histogram = histograms.get(key);
      if (counter !== undefined) lines.push(`${key} ${counter}`);
      if (histogram !== undefined)
        lines.push(...histogramLines(key, name, histogram.toData(), edges));
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function histogramLines(
  key: SeriesKey,
  name: string,
  { count, sumMicros, classic }: HistogramData,
  edges: readonly number[],
): readonly string[] {
  const labels = key.slice(name.length + 1, -1);
  const bucket = (edge: string, value: number): string =>
    `${name}_bucket{${labels === '' ? '' : `${labels},`}le="${edge}"} ${value}`;
  const suffix = labels === '' ? '' : `{${labels}}`;
  let below = 0;
  const buckets = edges.map((edge, index) => {
    below += classic[index] ?? 0;
    return bucket(String(edge), below);
  });
  return [
    ...buckets,
    bucket('+Inf', count),
    `${name}_sum${suffix} ${sumMicros / 1e6}`,
    `${name}_count${suffix} ${count}`,
  ];
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
