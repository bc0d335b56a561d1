import { describe, expect, it } from 'vitest';
import type { AlertMeasure, AlertRule } from '../../../../src/contracts/alert.ts';
import type { RollupDelta } from '../../../../src/contracts/rollup.ts';
import { countAbove, readMeasure } from '../../../../src/core/alerts/read-measure.ts';
import {
  deviceLost,
  gaugesRead,
  modelLoadFailed,
} from '../../../../src/core/metrics/event-deltas.ts';
import { Histogram } from '../../../../src/core/metrics/histogram.ts';
import { wilsonInterval } from '../../../../src/core/metrics/wilson.ts';
import {
  everySecond,
  HOUR_MS,
  makeRule,
  MINUTE_MS,
  NOON_MS,
  requestDeltas,
  sourceOf,
} from '../../../fixtures/alerts/alert-data.ts';

function read(
  measure: AlertMeasure,
  deltas: readonly RollupDelta[],
  change: Partial<Pick<AlertRule, 'windowMs' | 'threshold' | 'comparison' | 'minSamples'>> = {},
) {
  return readMeasure(makeRule({ measure, ...change }), sourceOf(deltas), NOON_MS);
}

describe('of requests', () => {
  it('a percentile of the latency is within a hundredth of the exact one', () => {
    const deltas = requestDeltas([
      ...everySecond(NOON_MS, 95, { seconds: 1 }),
      ...everySecond(NOON_MS, 5, { seconds: 4 }),
    ]);
    const { value, n } = read({ kind: 'latency-quantile', quantile: 0.95 }, deltas);
    expect(n).toBe(100);
    expect(Math.abs((value ?? 0) - 1)).toBeLessThan(0.011);
    expect(read({ kind: 'latency-quantile', quantile: 0.96 }, deltas).value).toBeCloseTo(4, 1);
  });

  it('the time to the first token is one of its own', () => {
    const deltas = requestDeltas(everySecond(NOON_MS, 30, { seconds: 3 }));
    expect(read({ kind: 'first-token-quantile', quantile: 0.5 }, deltas).value).toBeCloseTo(
      0.04,
      3,
    );
  });

  it('the slowest is exact, and those beyond the threshold are counted', () => {
    const deltas = requestDeltas([
      ...everySecond(NOON_MS, 10),
      ...everySecond(NOON_MS, 2, { seconds: 7 }),
      { atMs: NOON_MS - 1, seconds: 8.2 },
    ]);
    expect(read({ kind: 'slowest-request' }, deltas, { threshold: 5 })).toEqual({
      value: 8.2,
      n: 13,
      bad: 3,
      holds: true,
      guard: null,
    });
  });

  it('errors are a share of what has ended, and a number', () => {
    const deltas = requestDeltas([
      ...everySecond(NOON_MS, 6),
      ...everySecond(NOON_MS, 2, { isError: true }),
    ]);
    expect(read({ kind: 'error-ratio' }, deltas)).toMatchObject({ value: 0.25, n: 8, bad: 2 });
    expect(read({ kind: 'error-count' }, deltas)).toMatchObject({ value: 2, n: 8 });
    expect(read({ kind: 'error-ratio' }, [])).toMatchObject({ value: null, n: 0 });
    expect(read({ kind: 'error-count' }, [])).toMatchObject({ value: 0, n: 0 });
  });

  it('validity is the best that the samples allow, without what was not checked', () => {
    const deltas = requestDeltas([
      ...everySecond(NOON_MS, 15),
      ...everySecond(NOON_MS, 4, { syntax: 'invalid' }),
      ...everySecond(NOON_MS, 1, { syntax: 'empty' }),
      ...everySecond(NOON_MS, 9, { syntax: 'unchecked' }),
    ]);
    expect(read({ kind: 'syntax-validity' }, deltas)).toMatchObject({
      value: wilsonInterval(15, 20)?.high,
      n: 20,
      bad: 5,
    });
  });

  it('validity is that of the guard on or off, whichever is worse, and says which', () => {
    const deltas = requestDeltas([
      ...everySecond(NOON_MS, 400, { isGuarded: true }),
      ...everySecond(NOON_MS, 10),
      ...everySecond(NOON_MS, 20, { syntax: 'invalid' }),
    ]);
    const measure = { kind: 'syntax-validity' } as const;
    const below = { comparison: 'below' } as const;
    expect(read(measure, deltas, below)).toMatchObject({
      value: wilsonInterval(10, 30)?.high,
      n: 30,
      guard: 'off',
    });
    expect(read(measure, deltas, { ...below, minSamples: 31 })).toMatchObject({
      n: 400,
      guard: 'on',
    });
    const guarded = requestDeltas(everySecond(NOON_MS, 40, { isGuarded: true }));
    expect(read(measure, guarded, below)).toMatchObject({ n: 40, guard: null });
    const budget = { kind: 'budget-spent', objective: 'syntax-validity' } as const;
    expect(read(budget, deltas)).toMatchObject({ n: 30, bad: 20, holds: true, guard: 'off' });
  });
});

