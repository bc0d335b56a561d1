/**
 * Where monitoring keeps what it measures. IndexedDB implements it, and memory where storage is denied. No call throws:
 * failures are `store/unavailable` or `store/quota-exceeded`.
 */
import type { Result } from '../contracts/failure.ts';
import type { LogLevel, LogLine, StoredLogLine } from '../contracts/log-line.ts';
import type { Outcome, RequestRecord } from '../contracts/request-record.ts';
import type { Resolution, Rollup, RollupDelta } from '../contracts/rollup.ts';
import type { EndedFigures } from '../core/metrics/ended-figures.ts';

export interface RollupQuery {
  readonly resolution: Resolution;
  /** Rows that start in [fromMs, toMs); ignored for totals. */
  readonly fromMs: number;
  readonly toMs: number;
  /**
   * Rows per minute may come merged into rows of up to so long, each with the start of its span: fewer to read, where
   * that is as fine as a chart gets. Left out, they do not.
   */
  readonly coarsestMs?: number;
  /**
   * The histograms of all rows of a span may be in the first of them: far less to read, for sums in which all dimensions
   * are together. Left out, each row has its own.
   */
  readonly isMerged?: boolean;
  /** At most so many rows, the oldest; left out, all. Of merged rows, at most so many spans. */
  readonly limit?: number;
}

export interface RecordQuery {
  /** Accepted in [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
  readonly order: 'newest-first' | 'oldest-first';
  readonly outcome?: Outcome | 'active';
}

export interface EndedQuery {
  /** Ended in [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

export interface LogQuery {
  /** This level and the ones above it. */
  readonly level: LogLevel;
  /** Every word must occur in message, module or fields; empty finds everything. */
  readonly text: string;
  readonly traceId: string | null;
  /** Newest first, at most so many. */
  readonly limit: number;
  /** Only lines older than this id; null starts with the newest. */
  readonly beforeId: number | null;
}

export interface RetentionLimits {
  /** Records that ended before this are deleted, and rows and log lines older than theirs. */
  readonly recordsBeforeMs: number;
  readonly maxRecords: number;
  readonly maxRecordBytes: number;
  readonly minutesBeforeMs: number;
  readonly hoursBeforeMs: number;
  readonly logsBeforeMs: number;
  readonly maxLogLines: number;
}

export interface Pruned {
  readonly records: number;
  readonly rollups: number;
  readonly logLines: number;
}

/**
 * Lines that are not on the disk have ids from here on, above any that the disk gives out: they are newer than those. On
 * the disk they get others.
 */
export const FIRST_MEMORY_LOG_ID = 2 ** 40;

export interface MonitorStore {
  /** False where everything lasts only as long as the page. */
  readonly isPersistent: boolean;
  /** Writes the record of a request that was accepted, and what that adds to the rollups, in one transaction. */
  open(record: RequestRecord, delta: RollupDelta): Promise<Result<void>>;
  /**
   * Replaces the open record by its ended one and adds to the rollups, in one transaction. Resolves to false, and
   * changes nothing, where the record has ended already. `storedMs` is to be when the record is handed over; the disk
   * adds the time that it takes to write it.
   */
  close(record: RequestRecord, deltas: readonly RollupDelta[]): Promise<Result<boolean>>;
  /** Adds to an ended record what was found out later, and to the rollups; false where it is gone. */
  amend(
    id: string,
    change: Partial<Pick<RequestRecord, 'similarity' | 'timestamps'>>,
    delta: RollupDelta | null,
  ): Promise<Result<boolean>>;
  /** Adds to the rollups only. */
  add(deltas: readonly RollupDelta[]): Promise<Result<void>>;
  /** By start, then dimensions. */
  rollups(query: RollupQuery): Promise<Result<readonly Rollup[]>>;
  record(id: string): Promise<Result<RequestRecord | null>>;
  records(query: RecordQuery): Promise<Result<readonly RequestRecord[]>>;
  /** Ended records, oldest end first. */
  endedRecords(query: EndedQuery): Promise<Result<readonly RequestRecord[]>>;
  /**
   * What exact percentiles are taken from, oldest end first; of requests that ended long ago, or before there was this,
   * only their records may be left.
   */
  endedFigures(query: EndedQuery): Promise<Result<readonly EndedFigures[]>>;
  /** Of all pages. */
  activeRecords(): Promise<Result<readonly RequestRecord[]>>;
  countRecords(): Promise<Result<number>>;
  appendLogs(lines: readonly LogLine[]): Promise<Result<void>>;
  logs(query: LogQuery): Promise<Result<readonly StoredLogLine[]>>;
  prune(limits: RetentionLimits): Promise<Result<Pruned>>;
  /** Deletes everything that was measured, totals included. */
  clear(): Promise<Result<void>>;
}
