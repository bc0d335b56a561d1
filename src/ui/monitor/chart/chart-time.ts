/** Times on charts: 24-hour local time, and UTC beside it where there is room. */
import type { TimeRange } from '../../../core/metrics/dashboard-shape.ts';

const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const DAY = { day: 'numeric', month: 'short' } as const;

const localTime = new Intl.DateTimeFormat('en-GB', TIME);
const localSeconds = new Intl.DateTimeFormat('en-GB', { ...TIME, second: '2-digit' });
const localDay = new Intl.DateTimeFormat('en-GB', DAY);
const utcTime = new Intl.DateTimeFormat('en-GB', { ...TIME, timeZone: 'UTC' });
const utcDay = new Intl.DateTimeFormat('en-GB', { ...DAY, timeZone: 'UTC' });

const DAY_MS = 86_400_000;

/** `14:02`, or `24 Nov 14:02` where a range reaches over more than a day. */
export function formatMoment(epochMs: number, { fromMs, toMs }: TimeRange): string {
  const time = localTime.format(epochMs);
  return toMs - fromMs <= DAY_MS ? time : `${localDay.format(epochMs)} ${time}`;
}

/** `14:02:09`. */
export function formatTimeWithSeconds(epochMs: number): string {
  return localSeconds.format(epochMs);
}

/** `24 Nov 14:02–14:03`; the second day is named only where it is another. */
export function formatSpan({ fromMs, toMs }: TimeRange): string {
  return span(localDay, localTime, fromMs, toMs);
}

/** The same in UTC: `24 Nov 13:02–13:03 UTC`. */
export function formatSpanUtc({ fromMs, toMs }: TimeRange): string {
  return `${span(utcDay, utcTime, fromMs, toMs)} UTC`;
}

function span(
  day: Intl.DateTimeFormat,
  time: Intl.DateTimeFormat,
  fromMs: number,
  toMs: number,
): string {
  const firstDay = day.format(fromMs);
  const lastDay = day.format(toMs);
  const end = firstDay === lastDay ? time.format(toMs) : `${lastDay} ${time.format(toMs)}`;
  return `${firstDay} ${time.format(fromMs)}–${end}`;
}

/** Labels of a time axis: days where a step is a day, else times, with the day under the first one and at midnight. */
export function timeLabels(timesMs: readonly number[], incrementMs: number): string[] {
  if (incrementMs >= DAY_MS) return timesMs.map((timeMs) => localDay.format(timeMs));
  return timesMs.map((timeMs, index) => {
    const before = timesMs[index - 1];
    const day = localDay.format(timeMs);
    const isNewDay = before === undefined || localDay.format(before) !== day;
    return isNewDay ? `${localTime.format(timeMs)}\n${day}` : localTime.format(timeMs);
  });
}

/** How long a step is, in words: `1 min`, `15 s`, `4 h`. */
export function formatStep(stepMs: number): string {
  if (stepMs < 60_000) return `${stepMs / 1000} s`;
  if (stepMs < 3_600_000) return `${stepMs / 60_000} min`;
  return stepMs < DAY_MS ? `${stepMs / 3_600_000} h` : `${stepMs / DAY_MS} d`;
}
