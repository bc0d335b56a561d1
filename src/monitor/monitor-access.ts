/** What the rest of the page may do with monitoring: read what was measured, hear of changes, and log. */
import type { LogLevel, LogLine } from '../contracts/log-line.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { LogMessage } from './log-messages.ts';

/** Writes a log line; never throws and never waits. Fields that the message does not have are left out. */
export type Log = (
  level: LogLevel,
  module: string,
  message: LogMessage,
  fields?: LogLine['fields'],
  traceId?: string | null,
) => void;

export interface MonitorAccess {
  readonly store: MonitorStore;
  readonly log: Log;
  /** Of this page load. */
  readonly pageId: string;
  /** Wall clock: when this page was opened. */
  readonly startedAtEpochMs: number;
  /** Calls back after something was measured, in this tab or another, at most four times a second; returns how to end that. */
  onChange(callback: () => void): () => void;
}
