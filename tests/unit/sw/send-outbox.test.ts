import { expect, it } from 'vitest';
import type { OutboxEntry } from '../../../src/contracts/alert-record.ts';
import { toMessage, toPosts } from '../../../src/core/alerts/alert-message.ts';
import { MemoryAlerts } from '../../../src/store/memory-alerts.ts';
import { sendOutbox } from '../../../src/sw/send-outbox.ts';
import { makeAlert, NOON_MS } from '../../fixtures/alerts/alert-data.ts';
import { FakeRelay } from '../../fixtures/alerts/fake-relay.ts';

function setUp({ isPageOpen = false } = {}) {
  const store = new MemoryAlerts();
  const relay = new FakeRelay();
  const expired: number[] = [];
  const request = (
    _name: string,
    _options: LockOptions,
    callback: (lock: Lock | null) => unknown,
  ): Promise<unknown> => Promise.resolve(callback(isPageOpen ? null : ({} as Lock)));
  const send = (): Promise<void> =>
    sendOutbox({
      open: () => Promise.resolve(store),
      locks: { request } as Pick<LockManager, 'request'>,
      fetch: relay.fetch,
      siteUrl: 'https://shell.example/app/',
      epochNow: () => NOON_MS,
      random: () => 0.5,
      onExpired: (alerts) => Promise.resolve(void expired.push(alerts)),
    });
  return { store, relay, send, expired };
}

function entry(id: string): OutboxEntry {
  const context = { pageUrl: 'https://shell.example/', version: '1', nowMs: NOON_MS };
  const [post] = toPosts([toMessage(makeAlert(), context)], context);
  if (post === undefined) throw new Error('no post');
  return {
    id,
    priority: 2,
    createdAtMs: NOON_MS - 1000,
    sizeBytes: 800,
    post,
    attempts: 3,
    // It waits for a connection, which is what the browser has just told of.
    dueAtMs: NOON_MS + 60_000,
    leasedUntilMs: 0,
  };
}

it('sends what waits to the relay that was set, with its token', async () => {
  const { store, relay, send } = setUp();
  await store.enqueue(entry('entry-1'));
  await store.enqueue(entry('entry-2'));
  await store.putRelay({ url: 'https://relay.example/', token: 'secret' });
  await send();
  expect(relay.got.map(({ key, token }) => [key, token])).toEqual([
    ['entry-1', 'Bearer secret'],
    ['entry-2', 'Bearer secret'],
  ]);
  expect(await store.outbox()).toEqual({ ok: true, value: [] });
});

it('leaves it to a page that is open', async () => {
  const { store, relay, send } = setUp({ isPageOpen: true });
  await store.enqueue(entry('entry-1'));
  await send();
  expect(relay.got).toEqual([]);
});

it('has the browser try again where the relay does not take it, and keeps it', async () => {
  const { store, relay, send } = setUp();
  relay.mood = { status: 503, retryAfter: '30' };
  await store.enqueue(entry('entry-1'));
  await expect(send()).rejects.toThrow();
  expect(await store.outbox()).toMatchObject({
    ok: true,
    value: [{ id: 'entry-1', attempts: 4, dueAtMs: NOON_MS + 30_000, leasedUntilMs: 0 }],
  });
});

it('has the browser try again where a page was cut off while it sent', async () => {
  const { store, relay, send } = setUp();
  await store.enqueue({ ...entry('entry-1'), leasedUntilMs: NOON_MS + 1 });
  await expect(send()).rejects.toThrow();
  expect(relay.got).toEqual([]);
});

it('lists what is refused for the page to show', async () => {
  const { store, relay, send } = setUp();
  relay.mood = 400;
  await store.enqueue(entry('entry-1'));
  await send();
  expect(await store.deadLetters()).toMatchObject({ ok: true, value: [{ id: 'entry-1' }] });
});

it('sends nothing to a site that is no relay, and asks again where it does not answer', async () => {
  const { store, relay, send } = setUp();
  await store.enqueue(entry('entry-1'));
  relay.isReachable = false;
  await expect(send()).rejects.toThrow();
  relay.isReachable = true;
  relay.sinks = null;
  await send();
  expect(relay.got).toEqual([]);
  expect(relay.asked).not.toContain('/app/v1/alerts');
});

it('lets go what is too old, and counts it', async () => {
  const { store, relay, send, expired } = setUp();
  await store.enqueue({ ...entry('entry-1'), createdAtMs: NOON_MS - 49 * 3_600_000 });
  await store.enqueue(entry('entry-2'));
  await send();
  expect(relay.got.map(({ key }) => key)).toEqual(['entry-2']);
  expect(expired).toEqual([1]);
  expect(await store.deliveries(10)).toMatchObject({
    ok: true,
    value: expect.arrayContaining([
      expect.objectContaining({ entryId: 'entry-1', result: 'expired' }),
    ]) as unknown,
  });
});
