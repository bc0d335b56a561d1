/** What charts ask of the page that they are on. */
import { createContext } from 'svelte';
import type { TimeRange } from '../../../core/metrics/dashboard-shape.ts';
import type { ChartTheme } from './chart-theme.ts';

export interface ChartTools {
  /** Changes with the theme. */
  readonly theme: ChartTheme;
  /** Calls back once; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
  /** Copies a chart's numbers; `what` names them for the note that follows. */
  copy(text: string, what: string): void;
  /** Shows a part of time in all charts. */
  zoom(range: TimeRange): void;
  /** Goes to the requests of a part of time; null where they cannot be shown. */
  readonly showRequests: ((range: TimeRange) => void) | null;
}

export const [getChartTools, setChartTools] = createContext<ChartTools>();
