import { describe, expect, test } from 'vitest';
import { Histogram } from '../../../../src/core/metrics/histogram.ts';
import {
  ExactValues,
  percentile,
  percentilesOf,
} from '../../../../src/core/metrics/percentiles.ts';
import { wilsonInterval } from '../../../../src/core/metrics/wilson.ts';

function exact(values: readonly number[]): ExactValues {
  const set = new ExactValues();
  for (const value of values) set.record(value);
  return set;
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => n - i);

describe('percentiles', () => {
  test('are by nearest rank on every value', () => {
    expect(percentilesOf(exact(upTo(200)))).toEqual({
      n: 200,
      p50: 100,
      p95: 190,
      p99: 198,
      max: 200,
      isExact: true,
    });
    expect(exact([9]).quantile(0.5)).toBe(9);
    expect(exact([1, 10, 2]).quantile(0.5)).toBe(2);
  });

  test.each([
    [0, [false, false, false]],
    [1, [true, false, false]],
    [19, [true, false, false]],
    [20, [true, true, false]],
    [99, [true, true, false]],
    [100, [true, true, true]],
  ])('of %i values exist as %j for p50, p95 and p99', (n, exists) => {
    const { p50, p95, p99 } = percentilesOf(exact(upTo(n)));
    expect([p50, p95, p99].map((value) => value !== null)).toEqual(exists);
  });

  test('from a histogram say that they are not exact', () => {
    const histogram = new Histogram([]);
    for (const value of upTo(100)) histogram.record(value);
    const { p95, isExact } = percentilesOf(histogram);
    expect(isExact).toBe(false);
    expect(Math.abs((p95 ?? NaN) / 95 - 1)).toBeLessThan(0.011);
  });

  test('take values that come after one has looked', () => {
    const values = exact([1]);
    expect(percentile(values, 'p50')).toBe(1);
    values.record(0);
    values.record(0.5);
    expect(percentile(values, 'p50')).toBe(0.5);
  });
});

describe('the Wilson interval', () => {
  // The example of Newcombe (1998), table I: 81 of 263, and 15 of 148.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is from %d to %d', (hits, n, low, high) => {
    const interval = wilsonInterval(hits, n);
    expect(interval?.low).toBeCloseTo(low, 4);
    expect(interval?.high).toBeCloseTo(high, 4);
  });

  test('ends at 1 where all hit, and is nothing for none', () => {
    expect(wilsonInterval(10, 10)?.high).toBe(1);
    expect(wilsonInterval(0, 0)).toBeNull();
  });
});
