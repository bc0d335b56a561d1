import { describe, expect, test } from 'vitest';
import type { HistogramData } from '../../../../src/contracts/rollup.ts';
import { Histogram, mergeHistograms } from '../../../../src/core/metrics/histogram.ts';
import { seededRandom } from '../../../../src/core/sampling/random.ts';
import { DISTRIBUTION_NAMES, exactQuantile, samples } from './distributions.ts';

const EDGES = [0.1, 0.5, 1, 2];

function histogramOf(values: readonly number[], edges: readonly number[] = EDGES): Histogram {
  const histogram = new Histogram(edges);
  for (const value of values) histogram.record(value);
  return histogram;
}

function dataOf(values: readonly number[]): HistogramData {
  return histogramOf(values).toData();
}

/** `count` parts of about the same size. */
function partsOf(values: readonly number[], count: number): readonly (readonly number[])[] {
  return Array.from({ length: count }, (_, part) => values.filter((_, i) => i % count === part));
}

describe('a histogram', () => {
  test('keeps count, sum, extremes, exponential and classic buckets of what it was given', () => {
    expect(dataOf([0.1, 0.11, 1, 3, 3])).toEqual({
      count: 5,
      sumMicros: 7_210_000,
      min: 0.1,
      max: 3,
      zeroCount: 0,
      indices: [-107, -102, -1, 50],
      counts: [1, 1, 1, 2],
      classic: [1, 1, 1, 0, 2],
    });
  });

  test('is all zeros when nothing was recorded', () => {
    const empty = new Histogram(EDGES);
    expect(empty.toData()).toEqual({
      count: 0,
      sumMicros: 0,
      min: 0,
      max: 0,
      zeroCount: 0,
      indices: [],
      counts: [],
      classic: [0, 0, 0, 0, 0],
    });
    expect(empty.quantile(0.5)).toBeNull();
  });

  test('counts zero and what is below it apart, and in the first classic bucket', () => {
    const data = dataOf([0, -0, -0.5, 2]);
    expect(data).toMatchObject({ zeroCount: 3, min: -0.5, max: 2, classic: [3, 0, 0, 1, 0] });
    expect(Object.is(dataOf([-0]).min, 0)).toBe(true);
    expect(histogramOf([-0.5, 0, 0, 2]).quantile(0.5)).toBe(0);
  });

  test.each([NaN, Infinity, -Infinity])('leaves out %d', (value) => {
    expect(dataOf([1, value])).toEqual(dataOf([1]));
  });

  test('gives the smallest and the largest value exactly', () => {
    const histogram = histogramOf([0.1234567, 7.654321, 3]);
    expect(histogram.quantile(0.01)).toBe(0.1234567);
    expect(histogram.quantile(1)).toBe(7.654321);
  });

  test('goes on from stored data as if it had never been stored', () => {
    const [first, second] = partsOf(samples('lognormal', 400, 3), 2);
    const resumed = new Histogram(EDGES);
    resumed.add(JSON.parse(JSON.stringify(dataOf(first ?? []))) as HistogramData);
    for (const value of second ?? []) resumed.record(value);
    expect(resumed.toData()).toEqual(dataOf([...(first ?? []), ...(second ?? [])]));
  });
});

describe('percentiles of 20 merged parts', () => {
  test.each(DISTRIBUTION_NAMES)('are within 1.1 %% of exact on %s data', (name) => {
    for (const [count, seed] of [
      [200, 1],
      [10_000, 2],
    ] as const) {
      const values = samples(name, count, seed);
      const merged = new Histogram(EDGES);
      for (const part of partsOf(values, 20)) merged.add(dataOf(part));
      expect(merged.count).toBe(count);
      for (const share of [0.5, 0.9, 0.95, 0.99, 0.999]) {
        const exact = exactQuantile(values, share);
        const error = Math.abs((merged.quantile(share) ?? NaN) / exact - 1);
        expect(error, `p${share * 100} of ${count}`).toBeLessThanOrEqual(0.011);
      }
    }
  });
});

describe('merging', () => {
  const random = seededRandom(5);
  const triples = Array.from({ length: 60 }, (_, round) => {
    const name = DISTRIBUTION_NAMES[round % DISTRIBUTION_NAMES.length] ?? 'pareto';
    return [0, 1, 2].map((part) => {
      const values = samples(name, Math.floor(random.next() * 40), round * 3 + part);
      return dataOf(random.next() < 0.3 ? [...values, 0, -0.2] : values);
    }) as [HistogramData, HistogramData, HistogramData];
  });

  test('gives the same bytes in either order', () => {
    for (const [a, b] of triples) {
      expect(JSON.stringify(mergeHistograms(a, b))).toBe(JSON.stringify(mergeHistograms(b, a)));
    }
  });

  test('gives the same bytes however it is grouped', () => {
    for (const [a, b, c] of triples) {
      expect(JSON.stringify(mergeHistograms(mergeHistograms(a, b), c))).toBe(
        JSON.stringify(mergeHistograms(a, mergeHistograms(b, c))),
      );
    }
  });

  test('gives the same bytes as recording everything into one, whatever the order', () => {
    const values = samples('pareto', 500, 9);
    const whole = JSON.stringify(dataOf(values));
    const parts = partsOf(values, 20).map(dataOf);
    const empty = dataOf([]);
    expect(JSON.stringify(parts.reduce(mergeHistograms, empty))).toBe(whole);
    expect(JSON.stringify(parts.toReversed().reduce(mergeHistograms, empty))).toBe(whole);
  });

  test('with an empty one changes nothing', () => {
    const data = dataOf([0.2, 3]);
    expect(mergeHistograms(data, dataOf([]))).toEqual(data);
    expect(mergeHistograms(dataOf([]), data)).toEqual(data);
  });
});
