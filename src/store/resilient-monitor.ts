/**
 * The store that the page uses: at once, while the database is still being opened, and whatever becomes of it. What the
 * disk does not take is kept in memory and moved there when it can be; reading gives both as one.
 */
import { failure, type Failure, type Result } from '../contracts/failure.ts';
import type { LogLine, StoredLogLine } from '../contracts/log-line.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import type { Rollup, RollupDelta } from '../contracts/rollup.ts';
import type { EndedFigures } from '../core/metrics/ended-figures.ts';
import type { DropReason, DropSignal } from '../core/metrics/metric-labels.ts';
import { mergeRollups } from '../core/metrics/rollup.ts';
import { storeFailure } from './attempt.ts';
import type { KeptElsewhere } from './indexed-db-monitor.ts';
import { MemoryMonitor } from './memory-monitor.ts';
import {
  FIRST_MEMORY_LOG_ID,
  type EndedQuery,
  type LogQuery,
  type MonitorStore,
  type Pruned,
  type RecordQuery,
  type RetentionLimits,
  type RollupQuery,
} from './monitor-port.ts';
import { compareRows, rowId } from './rollup-rows.ts';

/** A store on the disk, which can take over what was kept in memory meanwhile. */
export interface DiskMonitor extends MonitorStore {
  absorb(kept: KeptElsewhere): Promise<Result<void>>;
}

export interface ResilientMonitorOptions {
  /** May reject. `onClosed` is for a connection that ends by itself. */
  readonly open: (onClosed: () => void) => Promise<DiskMonitor>;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Something was written. */
  readonly onWritten: () => void;
  /** Why things are kept in memory only from now on; null when they are on the disk again. */
  readonly onTrouble: (failure: Failure | null) => void;
  readonly onDropped: (signal: DropSignal, reason: DropReason, count: number) => void;
}

/** An older version of the page in another tab can keep the database from being opened for as long as it is there. */
const OPEN_TIMEOUT_MS = 4_000;
/**
 * A disk that has not answered after all of these is given up for this page. On a machine that slept, the one under way is
 * over at once, and the disk gets its time after that; several, since a machine may wake more than once for a moment.
 */
const WAITS_FOR_WRITE = { count: 10, eachMs: 2_000 } as const;
/** Between attempts to write what the disk refused. */
const RETRY_AFTER_MS = 30_000;
/** Writes that may wait for a slow disk. */
const MAX_PENDING = 1_000;

export class ResilientMonitor implements MonitorStore {
  readonly #options: ResilientMonitorOptions;
  readonly #memory: MemoryMonitor;
  readonly #ready: Promise<void>;
  #disk: DiskMonitor | null = null;
  /** There is one, though it may be out of reach. */
  #hasDisk = false;
  #trouble: Failure | null = null;
  #retryAtMs = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;
  /** The newest write, where it adds to the rollups and has not begun: what is added meanwhile goes with it. */
  #waitingAdd: { readonly deltas: RollupDelta[]; readonly written: Promise<Result<void>> } | null =
    null;
  /** Requests of this page that are active, for a memory that has to go on without the disk. */
  readonly #openHere = new Map<string, { record: RequestRecord; delta: RollupDelta }>();

  constructor(options: ResilientMonitorOptions) {
    this.#options = options;
    this.#memory = new MemoryMonitor({
      firstLogId: FIRST_MEMORY_LOG_ID,
      onDropped: (signal, count) => options.onDropped(signal, dropReasonOf(this.#trouble), count),
    });
    this.#ready = this.#open();
  }

  get isPersistent(): boolean {
    return this.#disk !== null && this.#trouble === null;
  }

  /** Why things are kept in memory only; null while they are not. */
  get trouble(): Failure | null {
    return this.#trouble;
  }

