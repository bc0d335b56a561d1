/**
 * Monitoring's data in IndexedDB. A request's record and what it adds to the rollups are one transaction, so that the
 * two never disagree, whatever ends the page.
 */
import type { Result } from '../contracts/failure.ts';
import type { LogLine, StoredLogLine } from '../contracts/log-line.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import type { Rollup, RollupDelta } from '../contracts/rollup.ts';
import { endedFigures, figuresOf, type EndedFigures } from '../core/metrics/ended-figures.ts';
import { attempt } from './attempt.ts';
import type { Database, StoredRecord, StoredResolution, StoredRollup } from './schema.ts';
import { logMatcher } from './log-query.ts';
import {
  addToMinute,
  amendMinute,
  groupByMinute,
  minuteOf,
  unpackFigures,
} from './minute-figures.ts';
import type {
  EndedQuery,
  LogQuery,
  MonitorStore,
  Pruned,
  RecordQuery,
  RetentionLimits,
  RollupQuery,
} from './monitor-port.ts';
import { packRow, unpackRow } from './packed-row.ts';
import { estimateRecordBytes } from './record-size.ts';
import {
  changeRow,
  mergeRow,
  rowChanges,
  rowKey,
  storedResolution,
  toRollup,
} from './rollup-rows.ts';
import { addToSpan, groupBySpan, spanKey, spanRollups } from './span-rows.ts';
import { writeTransaction, type WriteTransaction } from './write-transaction.ts';

type StoreName = 'records' | 'figures' | 'rollups' | 'spans' | 'logs' | 'monitor-sums';
type Transaction = WriteTransaction<StoreName>;

const EVERYTHING: StoreName[] = ['records', 'figures', 'rollups', 'spans', 'logs', 'monitor-sums'];

/** What another store kept while this one could not be written. */
export interface KeptElsewhere {
  readonly records: readonly RequestRecord[];
  readonly rollups: readonly StoredRollup[];
  readonly logs: readonly LogLine[];
}

/** Deletions in one transaction; more would keep other writes waiting. */
const PRUNE_BATCH = 500;

export class IndexedDbMonitor implements MonitorStore {
  readonly isPersistent = true;
  readonly #database: Database;
  readonly #now: () => number;

