/**
 * All rows of a span of time as one row, beside them: a chart of every request reads one where there are ten to twenty,
 * for each model, backend and outcome. Counters and gauges stay apart; histograms, which are most of a row, are merged.
 */
import type { HistogramData, Rollup, SeriesKey } from '../contracts/rollup.ts';
import { groupBy } from '../core/metrics/group-by.ts';
import { mergeAllHistograms } from '../core/metrics/histogram.ts';
import type { PackedSpan, ShellwrightSchema, StoredRollup } from './schema.ts';
import { packHistograms, unpackHistograms } from './packed-row.ts';
import { compareRows, mergeRow, rowId, toRollup } from './rollup-rows.ts';

type Part = readonly [
  model: string,
  backend: Rollup['backend'],
  outcome: Rollup['outcome'],
  counters: Rollup['counters'],
  gauges: Rollup['gauges'],
];

/** Rows by the span that they are in; those of totals are in none. */
export function groupBySpan(rows: readonly StoredRollup[]): readonly (readonly StoredRollup[])[] {
  const inSpans = rows.filter(({ resolution }) => resolution !== 'total');
  const groups = groupBy(inSpans, ({ resolution, startMs }) => `${resolution} ${startMs}`);
  return [...groups.values()];
}

export function spanKey({
  resolution,
  startMs,
}: Pick<StoredRollup, 'resolution' | 'startMs'>): ShellwrightSchema['spans']['key'] {
  return [resolution, startMs];
}

/** The span with rows in it that were not before, or with what rows have gained; all are of this span. */
export function addToSpan(
  before: PackedSpan | undefined,
  rows: readonly StoredRollup[],
): PackedSpan {
  const parts = new Map<string, StoredRollup>();
  const histograms = new Map<SeriesKey, HistogramData[]>();
  for (const row of [...(before === undefined ? [] : storedRows(before)), ...rows]) {
    for (const [key, data] of Object.entries(row.histograms)) {
      const same = histograms.get(key);
      if (same === undefined) histograms.set(key, [data]);
      else same.push(data);
    }
    const part = { ...row, histograms: {} };
    const known = parts.get(rowId(row));
    parts.set(rowId(row), known === undefined ? part : mergeRow(known, part));
  }
  const sorted = [...parts.values()].sort((a, b) => compareRows(toRollup(a), toRollup(b)));
  const [first] = sorted;
  if (first === undefined || first.resolution === 'total') throw new Error('there is no span');
  return {
    resolution: first.resolution,
    startMs: first.startMs,
    parts: JSON.stringify(
      sorted.map(({ model, backend, outcome, counters, gauges }): Part => [
        model,
        backend,
        outcome,
        counters,
        gauges,
      ]),
    ),
    ...packHistograms(
      Object.fromEntries(
        [...histograms]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, same]) => [key, mergedData(same)]),
      ),
    ),
  };
}

/** Its rows, by their dimensions; the histograms of all of them are in the first. */
export function spanRollups(span: PackedSpan): readonly Rollup[] {
  return storedRows(span).map(toRollup);
}

/** Most histograms of a span are not touched by what a single request adds. */
function mergedData(parts: readonly HistogramData[]): HistogramData {
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : mergeAllHistograms(parts);
}

function storedRows(span: PackedSpan): readonly StoredRollup[] {
  const { resolution, startMs } = span;
  const parts = JSON.parse(span.parts) as readonly Part[];
  return parts.map(([model, backend, outcome, counters, gauges], place) => ({
    schemaVersion: 1,
    resolution,
    startMs,
    model,
    backend,
    outcome,
    counters,
    histograms: place === 0 ? unpackHistograms(span) : {},
    gauges,
  }));
}
