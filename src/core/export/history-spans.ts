/** The spans of time that a history has samples for: minutes as far back as they are complete, hours before. */
import { RESOLUTION_MS, type Rollup } from '../../contracts/rollup.ts';
import { groupBy } from '../metrics/group-by.ts';

export interface HistorySpan {
  readonly startMs: number;
  /** At most now. */
  readonly endMs: number;
  readonly rows: readonly Rollup[];
}

/** Ascending, without overlap; only spans that have rows. Nothing is in two of them, and nothing in none. */
export function historySpans(
  minutes: readonly Rollup[],
  hours: readonly Rollup[],
  nowMs: number,
): readonly HistorySpan[] {
  const minutesFromMs = completeFrom(minutes, hours);
  return [
    ...group(
      hours.filter(({ startMs }) => startMs < minutesFromMs),
      RESOLUTION_MS.hour,
      nowMs,
    ),
    ...group(
      minutes.filter(({ startMs }) => startMs >= minutesFromMs),
      RESOLUTION_MS.minute,
      nowMs,
    ),
  ];
}

/** Start of the first hour from which on the minutes are all there: the oldest may have been deleted in its midst. */
function completeFrom(minutes: readonly Rollup[], hours: readonly Rollup[]): number {
  const first = minutes.reduce((least, { startMs }) => Math.min(least, startMs), Infinity);
  if (first === Infinity) return Infinity;
  const hourMs = RESOLUTION_MS.hour;
  const hour = Math.floor(first / hourMs) * hourMs;
  const inHour = ({ startMs }: Rollup): boolean => startMs >= hour && startMs < hour + hourMs;
  return weight(minutes.filter(inHour)) === weight(hours.filter(inHour)) ? hour : hour + hourMs;
}

/** The same for the rows of an hour and for all of its minutes. */
function weight(rows: readonly Rollup[]): number {
  let sum = 0;
  for (const { counters, histograms, gauges } of rows) {
    for (const count of Object.values(counters)) sum += count;
    for (const { count } of Object.values(histograms)) sum += count;
    for (const { count } of Object.values(gauges)) sum += count;
  }
  return sum;
}

function group(rows: readonly Rollup[], spanMs: number, nowMs: number): HistorySpan[] {
  return [...groupBy(rows, ({ startMs }) => startMs)]
    .sort(([a], [b]) => a - b)
    .map(([startMs, found]) => ({
      startMs,
      // The clock may have been set back since the row began.
      endMs: Math.max(startMs + 1, Math.min(startMs + spanMs, nowMs)),
      rows: found,
    }));
}
