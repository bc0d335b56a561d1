/** What a browser has counted, as rows for the relay: all of it, and what came after an earlier state. */
import type { TelemetryRow } from '../../contracts/relay.ts';
import type { HistogramData, Rollup, RollupDimensions, SeriesKey } from '../../contracts/rollup.ts';
import { currentCounters } from '../metrics/current-counters.ts';
import { histogramSince } from '../metrics/histogram-since.ts';

export interface RowsSince {
  readonly rows: readonly TelemetryRow[];
  /** How many series they hold. */
  readonly series: number;
  /** The earlier state with them in it, and without what is no longer counted. */
  readonly after: readonly TelemetryRow[];
  /** There is more than fits into one post. */
  readonly hasMore: boolean;
}

interface MutableRow extends RollupDimensions {
  readonly counters: Record<SeriesKey, number>;
  readonly histograms: Record<SeriesKey, HistogramData>;
}

/** Of rows since monitoring began. */
export function telemetryRows(totals: readonly Rollup[]): readonly TelemetryRow[] {
  return totals.map(({ model, backend, outcome, counters, histograms }) => ({
    model,
    backend,
    outcome,
    counters,
    histograms,
  }));
}

/** Rows that were kept by a version before this one, with the series that it would have now. */
export function currentRows(rows: readonly TelemetryRow[]): readonly TelemetryRow[] {
  return rows.map((row) => ({ ...row, counters: currentCounters(row.counters) }));
}

/** Of what the relay has been told, that which is counted still: what is gone was deleted, and begins anew. */
function stillCounted(
  told: readonly TelemetryRow[],
  totals: readonly TelemetryRow[],
): readonly TelemetryRow[] {
  const counted = new Map(totals.map((row) => [idOf(row), row]));
  return told.flatMap((row) => {
    const now = counted.get(idOf(row));
    if (now === undefined) return [];
    return [
      {
        ...row,
        counters: pick(row.counters, now.counters),
        histograms: pick(row.histograms, now.histograms),
      },
    ];
  });
}

/** How many series there are in rows. */
export function seriesCount(rows: readonly TelemetryRow[]): number {
  return rows.reduce(
    (sum, { counters, histograms }) =>
      sum + Object.keys(counters).length + Object.keys(histograms).length,
    0,
  );
}

function pick<T>(
  from: Readonly<Record<SeriesKey, T>>,
  known: Readonly<Record<SeriesKey, unknown>>,
): Readonly<Record<SeriesKey, T>> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => Object.hasOwn(known, key)));
}

/** @param maxChars of the series as JSON, rows around them not counted; one series at least is taken */
export function rowsSince(
  before: readonly TelemetryRow[],
  totals: readonly TelemetryRow[],
  maxChars: number,
): RowsSince {
  const known = new Map(before.map((row) => [idOf(row), row]));
  const rows = new Map<string, MutableRow>();
  const after = new Map(stillCounted(before, totals).map((row) => [idOf(row), copyOf(row)]));
  let series = 0;
  let chars = 0;
  for (const [row, key, added] of additions(known, totals)) {
    const size = JSON.stringify(added).length + key.length;
    if (series > 0 && chars + size > maxChars) {
      return { rows: [...rows.values()], series, after: [...after.values()], hasMore: true };
    }
    series += 1;
    chars += size;
    put(rowOf(rows, row), key, added);
    put(rowOf(after, row), key, (row.counters[key] ?? row.histograms[key]) as typeof added);
  }
  return { rows: [...rows.values()], series, after: [...after.values()], hasMore: false };
}

function* additions(
  known: ReadonlyMap<string, TelemetryRow>,
  totals: readonly TelemetryRow[],
): Iterable<[TelemetryRow, SeriesKey, number | HistogramData]> {
  for (const row of totals) {
    const before = known.get(idOf(row));
    for (const [key, total] of Object.entries(row.counters)) {
      const earlier = before?.counters[key] ?? 0;
      // Less than before is a new beginning.
      const added = total < earlier ? total : total - earlier;
      if (added > 0) yield [row, key, added];
    }
    for (const [key, total] of Object.entries(row.histograms)) {
      const added = histogramSince(before?.histograms[key], total);
      if (added !== null) yield [row, key, added];
    }
  }
}

function rowOf(rows: Map<string, MutableRow>, row: TelemetryRow): MutableRow {
  const id = idOf(row);
  const found = rows.get(id) ?? { ...copyOf(row), counters: {}, histograms: {} };
  rows.set(id, found);
  return found;
}

function put(row: MutableRow, key: SeriesKey, value: number | HistogramData): void {
  if (typeof value === 'number') row.counters[key] = value;
  else row.histograms[key] = value;
}

function copyOf({ model, backend, outcome, counters, histograms }: TelemetryRow): MutableRow {
  return { model, backend, outcome, counters: { ...counters }, histograms: { ...histograms } };
}

function idOf({ model, backend, outcome }: TelemetryRow): string {
  return JSON.stringify([model, backend, outcome]);
}