  /** Resolves when everything that was asked for until now has been written. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  open(record: RequestRecord, delta: RollupDelta): Promise<Result<void>> {
    return this.#write(
      'record',
      async (disk) => {
        const result = await disk.open(record, delta);
        if (result.ok) this.#openHere.set(record.id, { record, delta });
        return result;
      },
      () => this.#memory.open(record, delta),
    );
  }

  close(record: RequestRecord, deltas: readonly RollupDelta[]): Promise<Result<boolean>> {
    return this.#write(
      'record',
      async (disk) => {
        const result = await disk.close(record, deltas);
        if (result.ok) this.#openHere.delete(record.id);
        return result;
      },
      () => this.#closeInMemory(record, deltas),
    );
  }

  amend(
    id: string,
    change: Partial<Pick<RequestRecord, 'similarity' | 'timestamps'>>,
    delta: RollupDelta | null,
  ): Promise<Result<boolean>> {
    return this.#write(
      'record',
      (disk) => disk.amend(id, change, delta),
      () => this.#memory.amend(id, change, delta),
    );
  }

  add(deltas: readonly RollupDelta[]): Promise<Result<void>> {
    if (this.#waitingAdd !== null) {
      this.#waitingAdd.deltas.push(...deltas);
      return this.#waitingAdd.written;
    }
    const all = [...deltas];
    const begin = (): readonly RollupDelta[] => {
      if (this.#waitingAdd?.deltas === all) this.#waitingAdd = null;
      return all;
    };
    const isTaken = this.#pending < MAX_PENDING;
    const written = this.#write(
      'rollup',
      (disk) => disk.add(begin()),
      () => this.#memory.add(begin()),
    );
    // What was not taken never begins, and nothing may wait with it.
    if (isTaken) this.#waitingAdd = { deltas: all, written };
    return written;
  }

  appendLogs(lines: readonly LogLine[]): Promise<Result<void>> {
    return this.#write(
      'log',
      (disk) => disk.appendLogs(lines),
      () => this.#memory.appendLogs(lines),
      lines.length,
    );
  }

  prune(limits: RetentionLimits): Promise<Result<Pruned>> {
    return this.#write(
      null,
      (disk) => disk.prune(limits),
      () => this.#pruneInTrouble(limits),
    );
  }

  /** Fails where what is on the disk stays there. */
  clear(): Promise<Result<void>> {
    return this.#write(
      null,
      async (disk) => {
        const result = await disk.clear();
        if (result.ok) this.#openHere.clear();
        return result;
      },
      () => this.#clearInTrouble(),
    );
  }

  rollups(query: RollupQuery): Promise<Result<readonly Rollup[]>> {
    return this.#readBoth((store) => store.rollups(query), mergeRows);
  }

  async record(id: string): Promise<Result<RequestRecord | null>> {
    await this.#ready;
    const kept = await this.#memory.record(id);
    if (this.#disk === null || (kept.ok && kept.value !== null)) return kept;
    const disk = this.#disk;
    return unthrown(() => disk.record(id));
  }

  records(query: RecordQuery): Promise<Result<readonly RequestRecord[]>> {
    const sign = query.order === 'oldest-first' ? 1 : -1;
    return this.#readRecords(
      (store) => store.records(query),
      (a, b) => sign * (a.acceptedAtEpochMs - b.acceptedAtEpochMs),
      query.limit,
    );
  }

  endedRecords(query: EndedQuery): Promise<Result<readonly RequestRecord[]>> {
    return this.#readRecords(
      (store) => store.endedRecords(query),
      (a, b) => (a.endedAtEpochMs ?? 0) - (b.endedAtEpochMs ?? 0),
      query.limit,
    );
  }

  endedFigures(query: EndedQuery): Promise<Result<readonly EndedFigures[]>> {
    return this.#readBoth(
      (store) => store.endedFigures(query),
      (disk, memory) => {
        const kept = disk.filter(({ id }) => !this.#memory.has(id));
        return [...kept, ...memory]
          .sort((a, b) => a.endedAtEpochMs - b.endedAtEpochMs)
          .slice(0, query.limit);
      },
    );
  }

  activeRecords(): Promise<Result<readonly RequestRecord[]>> {
    return this.#readRecords(
      (store) => store.activeRecords(),
      (a, b) => a.acceptedAtEpochMs - b.acceptedAtEpochMs,
      Infinity,
    );
  }

  countRecords(): Promise<Result<number>> {
    return this.#readBoth(
      (store) => store.countRecords(),
      (disk, memory) => disk + memory,
    );
  }

  logs(query: LogQuery): Promise<Result<readonly StoredLogLine[]>> {
    return this.#readBoth(
      (store) => store.logs(query),
      (disk, memory) => [...memory, ...disk].slice(0, query.limit),
    );
  }

  async #open(): Promise<void> {
    const { open, after } = this.#options;
    let callOff = (): void => {};
    const tooLate = new Promise<void>((resolve) => {
      callOff = after(OPEN_TIMEOUT_MS, () => {
        this.#hasDisk = true;
        this.#setTrouble(failure('store/unavailable', undefined, { cause: 'blocked' }));
        resolve();
      });
    });
    const opened = open(() => this.#giveUpDisk('closed')).then(
      (disk) => {
        this.#disk = disk;
        this.#hasDisk = true;
        // Not until the next write is it known whether what memory has can be moved.
        this.#retryAtMs = 0;
      },
      (error: unknown) => {
        this.#hasDisk = false;
        this.#setTrouble(storeFailure(error));
      },
    );
    await Promise.race([opened, tooLate]);
    callOff();
  }

  /** One write after the other, so that nothing changes while memory is moved to the disk. */
  #write<T>(
    signal: DropSignal | null,
    onDisk: (disk: DiskMonitor) => Promise<Result<T>>,
    inMemory: () => Promise<Result<T>>,
    count = 1,
  ): Promise<Result<T>> {
    if (this.#pending >= MAX_PENDING && signal !== null) {
      this.#options.onDropped(signal, 'queue_overflow', count);
      return Promise.resolve({ ok: false, failure: failure('store/unavailable') });
    }
    this.#pending += 1;
    this.#waitingAdd = null;
    const written = this.#tail.then(async () => {
      const result = await this.#writeNow(onDisk, inMemory);
      this.#pending -= 1;
      if (result.ok) this.#options.onWritten();
      return result;
    });
    this.#tail = written;
    return written;
  }

  async #writeNow<T>(
    onDisk: (disk: DiskMonitor) => Promise<Result<T>>,
    inMemory: () => Promise<Result<T>>,
  ): Promise<Result<T>> {
    await this.#ready;
    if (await this.#isDiskUsable()) {
      const disk = this.#disk;
      const result = disk === null ? null : await this.#inTime(() => onDisk(disk));
      if (result?.ok === true) return result;
      if (result !== null && this.#disk !== null) {
        this.#retryAtMs = this.#options.now() + RETRY_AFTER_MS;
        this.#setTrouble(result.failure);
      }
    }
    return inMemory();
  }

  /** Whether writes can go to the disk; moves there what memory has, where enough time has passed to try. */
  async #isDiskUsable(): Promise<boolean> {
    if (this.#disk === null) return false;
    if (this.#trouble === null && this.#memory.isEmpty) return true;
    if (this.#options.now() < this.#retryAtMs) return false;
    const kept = this.#memory.everything();
    const disk = this.#disk;
    const moved = await this.#inTime(() => disk.absorb(kept));
    if (moved === null) return false;
    if (!moved.ok) {
      this.#retryAtMs = this.#options.now() + RETRY_AFTER_MS;
      this.#setTrouble(moved.failure);
      return false;
    }
    for (const record of kept.records) {
      if (record.endedAtEpochMs !== null) this.#openHere.delete(record.id);
    }
    await this.#memory.clear();
    this.#setTrouble(null);
    return true;
  }

  /** Resolves to null where the disk takes too long; then it has been given up. */
  async #inTime<T>(work: () => Promise<Result<T>>): Promise<Result<T> | null> {
    const { after } = this.#options;
    let callOff = (): void => {};
    const tooLate = new Promise<null>((resolve) => {
      const wait = (left: number): void => {
        callOff = after(WAITS_FOR_WRITE.eachMs, () => {
          if (left > 1) return wait(left - 1);
          this.#giveUpDisk('timeout');
          resolve(null);
        });
      };
      wait(WAITS_FOR_WRITE.count);
    });
    const result = await Promise.race([unthrown(work), tooLate]);
    callOff();
    return result;
  }

  /** What is on the disk is out of reach until the page is loaded anew: memory goes on with what is active here. */
  #giveUpDisk(cause: string): void {
    if (this.#disk === null) return;
    this.#disk = null;
    for (const { record, delta } of this.#openHere.values()) {
      // Memory may have its end already.
      if (this.#memory.has(record.id)) void this.#memory.add([delta]);
      else void this.#memory.open(record, delta);
    }
    this.#openHere.clear();
    this.#setTrouble(failure('store/unavailable', undefined, { cause }));
  }

  #setTrouble(cause: Failure | null): void {
    if (this.#trouble?.code === cause?.code) return;
    this.#trouble = cause;
    this.#options.onTrouble(cause);
  }

  /** A disk that is full takes nothing, and gets room by this. */
  async #pruneInTrouble(limits: RetentionLimits): Promise<Result<Pruned>> {
    const disk = this.#disk;
    const kept = await this.#memory.prune(limits);
    if (disk === null) return kept;
    return (await this.#inTime(() => disk.prune(limits))) ?? kept;
  }

  async #clearInTrouble(): Promise<Result<void>> {
    const disk = this.#disk;
    if (disk !== null) {
      const cleared = await this.#inTime(() => disk.clear());
      if (cleared === null) return this.#outOfReach();
      if (!cleared.ok) return cleared;
      // It may have room again.
      this.#retryAtMs = 0;
    } else if (this.#hasDisk) {
      return this.#outOfReach();
    }
    this.#openHere.clear();
    return this.#memory.clear();
  }

  #outOfReach(): Result<never> {
    return { ok: false, failure: this.#trouble ?? failure('store/unavailable') };
  }

  async #closeInMemory(
    record: RequestRecord,
    deltas: readonly RollupDelta[],
  ): Promise<Result<boolean>> {
    const kept = await this.#memory.record(record.id);
    if ((kept.ok && kept.value !== null) || this.#disk === null) {
      return this.#memory.close(record, deltas);
    }
    // The disk may be full and still be read.
    const disk = this.#disk;
    const before = await unthrown(() => disk.record(record.id));
    const isOpen = before.ok
      ? before.value?.endedAtEpochMs === null
      : this.#openHere.has(record.id);
    return isOpen ? this.#memory.closeUnseen(record, deltas) : { ok: true, value: false };
  }

  async #readBoth<T>(
    read: (store: MonitorStore) => Promise<Result<T>>,
    merge: (disk: T, memory: T) => T,
  ): Promise<Result<T>> {
    await this.#ready;
    if (this.#disk === null) return read(this.#memory);
    const disk = this.#disk;
    const onDisk = await unthrown(() => read(disk));
    if (this.#memory.isEmpty) return onDisk;
    const inMemory = await read(this.#memory);
    if (!onDisk.ok || !inMemory.ok) return inMemory;
    return { ok: true, value: merge(onDisk.value, inMemory.value) };
  }

  async #readRecords(
    read: (store: MonitorStore) => Promise<Result<readonly RequestRecord[]>>,
    order: (a: RequestRecord, b: RequestRecord) => number,
    limit: number,
  ): Promise<Result<readonly RequestRecord[]>> {
    // Memory's is the later state of a record that both have.
    return this.#readBoth(read, (disk, memory) =>
      [...disk.filter(({ id }) => !this.#memory.has(id)), ...memory].sort(order).slice(0, limit),
    );
  }
}

/** A disk must not throw; one that does is one that fails. */
async function unthrown<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    return { ok: false, failure: storeFailure(error) };
  }
}

function dropReasonOf(trouble: Failure | null): DropReason {
  if (trouble?.code === 'store/quota-exceeded') return 'quota';
  switch (trouble?.detail?.['cause']) {
    case 'closed':
      return 'evicted';
    case 'UnknownError':
    case 'DataError':
    case 'NotReadableError':
      return 'corrupt';
    default:
      return 'unavailable';
  }
}

function mergeRows(disk: readonly Rollup[], memory: readonly Rollup[]): readonly Rollup[] {
  const rows = new Map<string, Rollup>();
  for (const row of [...disk, ...memory]) {
    const id = rowId(row);
    const before = rows.get(id);
    rows.set(id, before === undefined ? row : mergeRollups(before, row));
  }
  return [...rows.values()].sort(compareRows);
}
