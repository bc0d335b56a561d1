/** Requests that stand for the buckets of the histograms that counted them, so that a slow bucket leads to a trace. */
import type { RequestRecord } from '../../contracts/request-record.ts';
import type { RollupDimensions, SeriesKey } from '../../contracts/rollup.ts';
import { isMetric, seriesLabels } from '../metrics/found-series.ts';
import { METRIC_TABLE } from '../metrics/metric-table.ts';
import { endDeltas } from '../metrics/request-deltas.ts';
import { formatSeriesKey, parseSeriesKey } from '../metrics/series-key.ts';
import { traceIdOf } from '../trace/trace-ids.ts';
import type { Exemplar } from './exposition.ts';

/** By series as the snapshot has it, oldest first. Of one request's many values in a series there is the largest. */
export function exemplarsOf(
  records: readonly RequestRecord[],
): ReadonlyMap<SeriesKey, readonly Exemplar[]> {
  const found = new Map<SeriesKey, Exemplar[]>();
  for (const record of records.toSorted(
    (a, b) => (a.endedAtEpochMs ?? 0) - (b.endedAtEpochMs ?? 0),
  )) {
    const largest = new Map<SeriesKey, number>();
    for (const delta of endDeltas(record)) {
      for (const [key, value] of delta.observations) {
        const series = seriesOf(key, delta);
        largest.set(series, Math.max(largest.get(series) ?? -Infinity, value));
      }
    }
    for (const [series, value] of largest) {
      const exemplar = {
        traceId: traceIdOf(record.id),
        value,
        atEpochMs: record.endedAtEpochMs ?? record.acceptedAtEpochMs,
      };
      const before = found.get(series);
      if (before === undefined) found.set(series, [exemplar]);
      else before.push(exemplar);
    }
  }
  return found;
}

function seriesOf(key: SeriesKey, dimensions: RollupDimensions): SeriesKey {
  const { name, labels } = parseSeriesKey(key) ?? { name: key, labels: {} };
  return isMetric(name)
    ? formatSeriesKey(name, seriesLabels(METRIC_TABLE[name], labels, dimensions))
    : key;
}