describe('of anything else', () => {
  it('the newest reading of a gauge counts', () => {
    const at = (atMs: number, activeRequests: number, memoryUsedRatio: number | null) =>
      gaugesRead(atMs, { activeRequests, memoryUsedRatio, storageUsedRatio: null });
    const deltas = [
      at(NOON_MS - 3 * MINUTE_MS, 200, 0.9),
      at(NOON_MS - 2 * MINUTE_MS, 3, 0.5),
      at(NOON_MS - MINUTE_MS, 2, null),
    ];
    expect(read({ kind: 'active-requests' }, deltas).value).toBe(2);
    expect(read({ kind: 'memory-used' }, deltas).value).toBe(0.5);
    expect(read({ kind: 'memory-used' }, [])).toMatchObject({ value: null, n: 0 });
  });

  it('failed loads and lost devices are numbers, also when there are none', () => {
    const deltas = [
      modelLoadFailed(NOON_MS - 1, 'model/offline'),
      modelLoadFailed(NOON_MS - 1, 'model/checksum-mismatch'),
      deviceLost(NOON_MS - 1),
    ];
    expect(read({ kind: 'model-load-failures' }, deltas).value).toBe(2);
    expect(read({ kind: 'devices-lost' }, deltas).value).toBe(1);
    expect(read({ kind: 'devices-lost' }, []).value).toBe(0);
  });
});

describe('the window', () => {
  const errors: AlertMeasure = { kind: 'error-count' };

  it('is whole minutes, what ended at its beginning included', () => {
    const deltas = requestDeltas(
      [-15 * MINUTE_MS - 1, -15 * MINUTE_MS, -1, 0].map((offset) => ({
        atMs: NOON_MS + offset,
        isError: true,
      })),
    );
    expect(read(errors, deltas).value).toBe(2);
  });

  it('of more than two hours is read by the hour', () => {
    const deltas = requestDeltas([
      { atMs: NOON_MS - 3 * HOUR_MS, isError: true },
      { atMs: NOON_MS - 3 * HOUR_MS - 1, isError: true },
      { atMs: NOON_MS - 1, isError: true },
    ]);
    const rule = makeRule({ measure: errors, windowMs: 3 * HOUR_MS });
    expect(readMeasure(rule, sourceOf(deltas, { minutes: [] }), NOON_MS).value).toBe(2);
  });

  it('of more than two hours has nothing in it of what came later in the hour', () => {
    const deltas = requestDeltas([
      { atMs: NOON_MS - HOUR_MS, isError: true },
      { atMs: NOON_MS + MINUTE_MS, isError: true },
      { atMs: NOON_MS + 30 * MINUTE_MS, isError: true },
    ]);
    const rule = makeRule({ measure: errors, windowMs: 3 * HOUR_MS });
    expect(readMeasure(rule, sourceOf(deltas), NOON_MS + 20 * MINUTE_MS).value).toBe(2);
  });

  it('that begins before the minutes do is read by the hour as well', () => {
    const deltas = requestDeltas([{ atMs: NOON_MS - 10 * MINUTE_MS, isError: true }]);
    const rule = makeRule({ measure: errors });
    const source = sourceOf(deltas, { minutes: [], minutesFromMs: NOON_MS });
    expect(readMeasure(rule, source, NOON_MS).value).toBe(1);
  });
});

describe('an error budget', () => {
  const measure = { kind: 'budget-spent', objective: 'error-rate' } as const;
  const windowMs = HOUR_MS;

  it('is of at least 500 requests in 30 days', () => {
    // One per cent of 500 are five.
    const deltas = requestDeltas([
      ...everySecond(NOON_MS, 10),
      ...everySecond(NOON_MS, 5, { isError: true }),
    ]);
    expect(read(measure, deltas, { windowMs })).toMatchObject({
      value: 1,
      n: 15,
      bad: 5,
      holds: true,
    });
  });

  it('grows with the requests of 30 days', () => {
    const before = NOON_MS - 20 * 24 * HOUR_MS;
    const deltas = requestDeltas([
      ...everySecond(before, 990),
      ...everySecond(NOON_MS, 10, { isError: true }),
    ]);
    // One per cent of 1000 are ten.
    expect(read(measure, deltas, { windowMs })).toMatchObject({ value: 1, n: 10, bad: 10 });
  });

  it('is not spent by fewer than five', () => {
    const deltas = requestDeltas(everySecond(NOON_MS, 4, { isError: true }));
    expect(read(measure, deltas, { windowMs })).toMatchObject({ value: 0.8, holds: false });
  });

  it('is no longer being spent once the last twelfth of the window is good again', () => {
    const deltas = requestDeltas([
      ...everySecond(NOON_MS - 30 * MINUTE_MS, 20, { isError: true }),
      ...everySecond(NOON_MS, 20),
    ]);
    expect(read(measure, deltas, { windowMs })).toMatchObject({ bad: 20, holds: false });
    const quiet = requestDeltas(everySecond(NOON_MS - 30 * MINUTE_MS, 20, { isError: true }));
    expect(read(measure, quiet, { windowMs })).toMatchObject({ bad: 20, holds: false });
  });

  it('of latency is five in a hundred above its target, of validity the rest to the target', () => {
    const slow = requestDeltas(everySecond(NOON_MS, 25, { seconds: 2.5 }));
    expect(
      read({ kind: 'budget-spent', objective: 'latency' }, slow, { windowMs }).value,
    ).toBeCloseTo(1);
    const invalid = requestDeltas(everySecond(NOON_MS, 75, { syntax: 'invalid' }));
    expect(
      read({ kind: 'budget-spent', objective: 'syntax-validity' }, invalid, { windowMs }).value,
    ).toBeCloseTo(1);
  });
});

it('values above a limit are counted exactly on an edge, and to the width of a bucket elsewhere', () => {
  const edges = [1, 2, 5];
  const histogram = new Histogram(edges);
  for (const value of [0.5, 2, 2.001, 3, 4.9, 6]) histogram.record(value);
  expect(countAbove(histogram.toData(), 2, edges)).toBe(4);
  expect(countAbove(histogram.toData(), 4, edges)).toBe(2);
  expect(countAbove(histogram.toData(), 10, edges)).toBe(0);
});
