/** A chart's numbers as a table and as CSV. */
import { formatQuantity, unitName, type Unit } from '../quantity.ts';
import type { ChartSpec } from './chart-spec.ts';

export interface TableColumn {
  readonly label: string;
  readonly unit: Unit;
}

export interface ChartTable {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly {
    readonly fromMs: number;
    readonly values: readonly (number | null)[];
  }[];
}

/** Oldest step first; of a heatmap only the rows in which anything was counted. */
export function chartTable(spec: ChartSpec): ChartTable {
  const { heat } = spec;
  const rowsOfHeat = heat === null ? [] : filledRows(heat.cells);
  const label = (row: number): string =>
    `≤ ${formatQuantity(spec.unit, heat?.edges[row + 1] ?? 0)}`;
  return {
    columns: [
      ...spec.columns.map(({ label, unit }) => ({ label, unit })),
      ...rowsOfHeat.map((row) => ({ label: label(row), unit: 'count' as const })),
    ],
    rows: spec.timesMs.map((fromMs, step) => ({
      fromMs,
      values: [
        ...spec.columns.map(({ values }) => values[step] ?? null),
        ...rowsOfHeat.map((row) => heat?.cells[step]?.[row] ?? 0),
      ],
    })),
  };
}

/** RFC 4180, with the start of each step in UTC (ISO 8601), bare numbers, and nothing where there is no value. */
export function chartCsv(spec: ChartSpec): string {
  const { columns, rows } = chartTable(spec);
  return csvText([
    ['time', ...columns.map(({ label, unit }) => `${label} (${unitName(unit)})`)],
    ...rows.map(({ fromMs, values }) => [new Date(fromMs).toISOString(), ...values]),
  ]);
}

export function csvText(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function filledRows(cells: readonly (readonly number[])[]): number[] {
  const rows = new Set<number>();
  for (const column of cells) {
    column.forEach((count, row) => {
      if (count > 0) rows.add(row);
    });
  }
  return [...rows].sort((a, b) => a - b);
}
