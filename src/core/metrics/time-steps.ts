/** How a range of time is cut into the steps of a chart. */
import { RESOLUTION_MS, type Resolution } from '../../contracts/rollup.ts';
import { WINDOW_MS, type TimeRange, type WindowName } from './dashboard-shape.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR_MS),
];

/** More would be narrower than a chart's line is wide. */
const MOST_STEPS = 180;
/** What is longer is made of rows per hour, or it would be too many. */
const LONGEST_BY_MINUTE_MS = DAY_MS;

/** The rows of which a range of that length is made, as long as they are kept. */
export function rowResolution(lengthMs: number): Exclude<Resolution, 'total'> {
  return lengthMs <= LONGEST_BY_MINUTE_MS ? 'minute' : 'hour';
}

/** The finest step that is made of whole rows and gives at most 180 of them. */
export function stepMsOf(lengthMs: number, resolution: Exclude<Resolution, 'total'>): number {
  const fits = (step: number) => step >= RESOLUTION_MS[resolution] && lengthMs / step <= MOST_STEPS;
  return STEPS_MS.find(fits) ?? Math.ceil(lengthMs / MOST_STEPS / DAY_MS) * DAY_MS;
}

/**
 * The window that ends with the step in which `nowMs` is. It begins and ends with whole steps, so that a count belongs to
 * the same step whenever somebody looks, and rows and records of the range are of the same requests.
 */
export function windowRange(window: WindowName, nowMs: number): TimeRange {
  const lengthMs = WINDOW_MS[window];
  const stepMs = stepMsOf(lengthMs, rowResolution(lengthMs));
  const toMs = (Math.floor(nowMs / stepMs) + 1) * stepMs;
  return { fromMs: toMs - lengthMs, toMs };
}

export class TimeSteps {
  /** On whole rows: no smaller than what was asked for. */
  readonly range: TimeRange;
  readonly stepMs: number;
  /** Start of each step. */
  readonly timesMs: readonly number[];

  constructor(range: TimeRange, resolution: Exclude<Resolution, 'total'>) {
    const rowMs = RESOLUTION_MS[resolution];
    const fromMs = Math.floor(range.fromMs / rowMs) * rowMs;
    const toMs = Math.ceil(range.toMs / rowMs) * rowMs;
    this.range = { fromMs, toMs };
    this.stepMs = stepMsOf(toMs - fromMs, resolution);
    const length = Math.ceil((toMs - fromMs) / this.stepMs);
    this.timesMs = Array.from({ length }, (_, step) => fromMs + step * this.stepMs);
  }

  /** Which step a moment is in; null outside of the range. */
  indexOf(epochMs: number): number | null {
    const { fromMs, toMs } = this.range;
    if (epochMs < fromMs || epochMs >= toMs) return null;
    return Math.floor((epochMs - fromMs) / this.stepMs);
  }
}
