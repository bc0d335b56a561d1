/**
 * Monitoring's data for as long as the page lives: where storage is denied, and for what the disk does not take at the
 * moment. Bounded; what it has to let go is told.
 */
import type { Result } from '../contracts/failure.ts';
import type { LogLine, StoredLogLine } from '../contracts/log-line.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import type { Rollup, RollupDelta } from '../contracts/rollup.ts';
import { figuresOf, type EndedFigures } from '../core/metrics/ended-figures.ts';
import type { StoredRollup } from './schema.ts';
import type { KeptElsewhere } from './indexed-db-monitor.ts';
import { logMatcher } from './log-query.ts';
import type {
  EndedQuery,
  LogQuery,
  MonitorStore,
  Pruned,
  RecordQuery,
  RetentionLimits,
  RollupQuery,
} from './monitor-port.ts';
import { estimateRecordBytes } from './record-size.ts';
import { changeRow, compareRows, rowChanges, storedResolution, toRollup } from './rollup-rows.ts';

export interface MemoryMonitorOptions {
  readonly maxRecords?: number;
  readonly maxMinuteRows?: number;
  readonly maxLogLines?: number;
  /** Ids of log lines start after it. */
  readonly firstLogId?: number;
  /** Records or log lines that had to go because there were too many. */
  readonly onDropped?: (signal: 'record' | 'log', count: number) => void;
}

export class MemoryMonitor implements MonitorStore {
  readonly isPersistent = false;
  readonly #maxRecords: number;
  readonly #maxMinuteRows: number;
  readonly #maxLogLines: number;
  readonly #onDropped: (signal: 'record' | 'log', count: number) => void;
  /** In the order in which they were opened. */
  readonly #records = new Map<string, RequestRecord>();
  readonly #rows = new Map<string, StoredRollup>();
  #logs: StoredLogLine[] = [];
  #lastLogId: number;

  constructor(options: MemoryMonitorOptions = {}) {
    this.#maxRecords = options.maxRecords ?? 2_000;
    this.#maxMinuteRows = options.maxMinuteRows ?? 6_000;
    this.#maxLogLines = options.maxLogLines ?? 2_000;
    this.#lastLogId = options.firstLogId ?? 0;
    this.#onDropped = options.onDropped ?? (() => {});
  }

  get isEmpty(): boolean {
    return this.#records.size === 0 && this.#rows.size === 0 && this.#logs.length === 0;
  }

  has(id: string): boolean {
    return this.#records.has(id);
  }

