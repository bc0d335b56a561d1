/** The end of an alert overtook its beginning where it shared a post with something more severe: the alert fired for a day. */
import { expect, it } from 'vitest';
import type { OutboxEntry } from '../../src/contracts/alert-record.ts';
import { nextSendAtMs, nextToSend } from '../../src/core/alerts/outbox.ts';
import { alertMessage, alertPost } from '../fixtures/alert-post.ts';
import { outboxBench } from '../fixtures/alerts/outbox-bench.ts';
import { FakeHost } from '../fixtures/fake-host.ts';

const nowMs = new FakeHost().epochNow();

function entry(
  id: string,
  fingerprints: readonly string[],
  change: Partial<OutboxEntry>,
): OutboxEntry {
  return {
    id,
    priority: 2,
    createdAtMs: nowMs,
    sizeBytes: 800,
    post: alertPost({ alerts: fingerprints.map((fingerprint) => alertMessage({ fingerprint })) }),
    attempts: 0,
    dueAtMs: nowMs,
    leasedUntilMs: 0,
    ...change,
  };
}

const begin = entry('begin', ['a'], { createdAtMs: nowMs - 3000 });
const end = entry('end', ['b', 'a'], { createdAtMs: nowMs - 1000, priority: 3 });
const other = entry('other', ['c'], { priority: 1 });

it('what is about an alert waits for the older post about it, whatever that waits for', () => {
  expect(nextToSend([begin, end, other], nowMs)?.id).toBe('begin');
  const leased = { ...begin, leasedUntilMs: nowMs + 60_000 };
  expect(nextToSend([leased, end, other], nowMs)?.id).toBe('other');
  const delayed = { ...begin, dueAtMs: nowMs + 30_000 };
  expect(nextToSend([delayed, end, other], nowMs)?.id).toBe('other');
  expect(nextToSend([delayed, end], nowMs)).toBeNull();
  expect(nextSendAtMs([delayed, end], nowMs)).toBe(nowMs + 30_000);
});

it('and so it does where the beginning was given up, and is tried again after the end', () => {
  const startsAt = new Date(nowMs - 60_000).toISOString();
  const about = (id: string, state: 'firing' | 'resolved', createdAtMs: number): OutboxEntry => ({
    ...entry(id, [], { createdAtMs }),
    post: alertPost({ alerts: [alertMessage({ fingerprint: 'a', state, startsAt })] }),
  });
  const revivedEnd = about('end', 'resolved', nowMs - 20);
  const revivedBegin = about('begin', 'firing', nowMs - 10);
  expect(nextToSend([revivedEnd, revivedBegin], nowMs)?.id).toBe('begin');
  // The clock was set back in between.
  const early = about('end', 'resolved', nowMs - 3_600_000);
  expect(nextToSend([early, about('begin', 'firing', nowMs)], nowMs)?.id).toBe('begin');
});

it('two that wait for each other are sent one after the other all the same', () => {
  const [first, second] = [nowMs - 60_000, nowMs - 30_000].map((ms) => new Date(ms).toISOString());
  const about = (id: string, starts: readonly (string | undefined)[]): OutboxEntry => ({
    ...entry(id, [], {}),
    post: alertPost({
      alerts: starts.map((startsAt, at) =>
        alertMessage({ fingerprint: `alert-${at}`, startsAt: startsAt ?? '' }),
      ),
    }),
  });
  const tangled = [about('one', [first, second]), about('two', [second, first])];
  expect(nextToSend(tangled, nowMs)?.id).toBe('one');
});

it('a page that is about to go does not send both at once', async () => {
  const { relay, store, link, sender } = outboxBench();
  await link.check();
  for (const waits of [begin, end, other]) await store.enqueue(waits);
  relay.hold();
  sender.onQueued([begin, end, other]);
  sender.flush();
  expect(relay.got.map(({ key }) => key)).toEqual(['begin', 'other']);
  relay.letGo();
  await expect.poll(() => relay.got.map(({ key }) => key)).toEqual(['begin', 'other', 'end']);
});
