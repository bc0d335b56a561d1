/** What every store of alerting does, in IndexedDB and in memory; and what two pages with one database do. */
import { deleteDB, openDB } from 'idb';
import { afterEach, describe, expect, test } from 'vitest';
import type { OutboxEntry } from '../../src/contracts/alert-record.ts';
import type { Result } from '../../src/contracts/failure.ts';
import { toMessage, toPosts } from '../../src/core/alerts/alert-message.ts';
import { deliveryLine } from '../../src/core/alerts/delivery.ts';
import type { AlertStore } from '../../src/store/alert-port.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Database } from '../../src/store/schema.ts';
import { IndexedDbAlerts } from '../../src/store/indexed-db-alerts.ts';
import { MemoryAlerts } from '../../src/store/memory-alerts.ts';
import {
  makeAlert,
  makeRule,
  makeStatus,
  MINUTE_MS,
  NOON_MS,
} from '../fixtures/alerts/alert-data.ts';

const NAME = 'shellwright-alerts-test';
const open: Database[] = [];

afterEach(async () => {
  for (const database of open.splice(0)) database.close();
  await deleteDB(NAME);
});

async function openDisk(): Promise<IndexedDbAlerts> {
  const database = await openDatabase({ name: NAME });
  open.push(database);
  return new IndexedDbAlerts(database);
}

async function value<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(settled.failure.code);
  return settled.value;
}

function entry(id: string, change: Partial<OutboxEntry> = {}): OutboxEntry {
  const context = { pageUrl: 'https://shell.example/', version: '1', nowMs: NOON_MS };
  const [post] = toPosts([toMessage(makeAlert(), context)], context);
  if (post === undefined) throw new Error('no post');
  return {
    id,
    priority: 2,
    createdAtMs: NOON_MS,
    sizeBytes: 800,
    post,
    attempts: 0,
    dueAtMs: NOON_MS,
    leasedUntilMs: 0,
    ...change,
  };
}

const LEASE = { nowMs: NOON_MS, untilMs: NOON_MS + MINUTE_MS };