  /** Everything, for a store that can take it now. */
  everything(): KeptElsewhere {
    return {
      records: [...this.#records.values()],
      rollups: [...this.#rows.values()],
      logs: this.#logs.map(({ id: _, ...line }) => line),
    };
  }

  open(record: RequestRecord, delta: RollupDelta): Promise<Result<void>> {
    this.#put(record);
    this.#add([delta]);
    return done(undefined);
  }

  close(record: RequestRecord, deltas: readonly RollupDelta[]): Promise<Result<boolean>> {
    const before = this.#records.get(record.id);
    if (before?.endedAtEpochMs !== null) return done(false);
    return this.closeUnseen(record, deltas);
  }

  /** Keeps an ended record whose open one is in another store. */
  closeUnseen(record: RequestRecord, deltas: readonly RollupDelta[]): Promise<Result<boolean>> {
    // It has not reached a disk.
    this.#put({ ...record, timestamps: { ...record.timestamps, storedMs: null } });
    this.#add(deltas);
    return done(true);
  }

  amend(
    id: string,
    change: Partial<Pick<RequestRecord, 'similarity' | 'timestamps'>>,
    delta: RollupDelta | null,
  ): Promise<Result<boolean>> {
    const before = this.#records.get(id);
    if (before === undefined || before.endedAtEpochMs === null) return done(false);
    this.#records.set(id, { ...before, ...change });
    if (delta !== null) this.#add([delta]);
    return done(true);
  }

  add(deltas: readonly RollupDelta[]): Promise<Result<void>> {
    this.#add(deltas);
    return done(undefined);
  }

  rollups(query: RollupQuery): Promise<Result<readonly Rollup[]>> {
    const { fromMs, toMs, limit } = query;
    const resolution = storedResolution(query);
    const rows = [...this.#rows.values()].filter(
      (row) =>
        row.resolution === resolution &&
        (resolution === 'total' || (row.startMs >= fromMs && row.startMs < toMs)),
    );
    return done(rows.map(toRollup).sort(compareRows).slice(0, limit));
  }

  record(id: string): Promise<Result<RequestRecord | null>> {
    return done(this.#records.get(id) ?? null);
  }

  records({
    fromMs,
    toMs,
    limit,
    order,
    outcome,
  }: RecordQuery): Promise<Result<readonly RequestRecord[]>> {
    const wanted = outcome === 'active' ? null : outcome;
    const found = [...this.#records.values()]
      .filter(
        (record) =>
          record.acceptedAtEpochMs >= fromMs &&
          record.acceptedAtEpochMs < toMs &&
          (wanted === undefined || record.outcome === wanted),
      )
      .sort((a, b) => a.acceptedAtEpochMs - b.acceptedAtEpochMs);
    if (order === 'newest-first') found.reverse();
    return done(found.slice(0, Math.max(limit, 0)));
  }

  endedRecords({ fromMs, toMs, limit }: EndedQuery): Promise<Result<readonly RequestRecord[]>> {
    const found = [...this.#records.values()]
      .filter(
        ({ endedAtEpochMs }) =>
          endedAtEpochMs !== null && endedAtEpochMs >= fromMs && endedAtEpochMs < toMs,
      )
      .sort((a, b) => (a.endedAtEpochMs ?? 0) - (b.endedAtEpochMs ?? 0));
    return done(found.slice(0, Math.max(limit, 0)));
  }

  async endedFigures(query: EndedQuery): Promise<Result<readonly EndedFigures[]>> {
    const ended = await this.endedRecords(query);
    return ended.ok ? { ok: true, value: figuresOf(ended.value) } : ended;
  }

  activeRecords(): Promise<Result<readonly RequestRecord[]>> {
    return done([...this.#records.values()].filter((record) => record.endedAtEpochMs === null));
  }

  countRecords(): Promise<Result<number>> {
    return done(this.#records.size);
  }

  appendLogs(lines: readonly LogLine[]): Promise<Result<void>> {
    this.#logs.push(...lines.map((line) => ({ ...line, id: ++this.#lastLogId })));
    const excess = this.#logs.length - this.#maxLogLines;
    if (excess > 0) {
      this.#logs = this.#logs.slice(excess);
      this.#onDropped('log', excess);
    }
    return done(undefined);
  }

  logs(query: LogQuery): Promise<Result<readonly StoredLogLine[]>> {
    const { beforeId, limit } = query;
    const isFound = logMatcher(query);
    const found = this.#logs
      .filter((line) => (beforeId === null || line.id < beforeId) && isFound(line))
      .reverse();
    return done(found.slice(0, Math.max(limit, 0)));
  }

  prune(limits: RetentionLimits): Promise<Result<Pruned>> {
    const ended = [...this.#records.values()]
      .filter((record) => record.endedAtEpochMs !== null)
      .sort((a, b) => (a.endedAtEpochMs ?? 0) - (b.endedAtEpochMs ?? 0));
    let bytes = ended.reduce((sum, record) => sum + estimateRecordBytes(record), 0);
    let excess = this.#records.size - limits.maxRecords;
    let records = 0;
    for (const record of ended) {
      const isOld = (record.endedAtEpochMs ?? 0) < limits.recordsBeforeMs;
      if (!isOld && excess <= 0 && bytes <= limits.maxRecordBytes) break;
      bytes -= estimateRecordBytes(record);
      excess -= 1;
      records += 1;
      this.#records.delete(record.id);
    }
    const beforeMs = {
      minute: limits.minutesBeforeMs,
      'ten-minutes': limits.minutesBeforeMs,
      hour: limits.hoursBeforeMs,
      total: 0,
    };
    const oldRows = [...this.#rows].filter(([, row]) => row.startMs < beforeMs[row.resolution]);
    for (const [key] of oldRows) this.#rows.delete(key);
    const kept = this.#logs
      .filter((line) => line.atEpochMs >= limits.logsBeforeMs)
      .slice(-limits.maxLogLines);
    const logLines = this.#logs.length - kept.length;
    this.#logs = kept;
    return done({ records, rollups: oldRows.length, logLines });
  }

  clear(): Promise<Result<void>> {
    this.#records.clear();
    this.#rows.clear();
    this.#logs = [];
    return done(undefined);
  }

  #put(record: RequestRecord): void {
    this.#records.set(record.id, record);
    if (this.#records.size <= this.#maxRecords) return;
    // An active request is never let go: its end would be counted without it.
    for (const [id, { endedAtEpochMs }] of this.#records) {
      if (endedAtEpochMs === null || id === record.id) continue;
      this.#records.delete(id);
      this.#onDropped('record', 1);
      return;
    }
  }

  #add(deltas: readonly RollupDelta[]): void {
    for (const change of rowChanges(deltas)) {
      const row = this.#rows.get(change.id);
      this.#rows.set(change.id, changeRow(row, change));
      if (row === undefined && change.empty.resolution === 'minute') this.#dropOldMinutes();
    }
  }

  /** Hours and totals have them too, so nothing that was counted gets lost. */
  #dropOldMinutes(): void {
    const minutes = [...this.#rows].filter(([, row]) => row.resolution === 'minute');
    if (minutes.length <= this.#maxMinuteRows) return;
    minutes.sort(([, a], [, b]) => a.startMs - b.startMs);
    for (const [id] of minutes.slice(0, minutes.length - this.#maxMinuteRows)) {
      this.#rows.delete(id);
    }
  }
}

function done<T>(value: T): Promise<Result<T>> {
  return Promise.resolve({ ok: true, value });
}
