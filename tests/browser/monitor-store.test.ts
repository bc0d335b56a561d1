/** What every store of monitoring does, in IndexedDB, in memory, and in both at once. */
import { deleteDB, openDB } from 'idb';
import { afterEach, describe, expect, test } from 'vitest';
import type { LogLine } from '../../src/contracts/log-line.ts';
import { spawnMonitorWorker } from '../../src/bridge/spawn-monitor-worker.ts';
import type { Result } from '../../src/contracts/failure.ts';
import type { MonitorWorker } from '../../src/contracts/monitor-worker.ts';
import type { Rollup } from '../../src/contracts/rollup.ts';
import { figuresOf, type EndedFigures } from '../../src/core/metrics/ended-figures.ts';
import { acceptDelta, endDeltas, similarityDelta } from '../../src/core/metrics/request-deltas.ts';
import { emptyRollup, mergeRollups } from '../../src/core/metrics/rollup.ts';
import { DATABASE_NAME, openDatabase } from '../../src/store/database.ts';
import type { Database } from '../../src/store/schema.ts';
import { IndexedDbHistory } from '../../src/store/history-store.ts';
import { IndexedDbMonitor } from '../../src/store/indexed-db-monitor.ts';
import { MemoryMonitor } from '../../src/store/memory-monitor.ts';
import type { MonitorStore, RetentionLimits, RollupQuery } from '../../src/store/monitor-port.ts';
import { ResilientMonitor } from '../../src/store/resilient-monitor.ts';
import { openWorkerMonitor } from '../../src/store/worker-monitor.ts';
import { requestLife, type RequestLife } from '../fixtures/monitoring/request-life.ts';
import { sampleRecords } from '../fixtures/monitoring/sample-records.ts';

const NAME = 'shellwright-monitor-test';
const START_MS = Date.UTC(2026, 0, 5, 12);
const MINUTE_MS = 60_000;
const now = (): number => performance.now();
const EVERYTHING = { fromMs: 0, toMs: Infinity };
let database: Database | null = null;

let worker: MonitorWorker | null = null;

afterEach(async () => {
  database?.close();
  database = null;
  worker?.terminate();
  worker = null;
  await deleteDB(NAME);
  // The worker's.
  await deleteDB(DATABASE_NAME);
});

async function openDisk(): Promise<IndexedDbMonitor> {
  database = await openDatabase({ name: NAME });
  return new IndexedDbMonitor(database, now);
}

function openInWorker(): Promise<MonitorStore> {
  return openWorkerMonitor(
    {
      spawn: (...hooks) => (worker = spawnMonitorWorker(...hooks)),
      openHere: async () => {
        database = await openDatabase();
        return new IndexedDbMonitor(database, now);
      },
    },
    () => {},
  );
}

function openResilient(): Promise<MonitorStore> {
  return Promise.resolve(
    new ResilientMonitor({
      open: openDisk,
      now,
      after: (ms, callback) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      onWritten: () => {},
      onTrouble: () => {},
      onDropped: () => {},
    }),
  );
}

/** Accepted a minute apart. */
function life(number: number, change: Parameters<typeof requestLife>[0] = {}): RequestLife {
  return requestLife({
    id: `id-${number}`,
    acceptedAtEpochMs: START_MS + number * MINUTE_MS,
    ...change,
  });
}

async function live(store: MonitorStore, { open, accepted, closed, ended }: RequestLife) {
  await store.open(open, accepted);
  return store.close(closed, ended);
}

async function value<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(JSON.stringify(settled.failure));
  return settled.value;
}

async function rows(store: MonitorStore, resolution: Rollup['resolution']) {
  return value(store.rollups({ resolution, ...EVERYTHING }));
}

/** Of all rows of a resolution. */
async function count(
  store: MonitorStore,
  name: string,
  resolution: Rollup['resolution'] = 'total',
): Promise<number> {
  return (await rows(store, resolution)).reduce((sum, row) => sum + (row.counters[name] ?? 0), 0);
}