describe.each<[string, () => Promise<AlertStore>]>([
  ['IndexedDB', openDisk],
  ['memory', () => Promise.resolve(new MemoryAlerts())],
])('alerts in %s', (_, openStore) => {
  test('a decision is written with its alerts and posts, and only on the book that it was made from', async () => {
    const store = await openStore();
    const firing = makeAlert();
    const decision = {
      revision: 0,
      statuses: [makeStatus({ state: 'firing' })],
      alerts: [firing],
      outbox: [entry('entry-1')],
    };
    expect(await value(store.decide(decision))).toBe(true);
    const late = { ...decision, alerts: [makeAlert({ id: 'late' })], outbox: [entry('late')] };
    expect(await value(store.decide(late))).toBe(false);
    expect(await value(store.book())).toEqual({
      revision: 1,
      editedRules: [],
      statuses: decision.statuses,
      firing: [firing],
      silences: [],
    });
    expect(await value(store.outbox())).toEqual([entry('entry-1')]);
  });

  test('an alert that has ended is in the past, newest first', async () => {
    const store = await openStore();
    const alerts = [1, 2, 3].map((minute) =>
      makeAlert({
        id: `alert-${minute}`,
        startsAtMs: NOON_MS + minute * MINUTE_MS,
        ...(minute === 2 ? {} : { state: 'resolved', endsAtMs: NOON_MS + minute * MINUTE_MS }),
      }),
    );
    await store.decide({ revision: 0, statuses: [], alerts, outbox: [] });
    expect((await value(store.alerts(2))).map(({ id }) => id)).toEqual(['alert-3', 'alert-2']);
    expect((await value(store.book())).firing.map(({ id }) => id)).toEqual(['alert-2']);
  });

  test('rules and silences are kept until they are deleted', async () => {
    const store = await openStore();
    const silence = {
      id: 'silence-1',
      matchers: [],
      createdAtMs: NOON_MS,
      untilMs: NOON_MS + 1,
      author: '',
      comment: '',
    };
    await store.putRule(makeRule());
    await store.putRule(makeRule({ threshold: 9 }));
    await store.putSilence(silence);
    expect(await value(store.book())).toMatchObject({
      editedRules: [{ id: 'slow', threshold: 9 }],
      silences: [silence],
    });
    await store.deleteRule('slow');
    await store.deleteSilence('silence-1');
    expect(await value(store.book())).toMatchObject({ editedRules: [], silences: [] });
  });

  test('an entry is leased once, until its lease is over', async () => {
    const store = await openStore();
    await store.enqueue(entry('entry-1'));
    expect((await value(store.lease(LEASE)))?.leasedUntilMs).toBe(LEASE.untilMs);
    expect(await value(store.lease(LEASE))).toBeNull();
    const later = { nowMs: LEASE.untilMs, untilMs: LEASE.untilMs + MINUTE_MS };
    expect((await value(store.lease(later)))?.id).toBe('entry-1');
  });

  test('an entry that waits is leased when it is due, or by whoever cannot wait', async () => {
    const store = await openStore();
    await store.enqueue(entry('entry-1', { dueAtMs: NOON_MS + 1 }));
    expect(await value(store.lease(LEASE))).toBeNull();
    expect((await value(store.lease({ ...LEASE, dueBeforeMs: Infinity })))?.id).toBe('entry-1');
  });

  test('how an attempt has ended is written with what becomes of the entry', async () => {
    const store = await openStore();
    for (const id of ['gone', 'later', 'dead']) await store.enqueue(entry(id));
    const line = (id: string) => deliveryLine(entry(id), 'accepted', NOON_MS, 'HTTP 202');
    const dead = entry('dead');
    const letter = { id: 'dead', entry: dead, diedAtMs: NOON_MS, answer: 'HTTP 400', code: '' };
    await store.settle('gone', { kind: 'gone', line: line('gone') });
    await store.settle('later', { kind: 'later', dueAtMs: NOON_MS + 5, line: line('later') });
    await store.settle('dead', { kind: 'dead', letter, line: line('dead') });
    expect(await value(store.outbox())).toEqual([
      { ...entry('later'), attempts: 1, dueAtMs: NOON_MS + 5, leasedUntilMs: 0 },
    ]);
    expect(await value(store.deadLetters())).toEqual([letter]);
    expect((await value(store.deliveries(2))).map(({ entryId }) => entryId)).toEqual([
      'dead',
      'later',
    ]);
    // Somebody else has sent it meanwhile.
    expect(await value(store.settle('gone', { kind: 'gone', line: line('gone') }))).toBe(false);
    expect(await value(store.deliveries(9))).toHaveLength(3);
  });

  test('a dead letter goes back into the outbox as new, or away', async () => {
    const store = await openStore();
    for (const id of ['again', 'away']) {
      await store.enqueue(entry(id, { attempts: 4 }));
      const given = entry(id, { attempts: 4 });
      const letter = { id, entry: given, diedAtMs: NOON_MS, answer: 'HTTP 401', code: '' };
      const line = deliveryLine(given, 'dead', NOON_MS, 'HTTP 401');
      await store.settle(id, { kind: 'dead', letter, line });
    }
    const laterMs = NOON_MS + MINUTE_MS;
    expect(await value(store.retryDeadLetter('again', laterMs))).toBe(true);
    expect(await value(store.retryDeadLetter('again', laterMs))).toBe(false);
    const line = deliveryLine(entry('away'), 'discarded', laterMs);
    expect(await value(store.discardDeadLetter('away', line))).toBe(true);
    expect(await value(store.outbox())).toEqual([
      entry('again', { createdAtMs: laterMs, dueAtMs: laterMs }),
    ]);
    expect(await value(store.deadLetters())).toEqual([]);
    expect((await value(store.deliveries(1)))[0]?.result).toBe('discarded');
  });

  test('the relay is remembered', async () => {
    const store = await openStore();
    expect(await value(store.relay())).toBeNull();
    const choice = { url: 'https://relay.example/', token: 'secret' };
    await store.putRelay(choice);
    await store.decide({ revision: 0, statuses: [], alerts: [], outbox: [] });
    expect(await value(store.relay())).toEqual(choice);
  });

  test('what is old goes, what fires stays, and dead letters that had to go are told', async () => {
    const store = await openStore();
    const alerts = [0, 1, 2, 3].map((minute) =>
      makeAlert({
        id: `alert-${minute}`,
        startsAtMs: NOON_MS + minute,
        state: minute === 0 ? 'firing' : 'resolved',
      }),
    );
    await store.decide({ revision: 0, statuses: [], alerts, outbox: [] });
    for (const id of ['a', 'b', 'c']) {
      const diedAtMs = NOON_MS + id.charCodeAt(0);
      const letter = { id, entry: entry(id), diedAtMs, answer: 'HTTP 400', code: '' };
      await store.enqueue(entry(id));
      const line = deliveryLine(entry(id), 'dead', diedAtMs, 'HTTP 400');
      await store.settle(id, { kind: 'dead', letter, line });
    }
    const pruned = await value(
      store.prune({ maxAlerts: 2, maxDeliveries: 2, maxDeadLetters: 2, silencesBeforeMs: 0 }),
    );
    expect(pruned.map(({ id }) => id)).toEqual(['a']);
    expect((await value(store.alerts(9))).map(({ id }) => id)).toEqual(['alert-3', 'alert-0']);
    expect((await value(store.deliveries(9))).map(({ entryId }) => entryId)).toEqual(['c', 'b']);
    expect((await value(store.deadLetters())).map(({ id }) => id)).toEqual(['c', 'b']);
  });
});

