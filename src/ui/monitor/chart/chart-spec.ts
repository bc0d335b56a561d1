/** What a chart over time shows, as data: the drawing, the tooltip, the table, the CSV and the summary all come from it. */
import type { Series, TimeRange } from '../../../core/metrics/dashboard-shape.ts';
import type { Unit } from '../quantity.ts';

/** Colours by name; each has a custom property `--tone-…`, in light and in dark. */
export const TONES = ['blue', 'orange', 'teal', 'violet', 'ochre', 'grey', 'red'] as const;

export type Tone = (typeof TONES)[number];

/** Fills that differ without their colour. */
export type Hatch = 'solid' | 'rising' | 'falling' | 'level' | 'dots' | 'cross';

export type Mark =
  /** `dash` as a canvas takes it, in CSS pixels; empty is a full line. */
  | { readonly kind: 'line'; readonly tone: Tone; readonly dash: readonly number[] }
  /** Bars stand on each other in the order of the columns. */
  | { readonly kind: 'bar'; readonly tone: Tone; readonly hatch: Hatch };

export interface Column {
  readonly label: string;
  readonly unit: Unit;
  readonly values: Series;
  /** null: not drawn, only told. */
  readonly mark: Mark | null;
}

/** The area between two columns, by their index. */
export interface Band {
  readonly lower: number;
  readonly upper: number;
  readonly tone: Tone;
  readonly opacity: number;
  readonly label: string;
}

/** A line across the whole chart. */
export interface Level {
  readonly value: number;
  /** Written at the line: `objective < 2 s`. */
  readonly label: string;
  /** null is in the colour of the text: an objective. */
  readonly tone: Tone | null;
}

/** A part of time that is shaded, such as one in which an alert fired. */
export interface Shade extends TimeRange {
  readonly tone: Tone;
}

/** Counts by time and value. */
export interface Heat {
  /** Lower edge of the lowest row, then the upper edge of each; geometric, in the chart's unit. */
  readonly edges: readonly number[];
  /** [step][row]. */
  readonly cells: readonly (readonly number[])[];
  readonly max: number;
}

export interface ChartSpec {
  readonly id: string;
  readonly title: string;
  /** One sentence: what is measured. */
  readonly about: string;
  /** What the figure shows, in sentences. */
  readonly summary: string;
  readonly unit: Unit;
  readonly range: TimeRange;
  readonly stepMs: number;
  readonly timesMs: readonly number[];
  readonly columns: readonly Column[];
  readonly bands: readonly Band[];
  readonly levels: readonly Level[];
  readonly scale: 'linear' | 'log';
  /** The ends of a linear axis where they are known beforehand, such as 0 and 1 for shares; null follows the values. */
  readonly bounds: readonly [minimum: number, maximum: number] | null;
  readonly heat: Heat | null;
  /** What shades mean, for the legend; they are told of in the summary too. */
  readonly shades?: { readonly label: string; readonly spans: readonly Shade[] } | undefined;
}

/** The span of one step. */
export function stepRange(spec: ChartSpec, index: number): TimeRange {
  const fromMs = spec.timesMs[index] ?? spec.range.fromMs;
  return { fromMs, toMs: fromMs + spec.stepMs };
}

/** Whether there is anything to draw. */
export function hasData(spec: ChartSpec): boolean {
  return spec.heat === null ? spec.columns.some(isDrawn) : spec.heat.max > 0;
}

/** Whether anything of a column is to be seen. */
export function isDrawn({ mark, values }: Column): boolean {
  if (mark === null) return false;
  return values.some((value) => value !== null && (mark.kind === 'line' || value > 0));
}
