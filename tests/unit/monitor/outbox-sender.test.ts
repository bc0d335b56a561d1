import { describe, expect, it } from 'vitest';
import type { OutboxEntry, OutboxPriority } from '../../../src/contracts/alert-record.ts';
import { toMessage, toPosts } from '../../../src/core/alerts/alert-message.ts';
import { makeAlert } from '../../fixtures/alerts/alert-data.ts';
import { outboxBench, type OutboxBench } from '../../fixtures/alerts/outbox-bench.ts';

function entry({ host }: OutboxBench, id: string, change: Partial<OutboxEntry> = {}): OutboxEntry {
  const context = { pageUrl: 'https://shell.example/app/', version: '1', nowMs: host.epochNow() };
  const [post] = toPosts([toMessage(makeAlert(), context)], context);
  if (post === undefined) throw new Error('no post');
  return {
    id,
    priority: 2,
    createdAtMs: host.epochNow(),
    sizeBytes: 800,
    post,
    attempts: 0,
    dueAtMs: host.epochNow(),
    leasedUntilMs: 0,
    ...change,
  };
}

/** Of another alert than the others. */
function about(fingerprint: string, waits: OutboxEntry): OutboxEntry {
  const alerts = waits.post.alerts.map((alert) => ({ ...alert, fingerprint }));
  return { ...waits, post: { ...waits.post, alerts } };
}

async function queue(bench: OutboxBench, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await bench.store.enqueue(entry(bench, id));
}

/** Lets timers pass, and what they have begun end. */
async function pass({ host }: OutboxBench, ms: number): Promise<void> {
  host.pass(ms);
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}

async function waiting({ store }: OutboxBench): Promise<readonly string[]> {
  const found = await store.outbox();
  return found.ok ? found.value.map(({ id }) => id) : [];
}

async function logged({ store }: OutboxBench): Promise<readonly string[]> {
  const lines = await store.deliveries(100);
  if (!lines.ok) return [];
  return lines.value
    .toReversed()
    .map(({ entryId, result, answer }) => `${entryId} ${result} ${answer}`);
}

describe('an entry', () => {
  it('leaves the outbox when the relay has taken it, under its key', async () => {
    const bench = outboxBench();
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    expect(bench.relay.got.map(({ key, post }) => [key, post.alerts.length])).toEqual([
      ['entry-1', 1],
    ]);
    expect(await waiting(bench)).toEqual([]);
    expect(await logged(bench)).toEqual(['entry-1 accepted HTTP 202']);
  });

  it('is in the outbox until then, leased to whoever sends it', async () => {
    const bench = outboxBench();
    await queue(bench, 'entry-1');
    bench.relay.hold();
    const sent = bench.sender.wake();
    await pass(bench, 0);
    expect(bench.relay.got).toHaveLength(1);
    expect(await waiting(bench)).toEqual(['entry-1']);
    const nowMs = bench.host.epochNow();
    expect(await bench.store.lease({ nowMs, untilMs: nowMs + 1 })).toEqual({
      ok: true,
      value: null,
    });
    bench.relay.letGo();
    await sent;
    expect(await waiting(bench)).toEqual([]);
  });

  it('whose sender has died is sent by another one when its lease is over, under the same key', async () => {
    const bench = outboxBench();
    await queue(bench, 'entry-1');
    const nowMs = bench.host.epochNow();
    await bench.store.lease({ nowMs, untilMs: nowMs + 30_000 });
    await bench.sender.wake();
    expect(bench.relay.got).toEqual([]);
    await pass(bench, 30_000);
    expect(bench.relay.got.map(({ key }) => key)).toEqual(['entry-1']);
  });

  it('that matters more goes first, of equals the older one', async () => {
    const bench = outboxBench();
    const order: readonly [string, OutboxPriority, number][] = [
      ['test', 0, 0],
      ['old', 2, 10],
      ['new', 2, 20],
      ['critical', 3, 30],
    ];
    for (const [id, priority, atMs] of order) {
      const createdAtMs = bench.host.epochNow() - 1000 + atMs;
      await bench.store.enqueue(
        about(`alert of ${id}`, entry(bench, id, { priority, createdAtMs })),
      );
    }
    await bench.sender.wake();
    expect(bench.relay.got.map(({ key }) => key)).toEqual(['critical', 'old', 'new', 'test']);
  });
});

