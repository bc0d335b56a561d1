/** A clock that was set back by a day kept alerts that waited from being sent for that day. */
import { expect, it } from 'vitest';
import type { OutboxEntry } from '../../src/contracts/alert-record.ts';
import { nextSendAtMs, nextToSend } from '../../src/core/alerts/outbox.ts';
import { alertPost } from '../fixtures/alert-post.ts';
import { outboxBench } from '../fixtures/alerts/outbox-bench.ts';
import { FakeHost } from '../fixtures/fake-host.ts';

const DAY_MS = 86_400_000;
const nowMs = new FakeHost().epochNow();
const entry: OutboxEntry = {
  id: 'entry-1',
  priority: 2,
  createdAtMs: nowMs,
  sizeBytes: 800,
  post: alertPost(),
  attempts: 1,
  dueAtMs: nowMs,
  leasedUntilMs: 0,
};

it('a lease and a delay end that could not have been set so far ahead', () => {
  for (const change of [{ leasedUntilMs: nowMs + DAY_MS }, { dueAtMs: nowMs + DAY_MS }]) {
    expect(nextToSend([{ ...entry, ...change }], nowMs)?.id).toBe('entry-1');
    expect(nextSendAtMs([{ ...entry, ...change }], nowMs)).toBe(nowMs);
  }
  for (const change of [{ leasedUntilMs: nowMs + 60_000 }, { dueAtMs: nowMs + 3_600_000 }]) {
    expect(nextToSend([{ ...entry, ...change }], nowMs)).toBeNull();
  }
});

it.each([503, { status: 429, retryAfter: '3600' }])(
  'so does the pause after an answer: %o',
  async (mood) => {
    let setBackMs = 0;
    const { relay, store, sender } = outboxBench({
      epochNow: () => nowMs - setBackMs,
      after: () => () => {},
    });
    await store.enqueue(entry);
    relay.mood = mood;
    await sender.wake();
    await sender.wake();
    expect(relay.got).toHaveLength(1);
    setBackMs = DAY_MS;
    relay.mood = 202;
    await sender.wake();
    expect(await store.outbox()).toEqual({ ok: true, value: [] });
  },
);
