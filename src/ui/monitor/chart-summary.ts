/** What a figure shows, in sentences: for those who do not see it, and to check what one believes to see. */
import { OUTCOMES } from '../../contracts/request-record.ts';
import type { Dashboard, Percentiles, Series } from '../../core/metrics/dashboard-shape.ts';
import { GUARD_STATES, namedGuard } from '../../core/metrics/guard-states.ts';
import { formatMoment } from './chart/chart-time.ts';
import { OUTCOME_WORDS } from './outcome-words.ts';
import { formatQuantity, type Unit } from './quantity.ts';

/** `p50 640 ms, p95 1.1 s, longest 3 s, n = 84. p50 went from 610 ms at 12:00 to 900 ms at 12:59, with 2 gaps.` */
export function summarisePercentiles(
  dashboard: Dashboard,
  unit: Unit,
  overall: Percentiles,
  { p50, p95 }: { readonly p50: Series; readonly p95?: Series },
): string {
  if (overall.n === 0) return 'Nothing in this window.';
  const told = [
    ['p50', overall.p50],
    ['p95', overall.p95],
    ['p99', overall.p99],
    [unit === 'seconds' ? 'longest' : 'largest', overall.max],
  ] as const;
  const figures = told
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${formatQuantity(unit, value)}`);
  const sentence = `${[...figures, `n = ${formatQuantity('count', overall.n)}`].join(', ')}.`;
  const needed = missingPercentiles(overall) ?? emptySteps(p95);
  return [sentence, needed, trend(dashboard, 'p50', unit, p50)]
    .filter((text) => text !== null)
    .join(' ');
}

export function summariseShare(dashboard: Dashboard): string {
  const guards = GUARD_STATES.filter((guard) => total(dashboard.validity[guard].n) > 0);
  if (guards.length === 0) return 'No script was checked in this window.';
  return guards
    .flatMap((guard) => {
      const { rate, n } = dashboard.validity[guard];
      const named = namedGuard(guard, guards);
      const valid = n.reduce((sum, count, step) => sum + count * (rate[step] ?? 0), 0);
      const share = formatQuantity('ratio', valid / total(n));
      const prefix = named === null ? '' : `Guard ${named}: `;
      return [
        `${prefix}${share} valid, n = ${formatQuantity('count', total(n))}.`,
        trend(dashboard, 'The share', 'ratio', rate),
      ];
    })
    .filter((text) => text !== null)
    .join(' ');
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

export function summariseOutcomes({ outcomes }: Dashboard): string {
  const sums = OUTCOMES.map((outcome) => ({
    outcome,
    sum: outcomes[outcome].reduce((total, count) => total + count, 0),
  })).filter(({ sum }) => sum > 0);
  const all = sums.reduce((total, { sum }) => total + sum, 0);
  if (all === 0) return 'No request ended in this window.';
  const parts = sums.map(
    ({ outcome, sum }) => `${formatQuantity('count', sum)} ${OUTCOME_WORDS[outcome]}`,
  );
  return `${formatQuantity('requests', all)} ended: ${parts.join(', ')}.`;
}

/** Where most of the requests are, and the fullest cell. */
export function summariseHeat({ heatmap }: Dashboard, max: number): string {
  const { edgesSeconds, cells } = heatmap;
  const rows = new Map<number, number>();
  let all = 0;
  for (const counts of cells) {
    counts.forEach((count, row) => {
      rows.set(row, (rows.get(row) ?? 0) + count);
      all += count;
    });
  }
  const [fullest] = [...rows].sort(([, a], [, b]) => b - a);
  if (all === 0 || fullest === undefined) return 'Nothing in this window.';
  const from = formatQuantity('seconds', edgesSeconds[fullest[0]] ?? 0);
  const to = formatQuantity('seconds', edgesSeconds[fullest[0] + 1] ?? 0);
  const share = formatQuantity('ratio', fullest[1] / all);
  return `Most took ${from} to ${to}: ${share} of ${formatQuantity('requests', all)}. A cell holds at most ${formatQuantity('count', max)}.`;
}

/** First and last value of a series, and its gaps; null where there are not two values. */
function trend(
  { timesMs, range }: Dashboard,
  name: string,
  unit: Unit,
  values: Series,
): string | null {
  const steps = values.flatMap((value, step) => (value === null ? [] : [step]));
  const first = steps[0];
  const last = steps.at(-1);
  if (first === undefined || last === undefined || first === last) return null;
  const at = (step: number): string =>
    `${formatQuantity(unit, values[step] ?? null)} at ${formatMoment(timesMs[step] ?? 0, range)}`;
  const gaps = steps.filter(
    (step, index) => index > 0 && step - (steps[index - 1] ?? 0) > 1,
  ).length;
  const withGaps = gaps === 0 ? '' : `, with ${gaps === 1 ? 'a gap' : `${gaps} gaps`}`;
  return `${name} went from ${at(first)} to ${at(last)}${withGaps}.`;
}

/** Where the window has enough requests for p95, but no step of it. */
function emptySteps(p95: Series | undefined): string | null {
  if (p95 === undefined || p95.some((value) => value !== null)) return null;
  return 'p95 is not drawn: no step has 20 requests.';
}

function missingPercentiles({ n, p95, p99 }: Percentiles): string | null {
  if (p95 === null) return `p95 needs 20 requests, and there ${n === 1 ? 'is 1' : `are ${n}`}.`;
  return p99 === null ? 'p99 needs 100.' : null;
}
