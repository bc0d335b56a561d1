/**
 * Where the disk was full, deleting the measurements emptied what was in memory, said that all was deleted, and left the
 * disk as it was; and old data was never deleted from it either.
 */
import { expect, test } from 'vitest';
import { healthChecked } from '../../src/core/metrics/event-deltas.ts';
import { ResilientMonitor, type DiskMonitor } from '../../src/store/resilient-monitor.ts';
import { FakeHost } from '../fixtures/fake-host.ts';
import { FakeDisk } from '../fixtures/monitoring/fake-monitor-store.ts';
import { requestLife } from '../fixtures/monitoring/request-life.ts';

function setUp() {
  const host = new FakeHost();
  const disk = new FakeDisk();
  let close = (): void => {};
  const store = new ResilientMonitor({
    open: (onClosed): Promise<DiskMonitor> => {
      close = onClosed;
      return Promise.resolve(disk.store);
    },
    now: () => host.now(),
    after: (ms, callback) => host.after(ms, callback),
    onWritten: () => {},
    onTrouble: () => {},
    onDropped: () => {},
  });
  const request = async (id: string): Promise<void> => {
    const { open, accepted, closed, ended } = requestLife({ id });
    await store.open(open, accepted);
    await store.close(closed, ended);
  };
  return { host, disk, store, request, close: () => close() };
}

test('a full disk is emptied, and takes what comes then', async () => {
  const { disk, store, request } = setUp();
  await request('a');
  disk.mood = 'full';
  await request('b');
  expect(await store.clear()).toMatchObject({ ok: true });
  expect(await disk.kept.countRecords()).toEqual({ ok: true, value: 0 });
  expect(await store.countRecords()).toEqual({ ok: true, value: 0 });

  disk.mood = 'works';
  await request('c');
  expect(await disk.kept.countRecords()).toEqual({ ok: true, value: 1 });
  expect(store.trouble).toBeNull();
});

test('a full disk loses what is too old', async () => {
  const { disk, store, request } = setUp();
  await request('a');
  disk.mood = 'full';
  await request('b');
  await store.prune({
    recordsBeforeMs: Infinity,
    maxRecords: 10,
    maxRecordBytes: 1e6,
    minutesBeforeMs: 0,
    hoursBeforeMs: 0,
    logsBeforeMs: 0,
    maxLogLines: 10,
  });
  expect(await disk.kept.countRecords()).toEqual({ ok: true, value: 0 });
});

test('what is out of reach is not said to be deleted', async () => {
  const { disk, store, request, close } = setUp();
  await request('a');
  close();
  await request('b');
  expect(await store.clear()).toMatchObject({ ok: false });
  expect(await disk.kept.countRecords()).toEqual({ ok: true, value: 1 });
  expect(await store.countRecords()).toEqual({ ok: true, value: 1 });
});

test('after more than can wait at once, counting goes on', async () => {
  const { store } = setUp();
  const { open, accepted } = requestLife({ id: 'a' });
  const checked = (at: number) => [healthChecked(at, 'shallow', 'healthy')];
  const pending = Array.from({ length: 1_000 }, () => store.open(open, accepted));
  expect(await store.add(checked(1))).toMatchObject({ ok: false });
  await Promise.all(pending);
  expect(await store.add(checked(2))).toMatchObject({ ok: true });
  expect(await store.add(checked(3))).toMatchObject({ ok: true });
});