/** What the rows of each span are together, and what each counted. */
function sumsOf(found: readonly Rollup[]) {
  const spans = new Map<number, Rollup>();
  for (const row of found) {
    const { startMs } = row;
    const before = spans.get(startMs) ?? emptyRollup('minute', startMs, NO_DIMENSIONS);
    spans.set(startMs, mergeRollups(before, row));
  }
  return {
    spans: [...spans.values()],
    counted: found.map((row) => ({ ...row, histograms: null })),
  };
}

/** Some stores have bytes where others have lists. */
function asLists(figures: readonly EndedFigures[]) {
  return figures.map((one) => ({ ...one, tokenGapsSeconds: Array.from(one.tokenGapsSeconds) }));
}

const NO_DIMENSIONS = { model: 'none', backend: 'none', outcome: 'none' } as const;

async function expectSameWhenMerged(store: MonitorStore): Promise<void> {
  const queries: readonly Omit<RollupQuery, 'isMerged'>[] = [
    { resolution: 'minute', ...EVERYTHING },
    { resolution: 'minute', fromMs: START_MS, toMs: START_MS + 600_000, coarsestMs: 600_000 },
    { resolution: 'hour', ...EVERYTHING },
    { resolution: 'total', ...EVERYTHING },
    // As long as nothing is new in a range of the past.
    { resolution: 'minute', fromMs: START_MS, toMs: START_MS },
  ];
  for (const query of queries) {
    const merged = await value(store.rollups({ ...query, isMerged: true }));
    expect(sumsOf(merged)).toEqual(sumsOf(await value(store.rollups(query))));
  }
}

function line(number: number, change: Partial<LogLine> = {}): LogLine {
  return {
    atEpochMs: START_MS + number,
    level: 'info',
    message: 'request ended',
    module: 'monitor',
    traceId: null,
    fields: { number },
    ...change,
  };
}

const KEEP_ALL: RetentionLimits = {
  recordsBeforeMs: 0,
  maxRecords: Infinity,
  maxRecordBytes: Infinity,
  minutesBeforeMs: 0,
  hoursBeforeMs: 0,
  logsBeforeMs: 0,
  maxLogLines: Infinity,
};

