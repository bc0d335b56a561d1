/**
 * Writes log lines in batches. A page that fails in a loop does not fill the disk: what comes too fast is counted and
 * dropped.
 */
import type { LogLevel, LogLine } from '../contracts/log-line.ts';
import type { DropReason } from '../core/metrics/metric-labels.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import { LOG_MESSAGES } from './log-messages.ts';
import type { Log } from './monitor-access.ts';

export interface LogWriterOptions {
  readonly store: Pick<MonitorStore, 'appendLogs'>;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  readonly epochNow: () => number;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Lines of the level `debug` are written. */
  readonly isDebug: () => boolean;
  /** Somebody looks at the log in this page. */
  readonly isHeard: () => boolean;
  readonly onDropped: (reason: DropReason, lines: number) => void;
}

/** Lines of trouble, and all lines while somebody looks. */
const FLUSH_SOON_MS = 500;
const FLUSH_AFTER_MS = 5_000;
const FLUSH_AT_LINES = 100;
/** Lines at once, and per second on average. */
const BURST = 300;
const LINES_PER_SECOND = 20;
/** Identifiers and codes; a longer text would be something else. */
const MAX_FIELD_CHARS = 120;

export class LogWriter {
  readonly #options: LogWriterOptions;
  #lines: LogLine[] = [];
  #callOff: (() => void) | null = null;
  #flushAtMs = Infinity;
  #allowance = BURST;
  #allowedAtMs: number;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#allowedAtMs = options.now();
  }

  readonly write: Log = (level, module, message, fields = {}, traceId = null) => {
    const { epochNow, isDebug, isHeard, onDropped } = this.#options;
    if (level === 'debug' && !isDebug()) return;
    // The compiler knows the messages, but a caller may not have been checked by it.
    if (!Object.hasOwn(LOG_MESSAGES, message)) return onDropped('redaction', 1);
    if (!this.#isAllowed()) return onDropped('ratelimit_backoff', 1);
    this.#lines.push({
      atEpochMs: epochNow(),
      level,
      message,
      module,
      traceId,
      fields: allowedFields(LOG_MESSAGES[message], fields),
    });
    if (this.#lines.length >= FLUSH_AT_LINES) this.flush();
    else this.#flushAfter(isTrouble(level) || isHeard() ? FLUSH_SOON_MS : FLUSH_AFTER_MS);
  };

  /** Hands over what has been collected; also for when the page may be about to go. */
  flush(): void {
    this.#callOff?.();
    this.#callOff = null;
    this.#flushAtMs = Infinity;
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    // What it cannot keep, it counts.
    void this.#options.store.appendLogs(lines);
  }

  /** Unless it is due sooner. */
  #flushAfter(ms: number): void {
    const { now, after } = this.#options;
    const atMs = now() + ms;
    if (this.#flushAtMs <= atMs) return;
    this.#flushAtMs = atMs;
    this.#callOff?.();
    this.#callOff = after(ms, () => this.flush());
  }

  #isAllowed(): boolean {
    const nowMs = this.#options.now();
    const earned = ((nowMs - this.#allowedAtMs) / 1000) * LINES_PER_SECOND;
    this.#allowance = Math.min(BURST, this.#allowance + earned);
    this.#allowedAtMs = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }
}

function isTrouble(level: LogLevel): boolean {
  return level === 'warn' || level === 'error';
}

function allowedFields(names: readonly string[], fields: LogLine['fields']): LogLine['fields'] {
  const allowed: Record<string, string | number | boolean | null> = {};
  for (const name of names) {
    const value = fields[name];
    if (value === undefined) continue;
    allowed[name] = typeof value === 'string' ? value.slice(0, MAX_FIELD_CHARS) : value;
  }
  return allowed;
}
