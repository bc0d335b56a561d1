import { describe, expect, test } from 'vitest';
import {
  AlertState,
  lineOfPost,
  type AlertEntry,
  type AlertStateOptions,
  type PostEntry,
} from '../../../relay/alert-state.ts';
import { alertMessage, alertPost, fingerprintOf } from '../../fixtures/alert-post.ts';
import { startTestRelay } from './support/test-relay.ts';

const ALL = { client: null, limit: 1_000 };

function stateWithPosts(posts: number, alerts: number): AlertState {
  const state = new AlertState({ epochNow: () => 0, maxFinishedUnits: 100 });
  for (let post = 1; post <= posts; post++) {
    state.apply({
      kind: 'post',
      post,
      client: 'same-origin',
      key: `key-${post}`,
      body: '',
      atMs: 0,
      skewMs: 0,
      alerts: Array.from({ length: alerts }, (_, n) =>
        alertMessage({ fingerprint: fingerprintOf(post * alerts + n) }),
      ),
      sinks: ['slack'],
    });
  }
  return state;
}

function deliver(state: AlertState, post: number, alerts: number): void {
  state.apply({
    kind: 'progress',
    sink: 'slack',
    units: Array.from({ length: alerts }, (_, alert) => [post, alert] as const),
    change: {
      status: 'delivered',
      attempts: 1,
      answer: 'HTTP 200',
      isUncertain: false,
      finishedAtMs: 0,
    },
  });
}

test('of what was delivered the newest is kept, however many alerts a post has', () => {
  const state = stateWithPosts(50, 10);
  for (let post = 1; post <= 50; post++) deliver(state, post, 10);
  const kept = state.deliveries(ALL);
  expect(kept.length).toBeGreaterThanOrEqual(100);
  expect(kept.length).toBeLessThanOrEqual(110);
  expect(kept[0]?.post).toBe(50);
});

test('what waits is never given up for it', () => {
  const state = stateWithPosts(50, 10);
  for (let post = 2; post <= 50; post++) deliver(state, post, 10);
  expect([...state.queued()].map(({ post }) => post.post)).toEqual(Array(10).fill(1));
});

test('an answer that is told twice counts once', () => {
  const state = stateWithPosts(12, 10);
  for (let time = 0; time < 3; time++) {
    for (let post = 1; post <= 10; post++) deliver(state, post, 10);
  }
  expect(state.deliveries({ ...ALL, status: 'delivered' })).toHaveLength(100);
});

