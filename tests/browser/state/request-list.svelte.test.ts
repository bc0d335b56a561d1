import { flushSync } from 'svelte';
import { afterEach, describe, expect, test } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import type { RequestRecord } from '../../../src/contracts/request-record.ts';
import { RequestList } from '../../../src/state/request-list.svelte.ts';
import { Router } from '../../../src/state/router.svelte.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { requestLife } from '../../fixtures/monitoring/request-life.ts';
import { sampleRecords } from '../../fixtures/monitoring/sample-records.ts';
import { waitFor } from '../support/wait-for.ts';

const NOW_MS = new FakeHost().epochNow();
const HOUR_MS = 3_600_000;

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function fill(store: MemoryMonitor, records: readonly RequestRecord[]): Promise<void> {
  const { accepted, ended } = requestLife();
  for (const record of records) {
    await store.open({ ...record, endedAtEpochMs: null, outcome: null }, accepted);
    if (record.outcome !== null) await store.close(record, ended);
  }
}

async function setUp(records: readonly RequestRecord[], hash = '#/requests', pageSize = 1000) {
  const store = new MemoryMonitor();
  await fill(store, records);
  const address = { hash };
  const router = new Router({
    hash: () => address.hash,
    replace: (next) => {
      address.hash = next;
    },
    subscribe: () => () => {},
  });
  const callbacks = new Set<() => void>();
  const list = new RequestList({
    store,
    onChange: (callback) => {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    router,
    host: new FakeHost(),
    pageSize,
  });
  stops.push(list.start());
  flushSync();
  await waitFor(() => expect(list.isLoaded).toBe(true));
  const change = () => {
    for (const callback of callbacks) callback();
  };
  return { store, list, router, address, change };
}

const sample = (count: number) =>
  sampleRecords({ seed: 5, count, fromMs: NOW_MS - 5 * HOUR_MS, toMs: NOW_MS });

const ids = (list: RequestList): string[] => list.rows.map(({ id }) => id);

describe('the requests', () => {
  test('are there newest first, and older ones on demand', async () => {
    const records = sample(25);
    const { list } = await setUp(records, '#/requests', 10);
    const newestFirst = records.map(({ id }) => id).reverse();
    expect(ids(list)).toEqual(newestFirst.slice(0, 10));
    expect([list.loadedCount, list.totalCount, list.hasMore]).toEqual([10, 25, true]);
    await list.loadMore();
    await list.loadMore();
    expect(ids(list)).toEqual(newestFirst);
    expect(list.hasMore).toBe(false);
  });

  test('are sorted by any column, what has no value last', async () => {
    const { list, address } = await setUp(sample(60));
    list.sortBy('latency');
    const slowestFirst = list.rows.map(({ latencySeconds }) => latencySeconds);
    const known = slowestFirst.filter((value) => value !== null);
    expect(known).toEqual(known.toSorted((a, b) => b - a));
    expect(slowestFirst.lastIndexOf(known.at(-1) ?? 0)).toBe(known.length - 1);
    expect(address.hash).toBe('#/requests?sort=-latency');
    list.sortBy('latency');
    expect(list.rows[0]?.latencySeconds).toBe(known.at(-1));
    expect(address.hash).toBe('#/requests?sort=latency');
  });

  test('are those of a link: of an outcome, in a part of time by their end, in a bucket', async () => {
    const records = sample(120);
    const from = NOW_MS - 3 * HOUR_MS;
    const to = NOW_MS - HOUR_MS;
    const { list } = await setUp(
      records,
      `#/requests?outcome=stop&from=${from}&to=${to}&latencyFrom=0.5&latencyTo=1`,
    );
    const expected = records.filter((record) => {
      const ended = record.endedAtEpochMs ?? 0;
      const latency = (record.timestamps.lastTokenMs ?? record.timestamps.finishedMs) / 1000;
      const isIn = ended >= from && ended < to && latency > 0.5 && latency <= 1;
      return record.outcome === 'stop' && isIn && !record.isSuspended;
    });
    expect(expected.length).toBeGreaterThan(3);
    expect(new Set(ids(list))).toEqual(new Set(expected.map(({ id }) => id)));
  });

  test('of a part of time come page by page as well', async () => {
    const records = sample(40);
    const { list } = await setUp(records, `#/requests?from=0&to=${NOW_MS + HOUR_MS}`, 15);
    expect([list.rows.length, list.hasMore]).toEqual([15, true]);
    await list.loadMore();
    await list.loadMore();
    await list.loadMore();
    expect(new Set(ids(list))).toEqual(new Set(records.map(({ id }) => id)));
    expect(list.hasMore).toBe(false);
  });

  test('are searched by trace id, failure and model', async () => {
    const records = sample(200);
    const { list } = await setUp(records);
    const some = records[17];
    list.filter({ text: some?.id.replaceAll('-', '').toUpperCase() ?? '' });
    expect(ids(list)).toEqual([some?.id]);
    list.filter({ text: 'sample coder' });
    expect(list.rows.every(({ modelName }) => modelName === 'Sample Coder')).toBe(true);
    list.filter({ text: 'nobody has this' });
    expect([list.rows.length, list.isFiltered]).toEqual([0, true]);
    list.clearFilter();
    expect([list.rows.length, list.isFiltered]).toEqual([200, false]);
  });

  test('come in live, and an active one ends in its place', async () => {
    const { store, list, change } = await setUp(sample(3));
    const { open, closed, accepted, ended } = requestLife({
      id: 'live',
      acceptedAtEpochMs: NOW_MS + 5,
    });
    await store.open(open, accepted);
    change();
    await waitFor(() => expect(list.rows[0]?.outcome).toBe('active'));
    expect(list.totalCount).toBe(4);
    await store.close(closed, ended);
    change();
    await waitFor(() => expect(list.rows[0]?.outcome).toBe('stop'));
    expect(list.rows).toHaveLength(4);
    await store.amend('live', { similarity: 0.5 }, null);
    change();
    await waitFor(() => expect(list.rows[0]?.similarity).toBe(0.5));
  });

  test('go when they are deleted', async () => {
    const { store, list, change } = await setUp(sample(3));
    await store.clear();
    change();
    await waitFor(() => expect(list.rows).toHaveLength(0));
    expect(list.totalCount).toBe(0);
  });

  test('stay when the store fails, and the failure is told', async () => {
    const { store, list, change } = await setUp(sample(3));
    const cause = failure('store/unavailable');
    store.countRecords = () => Promise.resolve({ ok: false, failure: cause });
    change();
    await waitFor(() => expect(list.failure).toEqual(cause));
    expect(list.rows).toHaveLength(3);
  });

  test('lead to one of them, and the link keeps what is shown', async () => {
    const { list, router } = await setUp(sample(3), '#/requests?outcome=stop');
    expect(list.hrefOf('x')).toBe('#/requests?id=x&outcome=stop');
    list.show('x');
    expect(router.query.get('id')).toBe('x');
    list.show(null);
    expect(router.query.toString()).toBe('outcome=stop');
  });
});
