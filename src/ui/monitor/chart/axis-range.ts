/** How far a chart's value axis reaches, and where it has its lines. */
import type { Unit } from '../quantity.ts';
import type { ChartSpec } from './chart-spec.ts';

export interface AxisRange {
  readonly min: number;
  readonly max: number;
}

/** An objective farther off than this many times the largest value is named at the edge instead. */
const FAR = 2.5;

/** Linear axes start at 0 and end a little above the largest value, where the spec does not say otherwise. */
export function axisRange(spec: ChartSpec): AxisRange {
  if (spec.heat !== null) return heatRange(spec.heat);
  const { least, most } = extent(spec);
  const objective = Math.max(
    0,
    ...spec.levels.map(({ value, tone }) => (tone === null ? value : 0)),
  );
  const isNear = most > 0 && objective <= FAR * most;
  if (spec.scale === 'log') {
    const top = isNear ? Math.max(most, objective) : most;
    return top > 0 ? { min: least * 0.8, max: top * 1.3 } : { min: 0.1, max: 10 };
  }
  if (spec.bounds !== null) return { min: spec.bounds[0], max: spec.bounds[1] };
  const top = isNear || most === 0 ? Math.max(most, objective) : most;
  return { min: 0, max: top > 0 ? top * 1.12 : 1 };
}

/** Lines at 1, 2 and 5 of each power of ten, thinned out until at most `most` are left. */
export function logSplits({ min, max }: AxisRange, most: number): number[] {
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const splits: number[] = [];
    for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
      for (const factor of factors) {
        const value = Number((factor * 10 ** power).toPrecision(1));
        if (value >= min && value <= max) splits.push(value);
      }
    }
    if (splits.length <= most || factors.length === 1) return splits;
  }
  return [];
}

/** Distances of lines that read well in a unit; counts have no halves. */
export function increments(unit: Unit): number[] {
  const all: number[] = [];
  for (let power = -4; power <= 7; power++) {
    for (const factor of [1, 2, 5]) all.push(Number(`${factor}e${power}`));
  }
  const isWhole = unit === 'requests' || unit === 'count' || unit === 'characters';
  return isWhole ? all.filter((value) => value >= 1) : all;
}

function heatRange({ edges, cells }: NonNullable<ChartSpec['heat']>): AxisRange {
  let lowest = Infinity;
  let highest = -1;
  for (const rows of cells) {
    rows.forEach((count, row) => {
      if (count === 0) return;
      lowest = Math.min(lowest, row);
      highest = Math.max(highest, row);
    });
  }
  const from = highest < 0 ? 0 : Math.max(0, lowest - 2);
  const to = highest < 0 ? edges.length - 1 : Math.min(edges.length - 1, highest + 3);
  return { min: edges[from] ?? 0.1, max: edges[to] ?? 10 };
}

function extent({ columns, levels, timesMs }: ChartSpec): { least: number; most: number } {
  let least = Infinity;
  let most = 0;
  const stacks = new Float64Array(timesMs.length);
  for (const { mark, values } of columns) {
    values.forEach((value, step) => {
      if (value === null || mark === null) return;
      if (value > 0) least = Math.min(least, value);
      if (mark.kind === 'bar') stacks[step] = (stacks[step] ?? 0) + value;
      else most = Math.max(most, value);
    });
  }
  for (const stack of stacks) most = Math.max(most, stack);
  // Measured ones are values too; objectives are not.
  for (const { value, tone } of levels) if (tone !== null) most = Math.max(most, value);
  return { least, most };
}
