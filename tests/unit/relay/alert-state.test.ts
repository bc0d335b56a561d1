import { expect, test } from 'vitest';
import { AlertState } from '../../../relay/alert-state.ts';
import { alertMessage, fingerprintOf } from '../../fixtures/alert-post.ts';

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
