/** Counters of versions that had fewer labels, under the keys that they have now. */
import type { SeriesKey } from '../../contracts/rollup.ts';
import { formatSeriesKey } from './series-key.ts';

type Counters = Readonly<Record<SeriesKey, number>>;

/** Before there was the label, nobody told whether the guard was on; it is unless somebody switches it off. */
const CURRENT_KEYS = new Map(
  ['valid', 'invalid', 'empty', 'unchecked'].map((result) => [
    formatSeriesKey('generation_syntax_checks_total', { result }),
    formatSeriesKey('generation_syntax_checks_total', { guard: 'on', result }),
  ]),
);

/** The same object where it has no such key. */
export function currentCounters(counters: Counters): Counters {
  let isOld = false;
  for (const key of CURRENT_KEYS.keys()) isOld ||= key in counters;
  if (!isOld) return counters;
  const current = new Map<SeriesKey, number>();
  for (const [key, count] of Object.entries(counters)) {
    const now = CURRENT_KEYS.get(key) ?? key;
    current.set(now, (current.get(now) ?? 0) + count);
  }
  return Object.fromEntries([...current].sort(([a], [b]) => (a < b ? -1 : 1)));
}