describe('idempotency keys', () => {
  const HOUR_MS = 3_600_000;

  /** What is left of a post after it was forgotten. */
  function keyEntry(key: string, atMs: number): AlertEntry {
    const receipt = { post: 1, accepted: 1, sinks: ['slack'] } as const;
    return { kind: 'key', key, body: 'hash', atMs, receipt };
  }

  function flood(options: Partial<AlertStateOptions>, keys: number): AlertState {
    const state = new AlertState({ epochNow: () => 0, ...options });
    for (let n = 1; n <= keys; n++) state.apply(keyEntry(`key-${n}`, 0));
    return state;
  }

  test('are as many as a quarter of a million and a tenth, whatever comes: the oldest go', () => {
    const state = flood({}, 300_000);
    expect(state.keyCount).toBeGreaterThanOrEqual(250_000);
    expect(state.keyCount).toBeLessThanOrEqual(275_000);
    expect(state.keyOf('key-300000')).not.toBeNull();
    expect(state.keyOf('key-50001')).not.toBeNull();
    expect(state.keyOf('key-25000')).toBeNull();
  });

  test('are no more on the disk than in memory, and no more after a restart', () => {
    const state = flood({ maxKeys: 1_000 }, 20_000);
    const entries = [...state.snapshot()];
    const written = entries.flatMap((entry) => (entry.kind === 'keys' ? entry.keys : []));
    expect(written).toHaveLength(state.keyCount);
    expect(state.keyCount).toBeLessThanOrEqual(1_100);
    const next = new AlertState({ epochNow: () => 0, maxKeys: 1_000 });
    for (const entry of entries) next.apply(entry);
    expect(next.keyCount).toBe(state.keyCount);
    expect([...next.snapshot()].length).toBe(entries.length);
  });

  test('come back from the disk with the receipts that they had, whatever sinks they went to', () => {
    const state = new AlertState({ epochNow: () => 0 });
    const receipts = Array.from({ length: 1_234 }, (_, n) => ({
      post: n + 1,
      accepted: (n % 64) + 1,
      sinks: n % 400 < 300 ? (['slack'] as const) : (['slack', 'email'] as const),
    }));
    receipts.forEach((receipt, n) => {
      state.apply({ kind: 'key', key: `key-${n}`, body: `hash ${n}`, atMs: n, receipt });
    });
    const lines = [...state.snapshot()].map((entry) => JSON.stringify(entry));
    expect(lines.length).toBeLessThan(15);
    const next = new AlertState({ epochNow: () => 0 });
    for (const line of lines) {
      const entry = next.parse(JSON.parse(line));
      if (entry !== null) next.apply(entry);
    }
    expect(next.keyCount).toBe(1_234);
    receipts.forEach((receipt, n) => {
      expect(next.keyOf(`key-${n}`)).toEqual({ body: `hash ${n}`, atMs: n, receipt });
    });
  });

  test('are forgotten after three days, all of them, as soon as the next one comes', () => {
    let nowMs = 0;
    const state = new AlertState({ epochNow: () => nowMs });
    for (let n = 1; n <= 5_000; n++) {
      nowMs = n * 1_000;
      state.apply(keyEntry(`key-${n}`, nowMs));
    }
    expect(state.keyCount).toBe(5_000);
    nowMs += 70 * HOUR_MS;
    state.apply(keyEntry('next', nowMs));
    expect(state.keyCount).toBe(5_001);
    nowMs += 3 * HOUR_MS;
    state.apply(keyEntry('last', nowMs));
    expect(state.keyCount).toBe(2);
    expect(state.keyOf('key-5000')).toBeNull();
  });

  test('are not kept for what was refused, however many somebody makes up', async () => {
    const relay = await startTestRelay({ environment: { RELAY_ALERTS_PER_ROUTE: '5' } });
    const statuses: number[] = [];
    for (let n = 0; n < 40; n++) statuses.push((await relay.postAlerts(alertPost())).statusCode);
    expect(statuses.filter((status) => status === 202)).toHaveLength(5);
    expect(new Set(statuses.slice(5))).toEqual(new Set([429]));
    const refused = [
      { ...alertPost(), schemaVersion: 2 as never },
      alertPost({ route: 'pager' }),
      alertPost({ alerts: [] }),
    ];
    for (const post of refused) {
      for (let n = 0; n < 20; n++) {
        expect((await relay.postAlerts(post)).statusCode).toBeGreaterThanOrEqual(400);
      }
    }
    const stranger = { origin: 'https://evil.example' };
    expect((await relay.postAlerts(alertPost(), { headers: stranger })).statusCode).toBe(401);
    expect(relay.relay.state.keyCount).toBe(5);
  });
});

describe('the line of a new post', () => {
  const post = alertPost({ alerts: [alertMessage({ summary: 'Slow: ü “p95” \u2028 \\n' })] });
  const entry: PostEntry = {
    kind: 'post',
    post: 7,
    client: 'same-origin',
    key: 'key',
    body: 'hash',
    atMs: 5,
    skewMs: 0,
    alerts: post.alerts,
    sinks: ['slack', 'email'],
  };

  test.each([
    ['a body in one line', JSON.stringify(post)],
    ['a body over several lines', JSON.stringify(post, null, 2)],
    ['a body with a key twice', JSON.stringify(post).replace('{', '{"alerts":[],')],
    ['no body', null],
  ])('of %s is read back as the same entry', (_, given) => {
    const line = lineOfPost(entry, given);
    expect(line).not.toContain('\n');
    expect(new AlertState({ epochNow: () => 0 }).parse(JSON.parse(line))).toEqual(entry);
  });
});
