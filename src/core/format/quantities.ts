/** Numbers as people read them. Sizes are decimal (1 MB = 10^6 bytes), as browsers and disks count them. */

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `82.4 MB`; three figures that count. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 999.5 would be rounded to "1000 kB".
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** `240 ms`, `3.2 s`, `1 min 05 s`, `2 h 04 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** For time left, where tenths would only flicker: `less than 5 s`, `40 s`, `3 min`. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 5) return 'less than 5 s';
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5} s`;
  if (seconds < 3570) return `${Math.max(1, Math.round(seconds / 60))} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Windows and how long something has lasted, in one unit: `40 s`, `12 min`, `24 h`, `7 d`. */
export function formatTimeSpan(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** `18.3`, `112`; one decimal below 100. */
export function formatRate(perSecond: number): string {
  return perSecond.toFixed(perSecond < 99.95 ? 1 : 0);
}

/** `now`, `5 min ago`, `3 h ago`, `yesterday`, `4 d ago`, else the date as `2026-11-24`. */
export function formatAge(thenEpochMs: number, nowEpochMs: number): string {
  const minutes = Math.floor((nowEpochMs - thenEpochMs) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  if (days === 1) return 'yesterday';
  return days < 14 ? `${days} d ago` : new Date(thenEpochMs).toISOString().slice(0, 10);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
