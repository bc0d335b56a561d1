/** Which log lines a query finds. */
import { LOG_LEVELS, type LogLine } from '../contracts/log-line.ts';
import type { LogQuery } from './monitor-port.ts';

/** Returns a test for the level, the words and the trace id of a query. */
export function logMatcher({
  level,
  text,
  traceId,
}: Pick<LogQuery, 'level' | 'text' | 'traceId'>): (line: LogLine) => boolean {
  const leastLevel = LOG_LEVELS.indexOf(level);
  const words = text.toLowerCase().split(/\s+/u).filter(Boolean);
  return (line) => {
    if (LOG_LEVELS.indexOf(line.level) < leastLevel) return false;
    if (traceId !== null && line.traceId !== traceId) return false;
    if (words.length === 0) return true;
    const fields = Object.entries(line.fields).map(([name, value]) => `${name} ${String(value)}`);
    const searched = [line.message, line.module, line.traceId ?? '', ...fields]
      .join('\n')
      .toLowerCase();
    return words.every((word) => searched.includes(word));
  };
}
