/** syntax_validity_rate: the share of valid scripts in sliding windows, from the counter under it. */
import type { Rollup } from '../../contracts/rollup.ts';
import { WINDOW_MS, WINDOWS, type WindowName } from './dashboard-shape.ts';
import type { GuardState } from './guard-states.ts';
import { formatSeriesKey } from './series-key.ts';
import { rowResolution, windowRange } from './time-steps.ts';

/** Of scripts that were written under the guard, or of the others; null where none was judged. */
export function validityRate(rows: readonly Rollup[], guard: GuardState): number | null {
  const count = (result: string) => {
    const key = formatSeriesKey('generation_syntax_checks_total', { guard, result });
    return rows.reduce((sum, row) => sum + (row.counters[key] ?? 0), 0);
  };
  const valid = count('valid');
  const judged = valid + count('invalid') + count('empty');
  return judged === 0 ? null : valid / judged;
}

/** Of each window that ends now; `rows` may be of several resolutions, and of each window those that fit are taken. */
export function validityRates(
  rows: readonly Rollup[],
  guard: GuardState,
  nowMs: number,
): readonly (readonly [WindowName, number | null])[] {
  return WINDOWS.map((window) => {
    const { fromMs, toMs } = windowRange(window, nowMs);
    const wanted = rowResolution(WINDOW_MS[window]);
    const inWindow = rows.filter(
      ({ resolution, startMs }) => resolution === wanted && startMs >= fromMs && startMs < toMs,
    );
    return [window, validityRate(inWindow, guard)] as const;
  });
}