describe('a relay that is away or busy', () => {
  it.each([[500], [503], [408], [425], [429], ['away' as const]])(
    'is tried again with full jitter, and nothing is lost: %s',
    async (mood) => {
      const bench = outboxBench();
      bench.relay.mood = mood;
      await queue(bench, 'entry-1', 'entry-2');
      await bench.sender.wake();
      // One knocks for all.
      expect(bench.relay.got).toHaveLength(1);
      await pass(bench, 999);
      expect(bench.relay.got).toHaveLength(1);
      await pass(bench, 1);
      expect(bench.relay.got).toHaveLength(2);
      await pass(bench, 1999);
      expect(bench.relay.got).toHaveLength(2);
      bench.relay.mood = 202;
      await pass(bench, 1);
      expect(await waiting(bench)).toEqual([]);
      expect(new Set(bench.relay.got.map(({ key }) => key)).size).toBe(2);
    },
  );

  it('never waits longer than 5 min, for an hour of simulated time', async () => {
    const bench = outboxBench();
    bench.relay.mood = 'away';
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    for (let second = 0; second < 3600; second++) await pass(bench, 1000);
    // 1, 2, 4, 8, 16, 32, 64, 128 seconds, then 150 each.
    expect(bench.relay.got.length).toBeGreaterThanOrEqual(8 + 21);
    bench.relay.mood = 202;
    for (let second = 0; second < 150; second++) await pass(bench, 1000);
    expect(await waiting(bench)).toEqual([]);
  });

  it('is not asked before the time that it has named, not even when the connection is back', async () => {
    const bench = outboxBench();
    bench.relay.mood = { status: 429, retryAfter: '30' };
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    bench.relay.mood = 202;
    bench.sender.onOnline();
    await pass(bench, 0);
    await pass(bench, 29_999);
    expect(bench.relay.got).toHaveLength(1);
    await pass(bench, 1);
    expect(bench.relay.got).toHaveLength(2);
    expect(await waiting(bench)).toEqual([]);
  });

  it('is asked at once when the connection is back', async () => {
    const bench = outboxBench();
    bench.relay.mood = 'away';
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    expect(bench.syncs()).toBe(1);
    bench.relay.mood = 202;
    bench.sender.onOnline();
    await pass(bench, 0);
    expect(await waiting(bench)).toEqual([]);
  });
});

describe('a relay that refuses', () => {
  it.each([[400], [401], [403], [404], [413], [422]])(
    'is not asked again: the post is a dead letter, and the next one has its turn: %s',
    async (status) => {
      const bench = outboxBench();
      bench.relay.mood = status;
      await queue(bench, 'entry-1', 'entry-2');
      await bench.sender.wake();
      expect(bench.relay.got.map(({ key }) => key)).toEqual(['entry-1', 'entry-2']);
      expect(await waiting(bench)).toEqual([]);
      expect(await bench.store.deadLetters()).toMatchObject({
        ok: true,
        value: [
          { answer: `HTTP ${status}`, code: 'relay/some-refusal' },
          { answer: `HTTP ${status}`, code: 'relay/some-refusal' },
        ],
      });
    },
  );

  it('can be asked again when somebody has changed something, under the same key', async () => {
    const bench = outboxBench();
    bench.relay.mood = 401;
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    bench.relay.mood = 202;
    expect(await bench.store.retryDeadLetter('entry-1', bench.host.epochNow())).toEqual({
      ok: true,
      value: true,
    });
    await bench.sender.wake();
    expect(bench.relay.got.map(({ key }) => key)).toEqual(['entry-1', 'entry-1']);
    expect(await waiting(bench)).toEqual([]);
    expect(await bench.store.deadLetters()).toEqual({ ok: true, value: [] });
  });
});

describe('without a relay', () => {
  it('nothing waits for ever, and the log says why', async () => {
    const bench = outboxBench();
    bench.relay.sinks = null;
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    expect(bench.relay.got).toEqual([]);
    expect(await waiting(bench)).toEqual([]);
    expect(await logged(bench)).toEqual(['entry-1 no-relay ']);
    // The page shows the alert: nothing was lost.
    expect(bench.dropped).toEqual([]);
  });

  it('that passes anything on, neither', async () => {
    const bench = outboxBench();
    bench.relay.sinks = [];
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    expect(await logged(bench)).toEqual(['entry-1 no-relay ']);
  });

  it('one that an operator has set is waited for', async () => {
    const bench = outboxBench();
    bench.link.use({ url: 'https://relay.example/', token: 'secret' });
    bench.relay.sinks = null;
    bench.relay.mood = 503;
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    expect(await waiting(bench)).toEqual(['entry-1']);
    expect(bench.relay.got.map(({ token }) => token)).toEqual(['Bearer secret']);
  });
});