describe.each([
  ['IndexedDB', openDisk, true],
  ['a worker', openInWorker, true],
  ['memory', () => Promise.resolve(new MemoryMonitor()), false],
  ['the store of the page', openResilient, true],
])('%s', (_, openStore, isPersistent) => {
  test('says whether it outlives the page', async () => {
    const store = await openStore();
    await store.countRecords();
    expect(store.isPersistent).toBe(isPersistent);
  });

  test('counts a request when it is accepted, and its end when it has ended', async () => {
    const store = await openStore();
    const { open, accepted, closed, ended } = life(1);
    await value(store.open(open, accepted));
    expect(await value(store.activeRecords())).toEqual([open]);
    expect(await count(store, 'generation_requests_total')).toBe(1);
    expect(await count(store, 'generation_finished_total')).toBe(0);
    expect(await value(store.close(closed, ended))).toBe(true);
    expect(await value(store.activeRecords())).toEqual([]);
    expect(await value(store.record('id-1'))).toEqual(closed);
    for (const resolution of ['minute', 'hour', 'total'] as const) {
      expect(await count(store, 'generation_requests_total', resolution)).toBe(1);
      expect(await count(store, 'generation_finished_total', resolution)).toBe(1);
    }
  });

  test('knows when a record had reached the disk, and that it has not', async () => {
    const store = await openStore();
    const { open, accepted, closed, ended } = life(1);
    await store.open(open, accepted);
    const handedOver = { ...closed, timestamps: { ...closed.timestamps, storedMs: 100 } };
    await value(store.close(handedOver, ended));
    const storedMs = (await value(store.record('id-1')))?.timestamps.storedMs;
    if (isPersistent) expect(storedMs).toBeGreaterThanOrEqual(100);
    else expect(storedMs).toBeNull();
  });

  test('ends a request once, and none that it does not know', async () => {
    const store = await openStore();
    await live(store, life(1));
    const again = requestLife({ id: 'id-1', finishReason: 'error' });
    expect(await value(store.close(again.closed, again.ended))).toBe(false);
    expect(await value(store.close(life(2).closed, life(2).ended))).toBe(false);
    expect(await value(store.record('id-1'))).toEqual(life(1).closed);
    expect(await value(store.record('id-2'))).toBeNull();
    expect(await count(store, 'generation_finished_total')).toBe(1);
  });

  test('has a row for each minute, hour, model, backend and outcome', async () => {
    const store = await openStore();
    await live(store, life(0));
    await live(store, life(0, { id: 'other', finishReason: 'length' }));
    await live(store, life(61));
    const minutes = await rows(store, 'minute');
    expect(minutes.map((row) => [row.startMs - START_MS, row.outcome])).toEqual([
      [0, 'accepted'],
      [0, 'length'],
      [0, 'stop'],
      [61 * MINUTE_MS, 'accepted'],
      [61 * MINUTE_MS, 'stop'],
    ]);
    expect(minutes[2]?.histograms['generation_latency_seconds']).toMatchObject({
      count: 1,
      sumMicros: 90_000,
    });
    expect(await rows(store, 'hour')).toHaveLength(5);
    expect(await rows(store, 'total')).toHaveLength(3);
  });

  test('gives the rows that start in a range, without its end', async () => {
    const store = await openStore();
    for (const number of [0, 1, 2]) await live(store, life(number));
    const found = await value(
      store.rollups({
        resolution: 'minute',
        fromMs: START_MS + MINUTE_MS,
        toMs: START_MS + 2 * MINUTE_MS,
      }),
    );
    expect(found.map(({ startMs }) => startMs)).toEqual([
      START_MS + MINUTE_MS,
      START_MS + MINUTE_MS,
    ]);
  });

  test('gives the oldest rows where only so many are wanted', async () => {
    const store = await openStore();
    for (const number of [0, 1, 2]) await live(store, life(number));
    const query = { resolution: 'minute', ...EVERYTHING } as const;
    const all = await value(store.rollups(query));
    expect(await value(store.rollups({ ...query, limit: 3 }))).toEqual(all.slice(0, 3));
    const merged = await value(store.rollups({ ...query, isMerged: true, limit: 1 }));
    expect(merged[0]?.startMs).toBe(START_MS);
  });

  test('merges minutes where that is as fine as they are needed, and the range is whole', async () => {
    const store = await openStore();
    for (const number of [0, 1, 9, 10]) await live(store, life(number));
    const query = {
      resolution: 'minute',
      fromMs: START_MS,
      toMs: START_MS + 20 * MINUTE_MS,
    } as const;
    const ended = async (change: Partial<RollupQuery>) =>
      (await value(store.rollups({ ...query, ...change })))
        .filter(({ outcome }) => outcome === 'stop')
        .map(({ resolution, startMs, counters }) => [
          resolution,
          (startMs - START_MS) / MINUTE_MS,
          counters['generation_finished_total'],
        ]);
    const merged = [
      ['minute', 0, 3],
      ['minute', 10, 1],
    ];
    expect(await ended({ coarsestMs: 10 * MINUTE_MS })).toEqual(merged);
    expect(await ended({ coarsestMs: 15 * MINUTE_MS })).toEqual(merged);
    expect(await ended({ coarsestMs: 5 * MINUTE_MS })).toHaveLength(4);
    expect(await ended({ coarsestMs: 10 * MINUTE_MS, fromMs: START_MS - MINUTE_MS })).toHaveLength(
      4,
    );
    expect(await ended({})).toHaveLength(4);
  });

  test('gives the same sums where the rows of a span are merged', async () => {
    const store = await openStore();
    for (const number of [0, 1, 9, 10, 61]) await live(store, life(number));
    await live(store, life(1, { id: 'stopped', finishReason: 'cancelled' }));
    await value(store.amend('id-1', { similarity: 0.5 }, similarityDelta(life(1).closed, 0.5)));
    await expectSameWhenMerged(store);
    const before = { recordsBeforeMs: 0, maxRecords: 100, maxRecordBytes: Infinity };
    const logs = { logsBeforeMs: 0, maxLogLines: 100 };
    const beforeMs = START_MS + 60 * MINUTE_MS;
    await value(
      store.prune({ ...before, ...logs, minutesBeforeMs: beforeMs, hoursBeforeMs: beforeMs }),
    );
    expect(await rows(store, 'minute')).toHaveLength(2);
    await expectSameWhenMerged(store);
    await value(store.clear());
    expect(
      await value(store.rollups({ resolution: 'hour', ...EVERYTHING, isMerged: true })),
    ).toEqual([]);
    expect(await value(store.endedFigures({ ...EVERYTHING, limit: 10 }))).toEqual([]);
  });

  test('adds several deltas to the same row', async () => {
    const store = await openStore();
    const delta = { ...life(0).accepted, counters: [['device_lost_total', 2]] as const };
    await value(store.add([delta, delta]));
    await value(store.add([delta]));
    expect(await count(store, 'device_lost_total')).toBe(6);
  });

  test('loses nothing when many write at once', async () => {
    const store = await openStore();
    await Promise.all(Array.from({ length: 30 }, (__, number) => live(store, life(number % 3))));
    const others = Array.from({ length: 30 }, (__, i) => life(i % 3, { id: `other-${i}` }));
    await Promise.all(others.map((other) => live(store, other)));
    expect(await count(store, 'generation_finished_total')).toBe(33);
  });

  test('finds records by time and outcome, in both orders, as many as asked for', async () => {
    const store = await openStore();
    for (const number of [2, 5, 1, 4]) await live(store, life(number));
    await live(store, life(3, { finishReason: 'cancelled' }));
    await store.open(life(6).open, life(6).accepted);
    const ids = async (query: Partial<Parameters<MonitorStore['records']>[0]>) =>
      (
        await value(store.records({ ...EVERYTHING, limit: 10, order: 'newest-first', ...query }))
      ).map(({ id }) => id);
    expect(await ids({})).toEqual(['id-6', 'id-5', 'id-4', 'id-3', 'id-2', 'id-1']);
    expect(await ids({ limit: 2 })).toEqual(['id-6', 'id-5']);
    expect(await ids({ limit: 6 })).toHaveLength(6);
    expect(await ids({ limit: 0 })).toEqual([]);
    expect(await ids({ order: 'oldest-first', limit: 2 })).toEqual(['id-1', 'id-2']);
    expect(await ids({ outcome: 'stop', limit: 2 })).toEqual(['id-5', 'id-4']);
    expect(await ids({ outcome: 'cancelled' })).toEqual(['id-3']);
    expect(await ids({ outcome: 'active' })).toEqual(['id-6']);
    expect(await ids({ outcome: 'orphaned' })).toEqual([]);
    const range = { fromMs: START_MS + 2 * MINUTE_MS, toMs: START_MS + 4 * MINUTE_MS };
    expect(await ids(range)).toEqual(['id-3', 'id-2']);
    expect(await ids({ ...range, limit: 1 })).toEqual(['id-3']);
    expect(await value(store.countRecords())).toBe(6);
  });

  test('finds ended records by their end, oldest first', async () => {
    const store = await openStore();
    await live(store, life(1));
    await live(
      store,
      requestLife(
        { id: 'long', acceptedAtEpochMs: START_MS },
        { endedAtEpochMs: START_MS + 9 * MINUTE_MS },
      ),
    );
    await store.open(life(6).open, life(6).accepted);
    const found = await value(store.endedRecords({ ...EVERYTHING, limit: 10 }));
    expect(found.map(({ id }) => id)).toEqual(['id-1', 'long']);
    const some = { fromMs: START_MS + 2 * MINUTE_MS, toMs: START_MS + 9 * MINUTE_MS };
    expect(await value(store.endedRecords({ ...some, limit: 10 }))).toEqual([]);
    expect(await value(store.endedRecords({ ...EVERYTHING, limit: 1 }))).toHaveLength(1);
  });

  test('has the figures of ended requests, as their records have them', async () => {
    const store = await openStore();
    const lives = [life(1), life(2), life(2, { id: 'stopped', finishReason: 'cancelled' })];
    for (const one of lives) await live(store, one);
    await store.open(life(6).open, life(6).accepted);
    await value(store.amend('id-2', { similarity: 0.25 }, null));
    const query = { ...EVERYTHING, limit: 10 };
    const expected = figuresOf(await value(store.endedRecords(query)));
    expect(expected).toHaveLength(3);
    expect(expected.map(({ similarity }) => similarity)).toContain(0.25);
    expect(asLists(await value(store.endedFigures(query)))).toEqual(asLists(expected));
    expect(await value(store.endedFigures({ ...query, limit: 1 }))).toHaveLength(1);
    expect(await value(store.endedFigures({ ...query, limit: 0 }))).toEqual([]);
    const endMs = expected[0]?.endedAtEpochMs ?? NaN;
    const ids = async (fromMs: number, toMs: number) =>
      (await value(store.endedFigures({ fromMs, toMs, limit: 10 }))).map(({ id }) => id);
    expect(await ids(endMs, endMs + 1)).toEqual(['id-1']);
    expect(await ids(endMs + 1, endMs + 2)).toEqual([]);
    expect(await ids(endMs - 1, endMs)).toEqual([]);
  });

  test('adds to an ended record what was found out later', async () => {
    const store = await openStore();
    const request = life(1);
    await store.open(request.open, request.accepted);
    expect(await value(store.amend('id-1', { similarity: 0.5 }, null))).toBe(false);
    await store.close(request.closed, request.ended);
    const delta = { ...request.accepted, counters: [['found_later_total', 1]] as const };
    expect(await value(store.amend('id-1', { similarity: 0.5 }, delta))).toBe(true);
    expect(await value(store.amend('unknown', { similarity: 0.5 }, delta))).toBe(false);
    expect(await value(store.record('id-1'))).toEqual({ ...request.closed, similarity: 0.5 });
    expect(await count(store, 'found_later_total')).toBe(1);
  });

  test('finds log lines by level, words and trace, newest first and in pages', async () => {
    const store = await openStore();
    await value(
      store.appendLogs([
        line(1, { level: 'debug' }),
        line(2, { traceId: 'abc' }),
        line(3, { level: 'error', message: 'request failed', fields: { code: 'unknown' } }),
      ]),
    );
    await value(store.appendLogs([line(4, { level: 'warn', traceId: 'abc' })]));
    const times = async (query: Partial<Parameters<MonitorStore['logs']>[0]>) =>
      (
        await value(
          store.logs({
            level: 'debug',
            text: '',
            traceId: null,
            limit: 10,
            beforeId: null,
            ...query,
          }),
        )
      ).map(({ atEpochMs }) => atEpochMs - START_MS);
    expect(await times({})).toEqual([4, 3, 2, 1]);
    expect(await times({ level: 'warn' })).toEqual([4, 3]);
    expect(await times({ text: 'FAILED unknown' })).toEqual([3]);
    expect(await times({ text: 'number 2' })).toEqual([2]);
    expect(await times({ traceId: 'abc' })).toEqual([4, 2]);
    expect(await times({ traceId: 'abc', level: 'warn' })).toEqual([4]);
    expect(await times({ limit: 2 })).toEqual([4, 3]);
    const newest = await value(
      store.logs({ level: 'debug', text: '', traceId: null, limit: 2, beforeId: null }),
    );
    expect(await times({ beforeId: newest[1]?.id ?? null })).toEqual([2, 1]);
  });

  test('lets old records go, and never those of active requests', async () => {
    const store = await openStore();
    for (const number of [1, 2, 3]) await live(store, life(number));
    await store.open(life(0).open, life(0).accepted);
    const pruned = await value(
      store.prune({ ...KEEP_ALL, recordsBeforeMs: START_MS + 2.5 * MINUTE_MS }),
    );
    expect(pruned).toEqual({ records: 2, rollups: 0, logLines: 0 });
    expect(await value(store.record('id-0'))).not.toBeNull();
    expect(await value(store.record('id-2'))).toBeNull();
    expect(await value(store.record('id-3'))).not.toBeNull();
    expect(await count(store, 'generation_finished_total')).toBe(3);
  });

  test('keeps at most so many records, and so many bytes of them', async () => {
    const store = await openStore();
    for (let number = 0; number < 10; number++) await live(store, life(number));
    expect(await value(store.prune({ ...KEEP_ALL, maxRecords: 6 }))).toMatchObject({ records: 4 });
    expect(await value(store.prune({ ...KEEP_ALL, maxRecords: 6 }))).toMatchObject({ records: 0 });
    // One takes 1,809 bytes by the estimate.
    expect(await value(store.prune({ ...KEEP_ALL, maxRecordBytes: 4_000 }))).toMatchObject({
      records: 4,
    });
    const kept = await value(store.endedRecords({ ...EVERYTHING, limit: 10 }));
    expect(kept.map(({ id }) => id)).toEqual(['id-8', 'id-9']);
  });

  test('lets old minutes and hours go, and never the totals', async () => {
    const store = await openStore();
    for (const number of [0, 1, 60]) await live(store, life(number));
    const limits = {
      ...KEEP_ALL,
      minutesBeforeMs: START_MS + MINUTE_MS,
      hoursBeforeMs: START_MS + 60 * MINUTE_MS,
    };
    // Of the first minute two rows, of the first hour two; the ten minutes of both minutes begin at the first.
    expect(await value(store.prune(limits))).toMatchObject({ rollups: 6 });
    expect(await count(store, 'generation_finished_total', 'minute')).toBe(2);
    expect(await count(store, 'generation_finished_total', 'hour')).toBe(1);
    expect(await count(store, 'generation_finished_total')).toBe(3);
  });

  test('lets old log lines go, and those above a number', async () => {
    const store = await openStore();
    await store.appendLogs([1, 2, 3, 4, 5].map((number) => line(number)));
    const kept = async () =>
      (
        await value(
          store.logs({ level: 'debug', text: '', traceId: null, limit: 10, beforeId: null }),
        )
      ).map(({ atEpochMs }) => atEpochMs - START_MS);
    expect(await value(store.prune({ ...KEEP_ALL, logsBeforeMs: START_MS + 3 }))).toMatchObject({
      logLines: 2,
    });
    expect(await kept()).toEqual([5, 4, 3]);
    await store.prune({ ...KEEP_ALL, maxLogLines: 1 });
    expect(await kept()).toEqual([5]);
  });

  test('forgets everything', async () => {
    const store = await openStore();
    await live(store, life(1));
    await store.open(life(2).open, life(2).accepted);
    await store.appendLogs([line(1)]);
    await value(store.clear());
    expect(await value(store.countRecords())).toBe(0);
    expect(await rows(store, 'total')).toEqual([]);
    // What was active is not counted as ended without ever having been accepted.
    expect(await value(store.close(life(2).closed, life(2).ended))).toBe(false);
    expect(await rows(store, 'total')).toEqual([]);
  });
});