  /** @param now monotonic clock in milliseconds */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  open(record: RequestRecord, delta: RollupDelta): Promise<Result<void>> {
    return this.#write(['records', 'rollups', 'spans'], async (transaction) => {
      await Promise.all([
        transaction.objectStore('records').put(toStored(record)),
        this.#add(transaction, [delta]),
      ]);
    });
  }

  async close(record: RequestRecord, deltas: readonly RollupDelta[]): Promise<Result<boolean>> {
    const startedMs = this.#now();
    const written = await this.#close(record, deltas);
    const { timestamps } = record;
    if (!written.ok || !written.value || timestamps.storedMs === null) return written;
    const storedMs = timestamps.storedMs + this.#now() - startedMs;
    await this.amend(record.id, { timestamps: { ...timestamps, storedMs } }, null);
    return written;
  }

  #close(record: RequestRecord, deltas: readonly RollupDelta[]): Promise<Result<boolean>> {
    return this.#write(
      ['records', 'figures', 'rollups', 'spans', 'monitor-sums'],
      async (transaction) => {
        const before = await transaction.objectStore('records').get(record.id);
        if (before?.openPageId === undefined) return false;
        const stored = toStored(record);
        await Promise.all([
          transaction.objectStore('records').put(stored),
          this.#add(transaction, deltas),
          addToMinutes(transaction, [record]),
          addRecordBytes(transaction, stored.sizeBytes),
        ]);
        return true;
      },
    );
  }

  amend(
    id: string,
    change: Partial<Pick<RequestRecord, 'similarity' | 'timestamps'>>,
    delta: RollupDelta | null,
  ): Promise<Result<boolean>> {
    return this.#write(['records', 'figures', 'rollups', 'spans'], async (transaction) => {
      const before = await transaction.objectStore('records').get(id);
      if (before === undefined || before.openPageId !== undefined) return false;
      await Promise.all([
        transaction.objectStore('records').put({ ...before, ...change }),
        delta === null ? undefined : this.#add(transaction, [delta]),
        change.similarity === undefined
          ? undefined
          : amendFigures(transaction, { ...before, similarity: change.similarity }),
      ]);
      return true;
    });
  }

  add(deltas: readonly RollupDelta[]): Promise<Result<void>> {
    return this.#write(['rollups', 'spans'], (transaction) => this.#add(transaction, deltas));
  }

  rollups(query: RollupQuery): Promise<Result<readonly Rollup[]>> {
    const { fromMs, toMs, isMerged = false, limit } = query;
    const resolution = storedResolution(query);
    // A range without a moment in it is none for the browser either.
    if (resolution !== 'total' && toMs <= fromMs) return Promise.resolve({ ok: true, value: [] });
    if (isMerged && resolution !== 'total') {
      const spans = IDBKeyRange.bound([resolution, fromMs], [resolution, toMs], false, true);
      return attempt(async () =>
        (await this.#database.getAll('spans', spans, limit)).flatMap(spanRollups),
      );
    }
    const range =
      resolution === 'total'
        ? IDBKeyRange.bound(['total'], ['total', []])
        : IDBKeyRange.bound([resolution, fromMs], [resolution, toMs], false, true);
    return attempt(async () =>
      (await this.#database.getAll('rollups', range, limit)).map((row) => toRollup(unpackRow(row))),
    );
  }

  record(id: string): Promise<Result<RequestRecord | null>> {
    return attempt(async () => {
      const stored = await this.#database.get('records', id);
      return stored === undefined ? null : toRecord(stored);
    });
  }

  records(query: RecordQuery): Promise<Result<readonly RequestRecord[]>> {
    return attempt(async () => {
      const { fromMs, toMs, limit, order, outcome } = query;
      if (limit <= 0 || toMs <= fromMs) return [];
      if (outcome === 'active') return this.#active(query);
      const store = this.#database.transaction('records').store;
      const range =
        outcome === undefined
          ? IDBKeyRange.bound(fromMs, toMs, false, true)
          : IDBKeyRange.bound([outcome, fromMs], [outcome, toMs], false, true);
      const index = store.index(outcome === undefined ? 'by-accepted' : 'by-outcome');
      if (order === 'oldest-first') return (await index.getAll(range, limit)).map(toRecord);
      // One walk over keys and one read of all values: a cursor over values takes a turn for each of them.
      const last = await index.openKeyCursor(range, 'prev');
      const first = last === null || limit === 1 ? last : await last.advance(limit - 1);
      const found = await index.getAll(
        first === null ? range : IDBKeyRange.bound(first.key, range.upper, false, true),
      );
      return found.reverse().slice(0, limit).map(toRecord);
    });
  }

  endedRecords({ fromMs, toMs, limit }: EndedQuery): Promise<Result<readonly RequestRecord[]>> {
    return attempt(async () => {
      if (limit <= 0 || toMs <= fromMs) return [];
      const range = IDBKeyRange.bound(fromMs, toMs, false, true);
      const found = await this.#database.getAllFromIndex('records', 'by-ended', range, limit);
      return found.map(toRecord);
    });
  }

  endedFigures({ fromMs, toMs, limit }: EndedQuery): Promise<Result<readonly EndedFigures[]>> {
    return attempt(async () => {
      if (limit <= 0 || toMs <= fromMs) return [];
      const firstMs = minuteOf(fromMs);
      const range = IDBKeyRange.bound(firstMs, toMs, false, true);
      return (await this.#database.getAll('figures', range))
        .flatMap(unpackFigures)
        .filter(({ endedAtEpochMs }) => endedAtEpochMs >= fromMs && endedAtEpochMs < toMs)
        .sort((a, b) => a.endedAtEpochMs - b.endedAtEpochMs)
        .slice(0, limit);
    });
  }

  activeRecords(): Promise<Result<readonly RequestRecord[]>> {
    return attempt(async () =>
      (await this.#database.getAllFromIndex('records', 'open')).map(toRecord),
    );
  }

  countRecords(): Promise<Result<number>> {
    return attempt(() => this.#database.count('records'));
  }

  /** Start of the hour, wall clock, in which the totals began; null where nothing was counted. */
  countingSince(): Promise<Result<number | null>> {
    return attempt(async () => {
      const transaction = this.#database.transaction(['rollups', 'monitor-sums']);
      const [oldest, known] = await Promise.all([
        transaction.objectStore('rollups').getKey(IDBKeyRange.bound(['hour'], ['hour', []])),
        transaction.objectStore('monitor-sums').get('countingSinceMs'),
      ]);
      const times = [oldest?.[1], known].filter((ms) => ms !== undefined);
      return times.length === 0 ? null : Math.min(...times);
    });
  }

  appendLogs(lines: readonly LogLine[]): Promise<Result<void>> {
    return this.#write(['logs'], async (transaction) => {
      await Promise.all(lines.map((line) => transaction.objectStore('logs').add(line)));
    });
  }

  logs(query: LogQuery): Promise<Result<readonly StoredLogLine[]>> {
    return attempt(async () => {
      const { traceId, beforeId, limit } = query;
      const isFound = logMatcher(query);
      const found: StoredLogLine[] = [];
      const { store } = this.#database.transaction('logs');
      if (traceId !== null) {
        const lines = (await store.index('by-trace').getAll(traceId)) as StoredLogLine[];
        return lines
          .filter((line) => (beforeId === null || line.id < beforeId) && isFound(line))
          .reverse()
          .slice(0, limit);
      }
      const range = beforeId === null ? null : IDBKeyRange.upperBound(beforeId, true);
      let cursor = await store.openCursor(range, 'prev');
      while (cursor !== null && found.length < limit) {
        if (isFound(cursor.value)) found.push(cursor.value as StoredLogLine);
        cursor = await cursor.continue();
      }
      return found;
    });
  }

  prune(limits: RetentionLimits): Promise<Result<Pruned>> {
    return attempt(async () => ({
      records: await this.#pruneRecords(limits),
      rollups:
        (await this.#pruneRollups('minute', limits.minutesBeforeMs)) +
        (await this.#pruneRollups('ten-minutes', limits.minutesBeforeMs)) +
        (await this.#pruneRollups('hour', limits.hoursBeforeMs)),
      logLines: await this.#pruneLogs(limits),
    }));
  }

  clear(): Promise<Result<void>> {
    return this.#write(EVERYTHING, async (transaction) => {
      await Promise.all(EVERYTHING.map((name) => transaction.objectStore(name).clear()));
    });
  }

  /** Takes over what was kept elsewhere, all of it or nothing. */
  absorb({ records, rollups, logs }: KeptElsewhere): Promise<Result<void>> {
    return this.#write(EVERYTHING, async (transaction) => {
      let bytes = 0;
      for (const record of records) {
        const stored = toStored(record);
        if (record.endedAtEpochMs !== null) bytes += stored.sizeBytes;
        await transaction.objectStore('records').put(stored);
      }
      for (const row of rollups) {
        const before = await transaction.objectStore('rollups').get(rowKey(row));
        const merged = before === undefined ? row : mergeRow(unpackRow(before), row);
        await transaction.objectStore('rollups').put(packRow(merged));
      }
      await addToSpans(transaction, rollups);
      await addToMinutes(transaction, records);
      for (const line of logs) await transaction.objectStore('logs').add(line);
      await addRecordBytes(transaction, bytes);
    });
  }

  #write<T>(
    stores: StoreName[],
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<Result<T>> {
    return writeTransaction(this.#database, stores, work, {
      // Lost in a power cut at worst, as any other page's data is; strict would cost a flush for each request.
      durability: 'relaxed',
    });
  }

  async #add(transaction: Transaction, deltas: readonly RollupDelta[]): Promise<void> {
    const store = transaction.objectStore('rollups');
    const gains = rowChanges(deltas).map((change) => changeRow(undefined, change));
    await Promise.all([
      ...gains.map(async (gain) => {
        const before = await store.get(rowKey(gain));
        const row = before === undefined ? gain : mergeRow(unpackRow(before), gain);
        await store.put(packRow(row));
      }),
      addToSpans(transaction, gains),
    ]);
  }

  async #active({ fromMs, toMs, limit, order }: RecordQuery): Promise<readonly RequestRecord[]> {
    const open = await this.#database.getAllFromIndex('records', 'open');
    const found = open
      .filter((record) => record.acceptedAtEpochMs >= fromMs && record.acceptedAtEpochMs < toMs)
      .sort((a, b) => a.acceptedAtEpochMs - b.acceptedAtEpochMs);
    if (order === 'newest-first') found.reverse();
    return found.slice(0, limit).map(toRecord);
  }

  async #pruneRecords(limits: RetentionLimits): Promise<number> {
    let excess = (await this.#database.count('records')) - limits.maxRecords;
    let pruned = 0;
    for (;;) {
      const transaction = this.#database.transaction(['records', 'monitor-sums'], 'readwrite');
      const bytesBefore = (await transaction.objectStore('monitor-sums').get('recordBytes')) ?? 0;
      let bytes = bytesBefore;
      let batch = 0;
      let cursor = await transaction.objectStore('records').index('by-ended').openCursor();
      while (cursor !== null && batch < PRUNE_BATCH) {
        const isOld = cursor.key < limits.recordsBeforeMs;
        if (!isOld && excess <= 0 && bytes <= limits.maxRecordBytes) break;
        bytes -= cursor.value.sizeBytes;
        excess -= 1;
        batch += 1;
        void cursor.delete();
        cursor = await cursor.continue();
      }
      if (bytes !== bytesBefore) {
        await transaction.objectStore('monitor-sums').put(Math.max(bytes, 0), 'recordBytes');
      }
      await transaction.done;
      pruned += batch;
      if (batch < PRUNE_BATCH) return pruned;
    }
  }

  async #pruneRollups(resolution: StoredResolution, beforeMs: number): Promise<number> {
    const transaction = this.#database.transaction(
      ['rollups', 'spans', 'figures', 'monitor-sums'],
      'readwrite',
    );
    const range = IDBKeyRange.bound([resolution], [resolution, beforeMs], false, true);
    const count = await transaction.objectStore('rollups').count(range);
    if (count > 0) {
      const sums = transaction.objectStore('monitor-sums');
      const oldest = await transaction.objectStore('rollups').getKey(range);
      const known = await sums.get('countingSinceMs');
      if (resolution === 'hour' && oldest !== undefined) {
        await sums.put(Math.min(oldest[1], known ?? Infinity), 'countingSinceMs');
      }
      await Promise.all([
        transaction.objectStore('rollups').delete(range),
        transaction.objectStore('spans').delete(range),
        resolution === 'minute'
          ? transaction.objectStore('figures').delete(IDBKeyRange.upperBound(beforeMs, true))
          : undefined,
      ]);
    }
    await transaction.done;
    return count;
  }

  async #pruneLogs({ logsBeforeMs, maxLogLines }: RetentionLimits): Promise<number> {
    const transaction = this.#database.transaction('logs', 'readwrite');
    let excess = (await transaction.store.count()) - maxLogLines;
    let pruned = 0;
    let upTo: number | null = null;
    let cursor = await transaction.store.openCursor();
    while (cursor !== null && (excess > 0 || cursor.value.atEpochMs < logsBeforeMs)) {
      upTo = cursor.key;
      excess -= 1;
      pruned += 1;
      cursor = await cursor.continue();
    }
    if (upTo !== null) await transaction.store.delete(IDBKeyRange.upperBound(upTo));
    await transaction.done;
    return pruned;
  }
}

