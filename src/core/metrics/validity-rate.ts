/** syntax_validity_rate: the share of valid scripts in sliding windows, from the counter under it. */
import type { Rollup } from '../../contracts/rollup.ts';
import { WINDOW_MS, WINDOWS, type WindowName } from './dashboard-shape.ts';
import { rowResolution, windowRange } from './time-steps.ts';

/** null where no script was judged. */
export function validityRate(rows: readonly Rollup[]): number | null {
  const count = (result: string) =>
    rows.reduce(
      (sum, row) => sum + (row.counters[`generation_syntax_checks_total{result="${result}"}`] ?? 0),
      0,
    );
  const valid = count('valid');
  const judged = valid + count('invalid') + count('empty');
  return judged === 0 ? null : valid / judged;
}

/** Of each window that ends now; `rows` may be of several resolutions, and of each window those that fit are taken. */
export function validityRates(
  rows: readonly Rollup[],
  nowMs: number,
): readonly (readonly [WindowName, number | null])[] {
  return WINDOWS.map((window) => {
    const { fromMs, toMs } = windowRange(window, nowMs);
    const wanted = rowResolution(WINDOW_MS[window]);
    const inWindow = rows.filter(
      ({ resolution, startMs }) => resolution === wanted && startMs >= fromMs && startMs < toMs,
    );
    return [window, validityRate(inWindow)] as const;
  });
}