describe('a worker that cannot be started', () => {
  test('leaves the writing to the page', async () => {
    const store = await openWorkerMonitor(
      {
        spawn: (_, onCrash) => {
          queueMicrotask(onCrash);
          return { send: () => {}, terminate: () => {} };
        },
        openHere: openDisk,
      },
      () => {},
    );
    await live(store, life(1));
    expect(await count(store, 'generation_finished_total')).toBe(1);
  });
});

describe('a worker that breaks', () => {
  test('fails what it was asked, and says that it is gone', async () => {
    let isClosed = false;
    let crash = (): void => {};
    const store = await openWorkerMonitor(
      {
        spawn: (onNews, onCrash) => {
          crash = onCrash;
          queueMicrotask(() => onNews({ kind: 'opened', failure: null }));
          return { send: () => {}, terminate: () => {} };
        },
        openHere: openDisk,
      },
      () => (isClosed = true),
    );
    const asked = store.countRecords();
    crash();
    const gone = { ok: false, failure: { code: 'store/unavailable', detail: { cause: 'worker' } } };
    expect(await asked).toMatchObject(gone);
    expect(await store.countRecords()).toMatchObject(gone);
    expect(isClosed).toBe(true);
  });
});

describe('IndexedDB', () => {
  test('keeps the history of a page before there was monitoring', async () => {
    const before = await openDB(NAME, 1, {
      upgrade(opened) {
        const store = opened.createObjectStore('history', { keyPath: 'id' });
        store.createIndex('by-accepted', 'acceptedAtEpochMs');
      },
    });
    await before.put('history', { id: 'old', acceptedAtEpochMs: 1, record: { parameters: {} } });
    before.close();
    const store = await openDisk();
    await live(store, life(1));
    const opened = database;
    if (opened === null) throw new Error('not open');
    expect(await new IndexedDbHistory(() => Promise.resolve(opened)).get('old')).toMatchObject({
      ok: true,
      value: { id: 'old' },
    });
    expect(await value(store.countRecords())).toBe(1);
  });

  test('merges the rows of a page before there were spans', async () => {
    const current = await openDisk();
    const query = { resolution: 'minute', ...EVERYTHING, isMerged: true } as const;
    // More rows than are read at once.
    const records = sampleRecords({
      seed: 3,
      count: 1_000,
      fromMs: START_MS,
      toMs: START_MS + 9e6,
    });
    const memory = new MemoryMonitor({ maxRecords: Infinity, maxMinuteRows: Infinity });
    for (const record of records) await memory.add([acceptDelta(record), ...endDeltas(record)]);
    await value(current.absorb(memory.everything()));
    const written = await value(current.rollups(query));
    const packed = (await database?.getAll('rollups')) ?? [];
    expect(packed.length).toBeGreaterThan(1_000);
    database?.close();
    await deleteDB(NAME);
    const before = await openDB(NAME, 3, {
      upgrade(opened) {
        opened.createObjectStore('rollups', {
          keyPath: ['resolution', 'startMs', 'model', 'backend', 'outcome'],
        });
      },
    });
    for (const row of packed) await before.put('rollups', row);
    before.close();
    const store = await openDisk();
    expect(await value(store.rollups(query))).toEqual(written);
    await expectSameWhenMerged(store);
  });

  test('knows when counting began after the first hours are gone, until all is deleted', async () => {
    const store = await openDisk();
    expect(await value(store.countingSince())).toBeNull();
    for (const number of [0, 60, 120]) await live(store, life(number));
    expect(await value(store.countingSince())).toBe(START_MS);
    for (const hours of [1, 2]) {
      await store.prune({ ...KEEP_ALL, hoursBeforeMs: START_MS + hours * 60 * MINUTE_MS });
      expect(await value(store.countingSince())).toBe(START_MS);
    }
    await value(store.clear());
    expect(await value(store.countingSince())).toBeNull();
    await live(store, life(180));
    expect(await value(store.countingSince())).toBe(START_MS + 180 * MINUTE_MS);
  });

  test('keeps what it has when it is opened again', async () => {
    await live(await openDisk(), life(1));
    database?.close();
    const store = await openDisk();
    expect(await value(store.record('id-1'))).toEqual(life(1).closed);
    expect(await count(store, 'generation_finished_total')).toBe(1);
  });

  test('adds the rows of two connections up', async () => {
    const one = await openDisk();
    const second = await openDatabase({ name: NAME });
    const two = new IndexedDbMonitor(second, now);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        live(i % 2 === 0 ? one : two, life(i % 3, { id: `${i}` })),
      ),
    );
    second.close();
    expect(await count(one, 'generation_requests_total')).toBe(20);
    expect(await count(one, 'generation_finished_total')).toBe(20);
  });

  test('writes a record and its sums, or neither', async () => {
    const store = await openDisk();
    const { open, accepted } = life(1);
    const uncloneable = { ...open, tokens: (() => {}) as never };
    expect(await store.open(uncloneable, accepted)).toMatchObject({ ok: false });
    expect(await value(store.countRecords())).toBe(0);
    expect(await rows(store, 'total')).toEqual([]);
  });

  test('answers with a failure once its connection has ended', async () => {
    const store = await openDisk();
    database?.close();
    const unavailable = { ok: false, failure: { code: 'store/unavailable' } };
    expect(await store.open(life(1).open, life(1).accepted)).toMatchObject(unavailable);
    expect(await store.countRecords()).toMatchObject(unavailable);
    expect(await store.prune(KEEP_ALL)).toMatchObject(unavailable);
  });

  test('takes over what memory kept, added to what it has', async () => {
    const disk = await openDisk();
    await live(disk, life(1));
    await disk.open(life(2).open, life(2).accepted);
    const memory = new MemoryMonitor();
    await memory.closeUnseen(life(2).closed, life(2).ended);
    await live(memory, life(3));
    await memory.appendLogs([line(1)]);
    await value(disk.absorb(memory.everything()));
    expect(await value(disk.activeRecords())).toEqual([]);
    expect(await count(disk, 'generation_requests_total')).toBe(3);
    expect(await count(disk, 'generation_finished_total')).toBe(3);
    expect(await value(disk.countRecords())).toBe(3);
  });
});
