/** Log lines as text: one JSON object a line, as log collectors read them (NDJSON). */
import type { LogLine } from '../../contracts/log-line.ts';

/** Without a line break. The time is in UTC, to the millisecond. */
export function logLineText({
  atEpochMs,
  level,
  message,
  module,
  traceId,
  fields,
}: LogLine): string {
  return JSON.stringify({
    time: new Date(atEpochMs).toISOString(),
    level,
    message,
    module,
    trace_id: traceId,
    fields,
  });
}

/** Every line ends with a line break; empty for no lines. */
export function logFileText(lines: readonly LogLine[]): string {
  return lines.map((line) => `${logLineText(line)}\n`).join('');
}

/** `shellwright-logs-2026-11-24T13-02-09.ndjson`, in UTC; without colons, which some file systems refuse. */
export function logFileName(atEpochMs: number): string {
  const time = new Date(atEpochMs).toISOString().slice(0, 19).replaceAll(':', '-');
  return `shellwright-logs-${time}.ndjson`;
}
