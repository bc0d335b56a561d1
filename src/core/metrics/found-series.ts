/** The counters and histograms of rollup rows, with the labels that the table of metrics gives them. */
import type { Rollup, RollupDimensions, SeriesKey } from '../../contracts/rollup.ts';
import { Histogram } from './histogram.ts';
import { METRIC_TABLE, type MetricDefinition, type MetricName } from './metric-table.ts';
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
  const labels = seriesLabels(metric, own, row);
  const id = formatSeriesKey(name, labels);
  let series = found.get(id);
  if (series === undefined) {
    series = { name, labels, histogram: new Histogram(metric.edges), count: 0 };
    found.set(id, series);
  }
  return series;
}

/** The labels that the table gives a metric: some are in the key, `own`, others are dimensions of the row. */
export function seriesLabels(metric: MetricDefinition, own: Labels, row: RollupDimensions): Labels {
  return Object.fromEntries(
    metric.labels.map((label) => [
      label.name,
      label.from === 'key' ? (own[label.name] ?? 'none') : row[label.from],
    ]),
  );
}

export function isMetric(name: string): name is MetricName {
  return Object.hasOwn(METRIC_TABLE, name);
}
