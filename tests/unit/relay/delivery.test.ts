import { describe, expect, test } from 'vitest';
import { DeliveryQueue, type QueuedParcel } from '../../../relay/delivery.ts';
import type { Sink } from '../../../relay/sinks/sink.ts';
import { alertMessage, fingerprintOf } from '../../fixtures/alert-post.ts';
import { FakeClock } from './support/fake-clock.ts';
import { BROKE_OFF, DELIVERED, FAILED, FakeSink, REFUSED } from './support/fake-sink.ts';

const HOUR_MS = 3_600_000;

function queueWith(options: Partial<Omit<Sink, 'send' | 'close'>> = {}, random = 0.5) {
  const clock = new FakeClock();
  const sink = new FakeSink(() => clock.now(), options);
  const noted: string[] = [];
  const queue = new DeliveryQueue({
    sink,
    clock,
    random: () => random,
    onAttempt: (parcels) => {
      noted.push(...parcels.map(({ id }) => `attempt ${id}`));
      return Promise.resolve();
    },
    onFailed: (parcels, answer) => {
      noted.push(...parcels.map(({ id }) => `failed ${id}: ${answer}`));
    },
    onFinished: (parcels, status, answer) => {
      noted.push(...parcels.map(({ id }) => `${status} ${id}: ${answer}`));
    },
  });
  let next = 0;
  const add = (changes: Partial<QueuedParcel> = {}): void => {
    next += 1;
    queue.add({
      id: `p${next}`,
      post: next,
      index: 0,
      alert: alertMessage({ fingerprint: fingerprintOf(next) }),
      device: null,
      skewMs: 0,
      acceptedAtMs: clock.epochNow(),
      triedSinceMs: clock.epochNow(),
      attempts: 0,
      mayBeRepeat: false,
      isPartlySent: false,
      ...changes,
    });
  };
  return { clock, sink, queue, noted, add };
}

describe('pace', () => {
  test('a sink that allows one message a second gets one a second', async () => {
    const { clock, sink, add } = queueWith({ minIntervalMs: 1_000 });
    for (let n = 0; n < 5; n++) add();
    await clock.advance(10_000);
    expect(sink.attempts.map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  });

  test('a sink that gathers gets the first at once, and what follows together', async () => {
    const { clock, sink, add } = queueWith({ maxBatch: 3, gatherMs: 50 });
    add();
    await clock.advance(1);
    add();
    await clock.advance(10);
    add();
    await clock.advance(100);
    expect(sink.attempts.map(({ atMs, ids }) => [atMs, ids.length])).toEqual([
      [0, 1],
      [50, 2],
    ]);
  });

  test('as many as go together do not wait for more', async () => {
    const { clock, sink, add } = queueWith({ maxBatch: 3, gatherMs: 50 });
    add();
    await clock.advance(10);
    for (let n = 0; n < 3; n++) add();
    await clock.advance(100);
    expect(sink.attempts.map(({ atMs, ids }) => [atMs, ids.length])).toEqual([
      [0, 1],
      [10, 3],
    ]);
  });

  test('what waits goes together, as far as the sink takes it', async () => {
    const { clock, sink, add } = queueWith({ maxBatch: 3, minIntervalMs: 1_000 });
    for (let n = 0; n < 7; n++) add();
    await clock.advance(5_000);
    expect(sink.attempts.map(({ ids }) => ids.length)).toEqual([3, 3, 1]);
  });

  test('of one alert only one is under way, so that the order is kept', async () => {
    const { clock, sink, add } = queueWith({ maxBatch: 10 });
    const fingerprint = fingerprintOf(7);
    add({ alert: alertMessage({ fingerprint, state: 'firing' }) });
    add({ alert: alertMessage({ fingerprint, state: 'resolved' }) });
    add();
    await clock.advance(100);
    expect(sink.attempts.map(({ ids }) => ids)).toEqual([['p1', 'p3'], ['p2']]);
  });
});

describe('failures', () => {
  test('the waits double up to five minutes, each by a random share', async () => {
    const { clock, sink, add } = queueWith();
    sink.answer = () => FAILED;
    add();
    await clock.advance(3 * HOUR_MS);
    const at = sink.attempts.map(({ atMs }) => atMs);
    const waits = at.slice(1).map((ms, index) => ms - (at[index] ?? 0));
    expect(waits.slice(0, 9)).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 150_000,
    ]);
    expect(new Set(waits.slice(8))).toEqual(new Set([150_000]));
  });

  test('an hour away costs nothing: all of it arrives, in order', async () => {
    const { clock, sink, queue, add } = queueWith({ maxBatch: 10 });
    sink.answer = () => ({ ...FAILED, answer: 'ECONNREFUSED' });
    for (let n = 0; n < 25; n++) add();
    await clock.advance(HOUR_MS);
    expect(queue.length).toBe(25);
    const before = sink.attempts.length;
    sink.answer = () => DELIVERED;
    await clock.advance(10 * 60_000);
    const after = sink.attempts.slice(before).flatMap(({ ids }) => ids);
    expect(new Set(after).size).toBe(25);
    expect(queue.length).toBe(0);
  });

  test('a Retry-After is waited for', async () => {
    const { clock, sink, add } = queueWith({}, 0);
    let calls = 0;
    sink.answer = () => (++calls === 1 ? { ...FAILED, retryAfterMs: 30_000 } : DELIVERED);
    add();
    await clock.advance(29_999);
    expect(sink.attempts).toHaveLength(1);
    await clock.advance(1);
    expect(sink.attempts).toHaveLength(2);
  });

  test('what fails each time does not hold up the others', async () => {
    const { clock, sink, noted, add } = queueWith();
    sink.answer = ([parcel]) => (parcel?.id === 'p1' ? FAILED : DELIVERED);
    add();
    add();
    add();
    await clock.advance(60_000);
    expect(noted).toContain('delivered p2: HTTP 200');
    expect(noted).toContain('delivered p3: HTTP 200');
  });

  test('what fails by itself waits by itself: others go at once, its own lane in order', async () => {
    const { clock, sink, noted, add } = queueWith();
    const fingerprint = fingerprintOf(7);
    let calls = 0;
    sink.answer = ([parcel]) =>
      parcel?.id === 'p1' && ++calls <= 3 ? { ...FAILED, isOfThisAlone: true } : DELIVERED;
    add({ alert: alertMessage({ fingerprint, state: 'firing' }) });
    add({ alert: alertMessage({ fingerprint, state: 'resolved' }) });
    await clock.advance(1);
    for (let n = 0; n < 3; n++) {
      add();
      await clock.advance(1);
    }
    expect(sink.delivered).toEqual(['p1', 'p3', 'p4', 'p5']);
    await clock.advance(10_000);
    const ofLane = sink.attempts.filter(({ ids }) => ids[0] === 'p1' || ids[0] === 'p2');
    expect(ofLane.map(({ atMs, ids }) => [atMs, ids[0]])).toEqual([
      [0, 'p1'],
      [1_000, 'p1'],
      [3_000, 'p1'],
      [7_000, 'p1'],
      [7_000, 'p2'],
    ]);
    expect(noted.filter((line) => line.startsWith('delivered'))).toHaveLength(5);
  });

  test('after a day it is given up, and says why', async () => {
    const { clock, sink, queue, noted, add } = queueWith();
    sink.answer = () => FAILED;
    add();
    await clock.advance(24 * HOUR_MS + 300_000);
    expect(queue.length).toBe(0);
    expect(noted.at(-1)).toBe('dead p1: HTTP 500');
    const attempts = sink.attempts.length;
    await clock.advance(HOUR_MS);
    expect(sink.attempts).toHaveLength(attempts);
  });

  test('a wall clock that jumps back by a year neither loses nor hastens anything', async () => {
    const { clock, sink, queue, add } = queueWith();
    sink.answer = () => FAILED;
    add();
    await clock.advance(1_000);
    clock.setWallClock(clock.epochNow() - 365 * 24 * HOUR_MS);
    await clock.advance(HOUR_MS);
    expect(queue.length).toBe(1);
    expect(sink.attempts.length).toBeLessThan(40);
  });
});

