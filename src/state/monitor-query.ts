/** What the Monitor page shows, as the query of its address: a link to it shows the same to whoever opens it. */
import { OUTCOMES } from '../contracts/request-record.ts';
import { RESOLUTION_MS, type Resolution } from '../contracts/rollup.ts';
import {
  WINDOWS,
  type DashboardFilter,
  type TimeRange,
  type WindowName,
} from '../core/metrics/dashboard-shape.ts';
import { rowResolution, windowRange } from '../core/metrics/time-steps.ts';

export interface MonitorQuery {
  readonly window: WindowName;
  /** A part of time that was chosen in place of the window; null shows the window. */
  readonly zoom: TimeRange | null;
  /** Wall clock at which the window stands still; null where it goes on. */
  readonly pausedAtMs: number | null;
  readonly filter: DashboardFilter;
  /** Whether the latency chart's axis is logarithmic. */
  readonly isLog: boolean;
}

export const NO_FILTER: DashboardFilter = { model: null, backend: null, outcome: null };

const DEFAULT_WINDOW: WindowName = '1h';
const DAY_MS = 86_400_000;
/** Rows per minute are kept for 48 h; what is older has rows per hour only. */
const MINUTES_KEPT_MS = 2 * DAY_MS;
/** A chart of fewer steps says nothing. */
const FEWEST_STEPS = 5;
const LONGEST_ZOOM_MS = 90 * DAY_MS;
/** Dates beyond are not dates. */
const LAST_DATE_MS = 8.64e15;

/** Takes what is valid and the defaults for the rest: an address is not a form. */
export function parseMonitorQuery(query: URLSearchParams): MonitorQuery {
  const window = WINDOWS.find((name) => name === query.get('window')) ?? DEFAULT_WINDOW;
  const outcome = OUTCOMES.find((name) => name === query.get('outcome')) ?? null;
  return {
    window,
    zoom: parseRange(query.get('from'), query.get('to')),
    pausedAtMs: parseTime(query.get('at')),
    filter: { model: query.get('model'), backend: query.get('backend'), outcome },
    isLog: query.get('scale') === 'log',
  };
}

/** Defaults are left out. */
export function formatMonitorQuery(shown: MonitorQuery): URLSearchParams {
  const query = new URLSearchParams();
  if (shown.window !== DEFAULT_WINDOW) query.set('window', shown.window);
  if (shown.zoom !== null) {
    query.set('from', String(shown.zoom.fromMs));
    query.set('to', String(shown.zoom.toMs));
  }
  if (shown.pausedAtMs !== null) query.set('at', String(shown.pausedAtMs));
  for (const [name, value] of Object.entries(shown.filter) as [string, string | null][]) {
    if (value !== null) query.set(name, value);
  }
  if (shown.isLog) query.set('scale', 'log');
  return query;
}

/** The part of time that is shown at `nowMs`. */
export function shownRange({ zoom, window, pausedAtMs }: MonitorQuery, nowMs: number): TimeRange {
  return zoom === null ? windowRange(window, pausedAtMs ?? nowMs) : snapRange(zoom, nowMs);
}

/** Rows of which a range is made: the finest that are still kept and are not too many. */
export function resolutionOf(
  { fromMs, toMs }: TimeRange,
  nowMs: number,
): Exclude<Resolution, 'total'> {
  return fromMs >= nowMs - MINUTES_KEPT_MS ? rowResolution(toMs - fromMs) : 'hour';
}

/** A range that somebody drew with a mouse, as one that can be shown: on whole rows, and of a few steps at least. */
export function snapRange({ fromMs, toMs }: TimeRange, nowMs: number): TimeRange {
  const stepMs = RESOLUTION_MS[resolutionOf({ fromMs, toMs }, nowMs)];
  const first = Math.floor(Math.max(fromMs, toMs - LONGEST_ZOOM_MS) / stepMs);
  const last = Math.ceil(toMs / stepMs);
  const missing = Math.max(0, FEWEST_STEPS - (last - first));
  const before = Math.floor(missing / 2);
  return { fromMs: (first - before) * stepMs, toMs: (last + missing - before) * stepMs };
}

function parseRange(from: string | null, to: string | null): TimeRange | null {
  const fromMs = parseTime(from);
  const toMs = parseTime(to);
  if (fromMs === null || toMs === null) return null;
  return toMs > fromMs && toMs - fromMs <= LONGEST_ZOOM_MS ? { fromMs, toMs } : null;
}

function parseTime(text: string | null): number | null {
  if (text === null || !/^\d{1,16}$/u.test(text)) return null;
  const timeMs = Number(text);
  return timeMs <= LAST_DATE_MS ? timeMs : null;
}
