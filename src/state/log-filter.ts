/** Which log lines the Logs page shows, as the query of its address. */
import { LOG_LEVELS, type LogLevel } from '../contracts/log-line.ts';
import { traceIdOf } from '../core/trace/trace-ids.ts';

export interface LogFilter {
  /** This level and the ones above it. */
  readonly level: LogLevel;
  readonly text: string;
  /** 32 hexadecimal digits; null shows the lines of all. */
  readonly traceId: string | null;
}

/** Takes what is valid and the defaults for the rest: an address is not a form. */
export function parseLogFilter(query: URLSearchParams): LogFilter {
  const trace = traceIdOf(query.get('trace') ?? '');
  return {
    level: LOG_LEVELS.find((level) => level === query.get('level')) ?? 'debug',
    text: query.get('q') ?? '',
    traceId: /^[0-9a-f]{32}$/u.test(trace) ? trace : null,
  };
}

/** Defaults are left out. */
export function formatLogFilter({ level, text, traceId }: LogFilter): URLSearchParams {
  const query = new URLSearchParams();
  if (level !== 'debug') query.set('level', level);
  if (text !== '') query.set('q', text);
  if (traceId !== null) query.set('trace', traceId);
  return query;
}