describe('refusals', () => {
  test('one that is refused is not tried again', async () => {
    const { clock, sink, noted, add } = queueWith();
    sink.answer = () => REFUSED;
    add();
    await clock.advance(HOUR_MS);
    expect(sink.attempts).toHaveLength(1);
    expect(noted.at(-1)).toBe('dead p1: HTTP 400');
  });

  test('of several that are refused together only the culprit is set aside', async () => {
    const { clock, sink, noted, add } = queueWith({ maxBatch: 10, isIdempotent: true });
    sink.answer = (parcels) => (parcels.some(({ id }) => id === 'p2') ? REFUSED : DELIVERED);
    for (let n = 0; n < 4; n++) add();
    await clock.advance(1_000);
    expect(noted.filter((line) => line.startsWith('dead'))).toEqual(['dead p2: HTTP 400']);
    expect(noted.filter((line) => line.startsWith('delivered'))).toHaveLength(3);
  });
});

describe('repetitions', () => {
  test('an attempt that broke off is marked as one that may be repeated', async () => {
    const { clock, sink, add } = queueWith();
    let calls = 0;
    sink.answer = () => (++calls === 1 ? BROKE_OFF : DELIVERED);
    add();
    await clock.advance(10_000);
    expect(sink.attempts.map(({ mayBeRepeat }) => mayBeRepeat)).toEqual([[false], [true]]);
  });

  test('an answer of the sink that says no is no reason to mark it', async () => {
    const { clock, sink, add } = queueWith();
    let calls = 0;
    sink.answer = () => (++calls === 1 ? FAILED : DELIVERED);
    add();
    await clock.advance(10_000);
    expect(sink.attempts.map(({ mayBeRepeat }) => mayBeRepeat)).toEqual([[false], [false]]);
  });

  test('an attempt is noted before it begins where repeating it would be seen', async () => {
    const seen = queueWith({ isIdempotent: false });
    seen.add();
    await seen.clock.advance(1);
    expect(seen.noted).toEqual(['attempt p1', 'delivered p1: HTTP 200']);

    const unseen = queueWith({ isIdempotent: true });
    unseen.add();
    await unseen.clock.advance(1);
    expect(unseen.noted).toEqual(['delivered p1: HTTP 200']);
  });
});

test('stopping waits for the attempt under way, and begins no other', async () => {
  const { clock, sink, queue, add } = queueWith();
  let answer = (): void => undefined;
  sink.answer = () => new Promise((resolve) => (answer = () => resolve(DELIVERED)));
  add();
  add();
  await clock.advance(0);
  let hasStopped = false;
  const stopped = queue.stop().then(() => (hasStopped = true));
  await clock.advance(0);
  expect(hasStopped).toBe(false);
  answer();
  await stopped;
  await clock.advance(HOUR_MS);
  expect(sink.attempts).toHaveLength(1);
  expect(queue.length).toBe(1);
});