describe('two pages with one database', () => {
  test('decide once, lease once', async () => {
    const [first, second] = [await openDisk(), await openDisk()];
    const decide = (store: AlertStore, id: string) =>
      value(store.decide({ revision: 0, statuses: [], alerts: [], outbox: [entry(id)] }));
    const decided = await Promise.all([decide(first, 'entry-1'), decide(second, 'entry-2')]);
    expect(decided.filter((isWritten) => isWritten)).toHaveLength(1);
    const leased = await Promise.all([value(first.lease(LEASE)), value(second.lease(LEASE))]);
    expect(leased.filter((found) => found !== null)).toHaveLength(1);
  });
});

test('everything can be read, for a memory that goes on without the disk', async () => {
  const disk = await openDisk();
  const memory = new MemoryAlerts();
  for (const store of [disk, memory]) {
    await store.decide({
      revision: 0,
      statuses: [makeStatus()],
      alerts: [makeAlert()],
      outbox: [entry('entry-1')],
    });
    await store.putRule(makeRule());
    await store.putRelay({ url: null, token: 'x' });
  }
  expect(await value(disk.contents())).toEqual(memory.contents());
});

test('a database of the version before keeps what it has', async () => {
  const before = await openDB(NAME, 2, {
    upgrade(database) {
      const history = database.createObjectStore('history', { keyPath: 'id' });
      history.createIndex('by-accepted', 'acceptedAtEpochMs');
      const records = database.createObjectStore('records', { keyPath: 'id' });
      records.createIndex('by-accepted', 'acceptedAtEpochMs');
      records.createIndex('by-ended', 'endedAtEpochMs');
      records.createIndex('by-outcome', ['outcome', 'acceptedAtEpochMs']);
      records.createIndex('open', 'openPageId');
      database.createObjectStore('rollups', {
        keyPath: ['resolution', 'startMs', 'model', 'backend', 'outcome'],
      });
      const logs = database.createObjectStore('logs', { keyPath: 'id', autoIncrement: true });
      logs.createIndex('by-trace', 'traceId');
      database.createObjectStore('monitor-sums');
    },
  });
  await before.put('monitor-sums', 7, 'recordBytes');
  before.close();
  const store = await openDisk();
  expect(await value(store.book())).toMatchObject({ revision: 0, firing: [] });
  expect(await open[0]?.get('monitor-sums', 'recordBytes')).toBe(7);
});