function toStored(record: RequestRecord): StoredRecord {
  return {
    ...record,
    sizeBytes: estimateRecordBytes(record),
    ...(record.endedAtEpochMs === null ? { openPageId: record.pageId } : {}),
  };
}

function toRecord({ openPageId: _, sizeBytes: __, ...record }: StoredRecord): RequestRecord {
  return record;
}

async function addToSpans(transaction: Transaction, rows: readonly StoredRollup[]): Promise<void> {
  const store = transaction.objectStore('spans');
  await Promise.all(
    groupBySpan(rows).map(async (group) => {
      const [first] = group;
      if (first === undefined) return;
      await store.put(addToSpan(await store.get(spanKey(first)), group));
    }),
  );
}

/** Of the records that have ended. */
async function addToMinutes(
  transaction: Transaction,
  records: readonly RequestRecord[],
): Promise<void> {
  const store = transaction.objectStore('figures');
  const minutes = groupByMinute(figuresOf(records));
  await Promise.all(
    [...minutes].map(async ([startMs, figures]) => {
      const minute = addToMinute(await store.get(startMs), figures);
      if (minute !== null) await store.put(minute);
    }),
  );
}

async function amendFigures(transaction: Transaction, record: RequestRecord): Promise<void> {
  const figures = endedFigures(record);
  if (figures === null) return;
  const store = transaction.objectStore('figures');
  const minute = amendMinute(await store.get(minuteOf(figures.endedAtEpochMs)), record.id, figures);
  if (minute !== null) await store.put(minute);
}

async function addRecordBytes(transaction: Transaction, bytes: number): Promise<void> {
  const store = transaction.objectStore('monitor-sums');
  await store.put(((await store.get('recordBytes')) ?? 0) + bytes, 'recordBytes');
}
