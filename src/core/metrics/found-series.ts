/** The counters and histograms of rollup rows, with the labels that the table of metrics gives them. */
import type { Rollup, SeriesKey } from '../../contracts/rollup.ts';
import { Histogram } from './histogram.ts';
import { METRIC_TABLE, type MetricName } from './metric-table.ts';
import { SeriesIndex } from './series-index.ts';
import { formatSeriesKey, type Labels } from './series-key.ts';

export interface FoundSeries {
  readonly name: MetricName;
  readonly labels: Labels;
  readonly histogram: Histogram;
  count: number;
}

/** By name and labels, sorted as series keys are. Metrics that this version does not know are left out. */
export function findSeries(rows: readonly Rollup[]): ReadonlyMap<SeriesKey, FoundSeries> {
  const found = new Map<SeriesKey, FoundSeries>();
  const keys = new SeriesIndex();
  for (const row of rows) {
    for (const [key, count] of Object.entries(row.counters)) {
      const series = seriesOf(found, keys, row, key);
      if (series !== null) series.count += count;
    }
    for (const [key, data] of Object.entries(row.histograms)) {
      seriesOf(found, keys, row, key)?.histogram.add(data);
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function seriesOf(
  found: Map<SeriesKey, FoundSeries>,
  keys: SeriesIndex,
  row: Rollup,
  key: SeriesKey,
): FoundSeries | null {
  const { name, labels: own } = keys.get(key);
  if (!isMetric(name)) return null;
  const metric = METRIC_TABLE[name];
  const labels = Object.fromEntries(
    metric.labels.map((label) => [
      label.name,
      label.from === 'key' ? (own[label.name] ?? 'none') : row[label.from],
    ]),
  );
  const id = formatSeriesKey(name, labels);
  let series = found.get(id);
  if (series === undefined) {
    series = { name, labels, histogram: new Histogram(metric.edges), count: 0 };
    found.set(id, series);
  }
  return series;
}

function isMetric(name: string): name is MetricName {
  return Object.hasOwn(METRIC_TABLE, name);
}
