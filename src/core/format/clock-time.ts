/** Moments as people read them: 24 hours, local time; and in UTC where it has to be exact. */

const TIME = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;

const localTime = new Intl.DateTimeFormat('en-GB', TIME);
const localMillis = new Intl.DateTimeFormat('en-GB', { ...TIME, fractionalSecondDigits: 3 });
const localDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const localYearDay = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

/** `14:02:09` of today, else `23 Nov 14:02:09`, of another year `23 Nov 2025 14:02:09`. */
export function formatMoment(epochMs: number, nowEpochMs: number): string {
  const time = localTime.format(epochMs);
  if (localYearDay.format(epochMs) === localYearDay.format(nowEpochMs)) return time;
  const isThisYear = new Date(epochMs).getFullYear() === new Date(nowEpochMs).getFullYear();
  return `${(isThisYear ? localDay : localYearDay).format(epochMs)} ${time}`;
}

/** `14:02:09.512` */
export function formatClock(epochMs: number): string {
  return localMillis.format(epochMs);
}

/** `2026-11-24 13:02:09.512 UTC` */
export function formatUtc(epochMs: number): string {
  return `${new Date(epochMs).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}
