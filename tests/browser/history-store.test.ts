import { deleteDB, openDB } from 'idb';
import { afterEach, describe, expect, test } from 'vitest';
import type { Failure } from '../../src/contracts/failure.ts';
import type { HistoryEntry } from '../../src/contracts/history.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openHistory } from '../../src/store/open-history.ts';
import type { Database } from '../../src/store/schema.ts';
import {
  IndexedDbHistory,
  MemoryHistory,
  type HistoryStore,
} from '../../src/store/history-store.ts';
import { makeRecord } from '../fixtures/records.ts';

const NAME = 'shellwright-test';
let database: Database | null = null;

afterEach(async () => {
  database?.close();
  database = null;
  await deleteDB(NAME);
});

async function openIndexedDb(): Promise<HistoryStore> {
  const opened = await openDatabase({ name: NAME });
  database = opened;
  return new IndexedDbHistory(() => Promise.resolve(opened));
}

function entry(number: number, prompt = `request ${number}`, text = 'ls\n'): HistoryEntry {
  const id = `id-${number}`;
  const acceptedAtEpochMs = 1_700_000_000_000 + number * 1_000;
  return {
    schemaVersion: 1,
    id,
    acceptedAtEpochMs,
    record: makeRecord({ id, acceptedAtEpochMs, prompt, text }),
    editedText: null,
  };
}

async function find(store: HistoryStore, text = '', limit = 10) {
  const result = await store.find({ text, limit });
  if (!result.ok) throw new Error(result.failure.message);
  return { ...result.value, ids: result.value.entries.map(({ id }) => id) };
}

describe.each([
  ['IndexedDB', openIndexedDb, true],
  ['memory', () => Promise.resolve(new MemoryHistory()), false],
])('the history in %s', (_, open, isPersistent) => {
  test('says whether it outlives the page', async () => {
    expect((await open()).isPersistent).toBe(isPersistent);
  });

  test('gives entries newest first, as many as asked for, and says whether there are more', async () => {
    const store = await open();
    for (const number of [2, 5, 1, 4, 3]) await store.put(entry(number));
    expect(await find(store, '', 2)).toMatchObject({
      ids: ['id-5', 'id-4'],
      hasMore: true,
      totalCount: 5,
    });
    expect(await find(store, '', 5)).toMatchObject({ hasMore: false });
  });

  test('finds entries that have every word, in prompt or script, in any case', async () => {
    const store = await open();
    await store.put(entry(1, 'Count lines', 'wc -l *.py\n'));
    await store.put(entry(2, 'rename files', 'mv a b\n'));
    await store.put({ ...entry(3, 'list', 'ls\n'), editedText: 'ls | WC\n' });
    expect((await find(store, 'wc')).ids).toEqual(['id-3', 'id-1']);
    expect((await find(store, '  COUNT   wc ')).ids).toEqual(['id-1']);
    expect(await find(store, 'nowhere')).toMatchObject({ ids: [], totalCount: 3 });
  });

  test('replaces an entry with the same id', async () => {
    const store = await open();
    await store.put(entry(1));
    await store.put({ ...entry(1), editedText: 'ls -l\n' });
    expect(await find(store)).toMatchObject({ totalCount: 1 });
    expect(await store.get('id-1')).toMatchObject({ ok: true, value: { editedText: 'ls -l\n' } });
  });

  test('forgets one, or all', async () => {
    const store = await open();
    for (const number of [1, 2, 3]) await store.put(entry(number));
    await store.delete('id-2');
    await store.delete('unknown');
    expect((await find(store)).ids).toEqual(['id-3', 'id-1']);
    await store.clear();
    expect(await find(store)).toMatchObject({ ids: [], totalCount: 0 });
    expect(await store.get('id-1')).toEqual({ ok: true, value: null });
  });
});

describe('an entry of an older version', () => {
  test('gets what records have gained since', async () => {
    const store = await openIndexedDb();
    const old = structuredClone(entry(1)) as unknown as {
      record: {
        syntax?: unknown;
        guard?: unknown;
        dangers?: unknown;
        engine: { layers?: unknown };
        parameters: { guard?: unknown };
      };
    };
    delete old.record.syntax;
    delete old.record.guard;
    delete old.record.dangers;
    delete old.record.engine.layers;
    delete old.record.parameters.guard;
    await store.put(old as unknown as HistoryEntry);
    const gained = {
      syntax: null,
      guard: { on: false },
      dangers: [],
      engine: { layers: null },
      parameters: { guard: false },
    };
    expect(await store.get('id-1')).toMatchObject({ ok: true, value: { record: gained } });
    expect((await find(store)).entries[0]?.record).toMatchObject(gained);
  });
});

describe('the database', () => {
  test('keeps entries when it is opened again', async () => {
    await (await openIndexedDb()).put(entry(1));
    database?.close();
    expect((await find(await openIndexedDb())).ids).toEqual(['id-1']);
  });

  test('makes way for a newer version in another tab, and says so', async () => {
    const heard: Failure[] = [];
    const { store } = await openHistory(
      (cause) => heard.push(cause),
      (options) => openDatabase({ name: NAME, ...options }),
    );
    const newer = await openDB(NAME, 99);
    const outdated = {
      code: 'store/unavailable',
      message: expect.stringContaining('newer version') as string,
    };
    expect(heard).toMatchObject([outdated]);
    expect(await store.put(entry(1))).toMatchObject({ ok: false, failure: outdated });
    newer.close();
  });

  test('is opened again after the browser has closed it', async () => {
    const heard: Failure[] = [];
    const { store } = await openHistory(
      (cause) => heard.push(cause),
      async (options) => {
        database = await openDatabase({ name: NAME, ...options });
        return database;
      },
    );
    await store.put(entry(1));
    if (database === null) throw new Error('not open');
    database.close();
    database.dispatchEvent(new Event('close'));
    expect(heard).toMatchObject([{ message: expect.stringContaining('closed') as string }]);
    expect((await find(store)).ids).toEqual(['id-1']);
  });
});
