import { describe, expect, test } from 'vitest';
import type { Failure, Result } from '../../../src/contracts/failure.ts';
import { healthChecked } from '../../../src/core/metrics/event-deltas.ts';
import type { MonitorStore } from '../../../src/store/monitor-port.ts';
import { ResilientMonitor, type DiskMonitor } from '../../../src/store/resilient-monitor.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { FakeDisk } from '../../fixtures/monitoring/fake-monitor-store.ts';
import { requestLife } from '../../fixtures/monitoring/request-life.ts';

const EVERYTHING = { fromMs: 0, toMs: Infinity };
const life = (id: string) => requestLife({ id });

function setUp(open?: (onClosed: () => void) => Promise<DiskMonitor>) {
  const host = new FakeHost();
  const disk = new FakeDisk();
  const troubles: (Failure | null)[] = [];
  const dropped: [string, string, number][] = [];
  let written = 0;
  let close = (): void => {};
  const store = new ResilientMonitor({
    open:
      open ??
      ((onClosed) => {
        close = onClosed;
        return Promise.resolve(disk.store);
      }),
    now: () => host.now(),
    after: (ms, callback) => host.after(ms, callback),
    onWritten: () => (written += 1),
    onTrouble: (trouble) => troubles.push(trouble),
    onDropped: (...drop) => dropped.push(drop),
  });
  return {
    host,
    disk,
    store,
    troubles,
    dropped,
    written: () => written,
    closeDisk: () => {
      close();
    },
  };
}

async function value<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(settled.failure.code);
  return settled.value;
}

async function total(store: MonitorStore, name: string): Promise<number> {
  const rows = await value(store.rollups({ resolution: 'total', ...EVERYTHING }));
  return rows.reduce((sum, row) => sum + (row.counters[name] ?? 0), 0);
}

/** Requests, ended ones, and active ones. */
async function balance(store: MonitorStore): Promise<readonly [number, number, number]> {
  return [
    await total(store, 'generation_requests_total'),
    await total(store, 'generation_finished_total'),
    (await value(store.activeRecords())).length,
  ];
}

