/** Our histograms against two that others made. */
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ExponentialHistogram,
} from '@opentelemetry/sdk-metrics';
import { DDSketch } from '@datadog/sketches-js';
import { describe, expect, test } from 'vitest';
import { Histogram } from '../../../../src/core/metrics/histogram.ts';
import { DISTRIBUTION_NAMES, samples } from './distributions.ts';

function ours(values: readonly number[]): Histogram {
  const histogram = new Histogram([1]);
  for (const value of values) histogram.record(value);
  return histogram;
}

/** What OpenTelemetry's SDK makes of the values, at whatever scale it chose. */
async function theirs(values: readonly number[]): Promise<ExponentialHistogram> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({
    readers: [reader],
    views: [
      {
        instrumentName: '*',
        aggregation: {
          type: AggregationType.EXPONENTIAL_HISTOGRAM,
          options: { maxSize: 2000, recordMinMax: true },
        },
      },
    ],
  });
  const instrument = provider.getMeter('oracle').createHistogram('values');
  for (const value of values) instrument.record(value);
  await provider.forceFlush();
  const point = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics[0]?.dataPoints[0];
  await provider.shutdown();
  return point?.value as ExponentialHistogram;
}

/** Counts by index at scale 5; a scale one higher has two buckets for each. */
function atScale5({ scale, positive }: ExponentialHistogram): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  positive.bucketCounts.forEach((count, slot) => {
    if (count === 0) return;
    const index = (positive.offset + slot) >> (scale - 5);
    counts.set(index, (counts.get(index) ?? 0) + count);
  });
  return counts;
}

describe('against OpenTelemetry', () => {
  test.each(DISTRIBUTION_NAMES)('%s data are in the same buckets', async (name) => {
    const values = samples(name, 3_000, 21);
    const theirData = await theirs(values);
    const ourData = ours(values).toData();
    expect(theirData.scale).toBeGreaterThanOrEqual(5);
    expect(new Map(ourData.indices.map((index, i) => [index, ourData.counts[i]]))).toEqual(
      atScale5(theirData),
    );
    expect(ourData).toMatchObject({
      count: theirData.count,
      min: theirData.min,
      max: theirData.max,
      zeroCount: theirData.zeroCount,
    });
    expect(ourData.sumMicros / 1e6).toBeCloseTo(theirData.sum ?? NaN, 2);
  });

  test('powers of two are in the same buckets', async () => {
    const values = Array.from({ length: 40 }, (_, i) => 2 ** (i - 20));
    const ourData = ours(values).toData();
    expect(new Map(ourData.indices.map((index) => [index, 1]))).toEqual(
      atScale5(await theirs(values)),
    );
  });
});

describe('against DDSketch', () => {
  test.each(DISTRIBUTION_NAMES)('percentiles of %s data agree within both errors', (name) => {
    const values = samples(name, 10_000, 22);
    const sketch = new DDSketch({ relativeAccuracy: 0.005 });
    for (const value of values) sketch.accept(value);
    const histogram = ours(values);
    for (const share of [0.5, 0.9, 0.95, 0.99]) {
      const ratio = (histogram.quantile(share) ?? NaN) / sketch.getValueAtQuantile(share);
      expect(Math.abs(ratio - 1), `p${share * 100}`).toBeLessThan(0.0109 + 0.0051);
    }
  });
});