describe('the bounds of the outbox', () => {
  it('let go the oldest of what matters least, and count it', async () => {
    const bench = outboxBench({ limits: { maxEntries: 2, maxBytes: 1e6, maxAgeMs: 1e6 } });
    bench.relay.mood = 500;
    const order: readonly [string, OutboxPriority][] = [
      ['info', 1],
      ['critical', 3],
      ['warning', 2],
    ];
    for (const [id, priority] of order) await bench.store.enqueue(entry(bench, id, { priority }));
    await bench.sender.wake();
    expect(await waiting(bench)).toEqual(['critical', 'warning']);
    expect(bench.dropped).toEqual([['queue_overflow', 1]]);
    expect((await logged(bench))[0]).toBe('info overflowed ');
  });

  it('are of bytes as well', async () => {
    const bench = outboxBench({ limits: { maxEntries: 9, maxBytes: 1600, maxAgeMs: 1e6 } });
    bench.relay.mood = 500;
    await queue(bench, 'entry-1', 'entry-2', 'entry-3');
    await bench.sender.wake();
    expect(await waiting(bench)).toEqual(['entry-2', 'entry-3']);
  });

  it('are of age: what is too old is not sent, and counted', async () => {
    const bench = outboxBench({ limits: { maxEntries: 9, maxBytes: 1e6, maxAgeMs: 60_000 } });
    bench.relay.mood = 'away';
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    for (let second = 0; second < 70; second++) await pass(bench, 1000);
    expect(await waiting(bench)).toEqual([]);
    expect(bench.dropped).toEqual([['expired', 1]]);
  });
});

describe('a page that is about to go', () => {
  it('sends what waits without waiting itself, in requests that outlive it', async () => {
    const bench = outboxBench();
    await bench.link.check();
    const entries = [entry(bench, 'entry-1'), entry(bench, 'entry-2')];
    bench.relay.hold();
    for (const queued of entries) await bench.store.enqueue(queued);
    bench.sender.onQueued(entries);
    bench.sender.flush();
    await pass(bench, 0);
    expect(bench.relay.got.map(({ key, isKeptAlive }) => [key, isKeptAlive]).sort()).toEqual([
      ['entry-1', true],
      ['entry-2', true],
    ]);
  });

  it('sends at most 60 kB like that; the rest stays in the outbox', async () => {
    const bench = outboxBench();
    const large = ['entry-1', 'entry-2'].map((id) => entry(bench, id, { sizeBytes: 40_000 }));
    for (const queued of large) await bench.store.enqueue(queued);
    bench.relay.hold();
    bench.sender.onQueued(large);
    bench.sender.flush();
    await pass(bench, 0);
    expect(bench.relay.got).toHaveLength(1);
    expect(await waiting(bench)).toEqual(['entry-1', 'entry-2']);
  });

  it('does not knock at a relay that has asked for time', async () => {
    const bench = outboxBench();
    bench.relay.mood = { status: 429, retryAfter: '30' };
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    bench.sender.flush();
    expect(bench.relay.got).toHaveLength(1);
  });
});

describe('a site that is no relay', () => {
  it('gets no alert when the connection is back', async () => {
    const bench = outboxBench();
    bench.relay.sinks = null;
    bench.relay.isReachable = false;
    await queue(bench, 'entry-1');
    await bench.sender.wake();
    bench.relay.isReachable = true;
    const before = bench.relay.asked.length;
    bench.sender.onOnline();
    await pass(bench, 0);
    expect(bench.relay.asked.slice(before)).toEqual(['/app/v1/destinations']);
    expect(await waiting(bench)).toEqual([]);
    expect(await logged(bench)).toEqual([
      expect.stringContaining('entry-1 failed'),
      expect.stringContaining('entry-1 no-relay'),
    ]);
  });
});
