/** Rows of the tables with bars: parameters, output lengths, errors, dangerous commands. */
import type { Dashboard } from '../../core/metrics/dashboard-shape.ts';
import { formatQuantity } from './quantity.ts';

export interface BarRow {
  /** Rows of a group follow each other and add up to 1; null where all rows do. */
  readonly group: string | null;
  readonly label: string;
  readonly count: number;
  /** In [0, 1]. */
  readonly share: number;
}

export interface BarFigure {
  readonly rows: readonly BarRow[];
  readonly summary: string;
}

export function parameterFigure({ parameters }: Dashboard): BarFigure {
  const used = parameters.filter(({ count }) => count > 0);
  const sums = new Map<string, number>();
  for (const { parameter, count } of used) {
    sums.set(parameter, (sums.get(parameter) ?? 0) + count);
  }
  const rows = used.map(({ parameter, valueRange, count }) => ({
    group: parameter,
    label: valueRange,
    count,
    share: count / (sums.get(parameter) ?? count),
  }));
  const most = [...sums.keys()].map((parameter) => {
    const top = topOf(rows.filter(({ group }) => group === parameter));
    return top === null
      ? ''
      : `${parameter} is ${top.label} in ${formatQuantity('ratio', top.share)}`;
  });
  return { rows, summary: most.length === 0 ? 'Nothing in this window.' : `${most.join('; ')}.` };
}

export function outputLengthFigure({ outputLength }: Dashboard): BarFigure {
  const { edges, counts, percentiles } = outputLength;
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return { rows: [], summary: 'Nothing in this window.' };
  const last = counts.findLastIndex((count) => count > 0);
  const rows = counts.slice(0, last + 1).map((count, index) => ({
    group: null,
    label: lengthLabel(edges, index),
    count,
    share: count / all,
  }));
  const p50 = formatQuantity('characters', percentiles.p50);
  const p95 =
    percentiles.p95 === null ? '' : `, p95 ${formatQuantity('characters', percentiles.p95)}`;
  return { rows, summary: `p50 ${p50}${p95}, n = ${formatQuantity('count', percentiles.n)}.` };
}

export function errorFigure({ errors, counts }: Dashboard): BarFigure {
  const rows = sharesOf(errors.map(({ errorType, count }) => ({ label: errorType, count })));
  const top = topOf(rows);
  return {
    rows,
    summary:
      top === null
        ? `No errors among ${formatQuantity('requests', counts.finished)} that ended.`
        : `${formatQuantity('count', counts.errors)} of ${formatQuantity('requests', counts.finished)} failed, most by ${top.label}.`,
  };
}

export function dangerFigure({ dangers }: Dashboard): BarFigure {
  const rows = sharesOf(dangers.map(({ rule, count }) => ({ label: rule, count })));
  const top = topOf(rows);
  return {
    rows,
    summary:
      top === null
        ? 'No script in this window would destroy data.'
        : `Most often ${top.label}, ${formatQuantity('count', top.count)} times.`,
  };
}

function sharesOf(rows: readonly { readonly label: string; readonly count: number }[]): BarRow[] {
  const counted = rows.filter(({ count }) => count > 0);
  const all = counted.reduce((sum, { count }) => sum + count, 0);
  return counted
    .toSorted((a, b) => b.count - a.count)
    .map(({ label, count }) => ({ group: null, label, count, share: count / all }));
}

function topOf(rows: readonly BarRow[]): BarRow | null {
  return rows.reduce<BarRow | null>(
    (top, row) => (top === null || row.count > top.count ? row : top),
    null,
  );
}

function lengthLabel(edges: readonly number[], index: number): string {
  const edge = edges[index];
  return edge === undefined
    ? `over ${formatQuantity('count', edges.at(-1) ?? 0)}`
    : `up to ${formatQuantity('count', edge)}`;
}
