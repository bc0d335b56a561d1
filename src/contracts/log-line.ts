/** A structured log line. Fields come from an allow-list of each message: lengths, counts, codes; never content. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];

export interface LogLine {
  /** Wall clock. */
  readonly atEpochMs: number;
  readonly level: LogLevel;
  /** A sentence or event name that is the same each time; what varies is in the fields. */
  readonly message: string;
  /** The folder of the source that said it, such as `bridge` or `monitor`. */
  readonly module: string;
  /** 32 hexadecimal digits: the request's id without dashes; null outside of requests. */
  readonly traceId: string | null;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** A line that is kept; ids ascend. */
export interface StoredLogLine extends LogLine {
  readonly id: number;
}