/** Lets promises that are due settle. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

describe('with a disk that works', () => {
  test('everything is there, and nothing in memory', async () => {
    const { store, disk, troubles, written } = setUp();
    await store.open(life('a').open, life('a').accepted);
    await store.close(life('a').closed, life('a').ended);
    expect(await balance(disk.kept)).toEqual([1, 1, 0]);
    expect(await balance(store)).toEqual([1, 1, 0]);
    expect(store.isPersistent).toBe(true);
    expect(troubles).toEqual([]);
    expect(written()).toBe(2);
  });

  test('what is asked for before it is open waits for it', async () => {
    let isOpen = (_: DiskMonitor): void => {};
    const { store, disk } = setUp(() => new Promise((resolve) => (isOpen = resolve)));
    const opened = store.open(life('a').open, life('a').accepted);
    const found = store.activeRecords();
    isOpen(disk.store);
    await opened;
    expect(await value(found)).toBeDefined();
    expect(await balance(disk.kept)).toEqual([1, 0, 1]);
  });
});

describe('what is added while the disk is at work', () => {
  const added = (at: number) => healthChecked(at, 'shallow', 'healthy');
  const COUNTER = 'health_checks_total{kind="shallow",result="healthy"}';

  test('goes there in one write, and everybody hears of it', async () => {
    const { store, disk, written } = setUp();
    const writes = await Promise.all([1, 2, 3].map((at) => store.add([added(at)])));
    expect(writes.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(await total(disk.kept, COUNTER)).toBe(3);
    expect(written()).toBe(1);
  });

  test('stays in the order of other writes', async () => {
    const { store } = setUp();
    await Promise.all([store.add([added(1)]), store.clear(), store.add([added(2)])]);
    expect(await total(store, COUNTER)).toBe(1);
  });

  test('is not lost where the disk fails', async () => {
    const { store, disk } = setUp();
    disk.mood = 'full';
    await Promise.all([store.add([added(1)]), store.add([added(2)])]);
    expect(await total(store, COUNTER)).toBe(2);
  });
});

describe('without a disk', () => {
  test('memory keeps everything, and it is told why', async () => {
    const denied = new DOMException('denied', 'SecurityError');
    const { store, troubles } = setUp(() => Promise.reject(denied));
    await store.open(life('a').open, life('a').accepted);
    await store.close(life('a').closed, life('a').ended);
    expect(await balance(store)).toEqual([1, 1, 0]);
    expect(store.isPersistent).toBe(false);
    expect(troubles).toMatchObject([
      { code: 'store/unavailable', detail: { cause: 'SecurityError' } },
    ]);
  });

  test('memory does not wait for ever for one that is kept from opening, and hands over later', async () => {
    let isOpen = (_: DiskMonitor): void => {};
    const { store, disk, host, troubles } = setUp(
      () => new Promise((resolve) => (isOpen = resolve)),
    );
    const opened = store.open(life('a').open, life('a').accepted);
    host.pass(4_000);
    await opened;
    expect(await balance(store)).toEqual([1, 0, 1]);
    expect(troubles).toMatchObject([{ detail: { cause: 'blocked' } }]);
    isOpen(disk.store);
    await settle();
    await store.close(life('a').closed, life('a').ended);
    expect(disk.absorbed?.records).toEqual([life('a').open]);
    expect(troubles.at(-1)).toBeNull();
    expect(store.isPersistent).toBe(true);
  });
});

describe('when the disk is full', () => {
  test('memory takes over, both are read as one, and the disk gets it when it can', async () => {
    const { store, disk, host, troubles } = setUp();
    await store.open(life('a').open, life('a').accepted);
    await store.open(life('b').open, life('b').accepted);
    disk.mood = 'full';
    await store.close(life('a').closed, life('a').ended);
    await store.open(life('c').open, life('c').accepted);
    expect(troubles).toMatchObject([{ code: 'store/quota-exceeded' }]);
    expect(store.isPersistent).toBe(false);
    expect(await balance(store)).toEqual([3, 1, 2]);
    expect(await value(store.record('a'))).toEqual(life('a').closed);
    const found = await value(
      store.records({ ...EVERYTHING, limit: 10, order: 'oldest-first', outcome: 'active' }),
    );
    expect(found.map(({ id }) => id)).toEqual(['b', 'c']);
    disk.mood = 'works';
    await store.close(life('b').closed, life('b').ended);
    expect(disk.absorbed).toBeNull();
    host.pass(30_000);
    await store.add([]);
    expect(disk.absorbed?.records.map(({ id }) => id)).toEqual(['a', 'c', 'b']);
    expect(troubles.at(-1)).toBeNull();
    expect(store.isPersistent).toBe(true);
  });

  test('nothing ends twice', async () => {
    const { store, disk } = setUp();
    await store.open(life('a').open, life('a').accepted);
    await store.close(life('a').closed, life('a').ended);
    disk.mood = 'full';
    expect(await value(store.close(life('a').closed, life('a').ended))).toBe(false);
    expect(await value(store.close(life('b').closed, life('b').ended))).toBe(false);
    expect(await balance(store)).toEqual([1, 1, 0]);
  });

  test('it is tried again only after a while', async () => {
    const { store, disk, host, troubles } = setUp();
    disk.mood = 'full';
    for (let i = 0; i < 5; i++) await store.open(life(`${i}`).open, life(`${i}`).accepted);
    host.pass(30_000);
    await store.open(life('x').open, life('x').accepted);
    expect(troubles).toHaveLength(1);
    expect(await balance(store)).toEqual([6, 0, 6]);
  });
});

describe('a disk that throws', () => {
  test('is as good as full: memory keeps what it does not take', async () => {
    const { store, disk, troubles } = setUp();
    disk.mood = 'throws';
    await store.open(life('a').open, life('a').accepted);
    await store.add(life('b').ended);
    await store.close(life('a').closed, life('a').ended);
    expect(troubles).toMatchObject([{ detail: { cause: 'UnknownError' } }]);
    disk.mood = 'works';
    expect(await balance(store)).toEqual([1, 2, 0]);
  });

  test('gives readers what memory has', async () => {
    const { store, disk } = setUp();
    disk.mood = 'throws';
    await store.open(life('a').open, life('a').accepted);
    expect(await balance(store)).toEqual([1, 0, 1]);
    expect(await value(store.record('a'))).toEqual(life('a').open);
    expect(await store.record('b')).toMatchObject({ ok: false });
  });
});

describe('a disk that never answers', () => {
  test('is given up, and what goes on here is kept in memory', async () => {
    const { store, disk, host, troubles } = setUp();
    await store.open(life('a').open, life('a').accepted);
    disk.mood = 'hangs';
    const closed = store.close(life('a').closed, life('a').ended);
    await settle();
    host.pass(20_000);
    expect(await value(closed)).toBe(true);
    expect(troubles).toMatchObject([{ detail: { cause: 'timeout' } }]);
    expect(await balance(store)).toEqual([1, 1, 0]);
  });

  // Waking up but for a moment twice during one write was enough to lose the disk until the page was loaded anew.
  test('a machine that sleeps again and again during a write does not make it one', async () => {
    const { store, disk, host, troubles } = setUp();
    await store.open(life('a').open, life('a').accepted);
    disk.mood = 'hangs';
    const closed = store.close(life('a').closed, life('a').ended);
    await settle();
    for (let hour = 0; hour < 9; hour++) host.sleep(3_600_000);
    expect(troubles).toEqual([]);
    host.pass(2_000);
    expect(await value(closed)).toBe(true);
    expect(troubles).toMatchObject([{ detail: { cause: 'timeout' } }]);
  });

  test('keeps at most a thousand writes waiting, and the others are counted', async () => {
    const { store, disk, dropped } = setUp();
    await store.add([]);
    disk.mood = 'hangs';
    for (let i = 0; i < 1_000; i++) void store.appendLogs([]);
    expect(dropped).toEqual([]);
    expect(await store.add([])).toMatchObject({ ok: false });
    expect(await store.appendLogs([])).toMatchObject({ ok: false });
    expect(dropped).toEqual([
      ['rollup', 'queue_overflow', 1],
      ['log', 'queue_overflow', 0],
    ]);
  });
});

describe('when the browser closes the database', () => {
  test('memory goes on with the requests that are active here', async () => {
    const { store, closeDisk, troubles } = setUp();
    await store.open(life('a').open, life('a').accepted);
    await store.open(life('b').open, life('b').accepted);
    await store.close(life('a').closed, life('a').ended);
    closeDisk();
    expect(troubles).toMatchObject([{ detail: { cause: 'closed' } }]);
    expect(await balance(store)).toEqual([1, 0, 1]);
    expect(await value(store.close(life('b').closed, life('b').ended))).toBe(true);
    expect(await balance(store)).toEqual([1, 1, 0]);
  });

  test('records that memory has to let go are counted as evicted', async () => {
    const { store, closeDisk, dropped } = setUp();
    await store.add([]);
    closeDisk();
    for (let i = 0; i < 2_002; i++) {
      const { open, accepted, closed, ended } = life(`${i}`);
      await store.open(open, accepted);
      await store.close(closed, ended);
    }
    expect(dropped).toEqual([
      ['record', 'evicted', 1],
      ['record', 'evicted', 1],
    ]);
    expect(await total(store, 'generation_finished_total')).toBe(2_002);
  });
});
