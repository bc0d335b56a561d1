/** One step of a chart in words. */
import { formatQuantity } from '../quantity.ts';
import { stepRange, type ChartSpec } from './chart-spec.ts';
import { formatSpan } from './chart-time.ts';

export interface StepRow {
  readonly label: string;
  readonly text: string;
  /** Index of the column; null for a row of a heatmap. */
  readonly column: number | null;
}

/** A heatmap has many rows; a tooltip has room for the fullest. */
const MAX_HEAT_ROWS = 5;

/** What a tooltip lists: values that are there, the top of a stack first. */
export function stepRows(spec: ChartSpec, step: number): StepRow[] {
  const columns = spec.columns.map(({ label, unit, values, mark }, column) => ({
    label,
    value: values[step] ?? null,
    text: formatQuantity(unit, values[step] ?? null),
    column,
    isBar: mark?.kind === 'bar',
  }));
  const bars = columns.filter(({ isBar, value }) => isBar && (value ?? 0) > 0).reverse();
  const others = columns.filter(({ isBar, value }) => !isBar && value !== null);
  return [...bars, ...others, ...heatRows(spec, step)];
}

/** For a screen reader: `24 Nov 14:02–14:03: p50 640 ms, requests 34.` */
export function describeStep(spec: ChartSpec, step: number, anchor: number | null): string {
  const time = formatSpan(stepRange(spec, step));
  const rows = stepRows(spec, step).map(({ label, text }) => `${label} ${text}`);
  const values = rows.length === 0 ? 'nothing' : rows.join(', ');
  const marked =
    anchor === null
      ? ''
      : ` Marked: ${formatSpan({
          fromMs: stepRange(spec, Math.min(anchor, step)).fromMs,
          toMs: stepRange(spec, Math.max(anchor, step)).toMs,
        })}.`;
  return `${time}: ${values}.${marked}`;
}

function heatRows({ heat }: ChartSpec, step: number): StepRow[] {
  if (heat === null) return [];
  const rows = (heat.cells[step] ?? [])
    .map((count, row) => ({ count, row }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_HEAT_ROWS)
    .sort((a, b) => b.row - a.row);
  return rows.map(({ count, row }) => ({
    label: `${formatQuantity('seconds', heat.edges[row] ?? 0)} to ${formatQuantity('seconds', heat.edges[row + 1] ?? 0)}`,
    text: formatQuantity('count', count),
    column: null,
  }));
}
