import { describe, expect, test } from 'vitest';
import { OUTCOMES } from '../../../../src/contracts/request-record.ts';
import { ERROR_TYPES } from '../../../../src/core/metrics/error-type.ts';
import { METRIC_NAMES, type MetricName } from '../../../../src/core/metrics/metric-table.ts';
import { metricsSnapshot, type SnapshotInput } from '../../../../src/core/metrics/snapshot.ts';
import { sampleRecords } from '../../../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../../../fixtures/monitoring/sample-rollups.ts';

const NOW = Date.UTC(2026, 10, 24, 13, 7, 31);
const RECORDS = sampleRecords({
  seed: 40,
  count: 300,
  fromMs: NOW - 1_800_000,
  toMs: NOW - 60_000,
});
const DELTAS = deltasOf(RECORDS);

const INPUT: SnapshotInput = {
  nowMs: NOW,
  totals: rollupsOf(DELTAS, 'total'),
  recent: [...rollupsOf(DELTAS, 'minute'), ...rollupsOf(DELTAS, 'hour')],
  current: {
    activeRequests: 3,
    memoryUsedRatio: 0.25,
    storageUsedRatio: null,
    startedAtEpochMs: NOW - 60_500,
    uptimeSeconds: 60.5,
  },
};
const EMPTY: SnapshotInput = { ...INPUT, totals: [], recent: [] };

function family(input: SnapshotInput, name: MetricName) {
  return metricsSnapshot(input).metrics[name];
}

function values(input: SnapshotInput, name: MetricName): readonly (number | null)[] {
  const found = family(input, name);
  return found.type === 'histogram' ? [] : found.series.map(({ value }) => value);
}

function sum(input: SnapshotInput, name: MetricName): number {
  return values(input, name).reduce<number>((total, value) => total + (value ?? 0), 0);
}

describe('a snapshot', () => {
  test('is plain JSON with every metric of the table, in its order', () => {
    const snapshot = metricsSnapshot(INPUT);
    expect(Object.keys(snapshot.metrics)).toEqual(METRIC_NAMES);
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(snapshot).toMatchObject({ schemaVersion: 1, takenAtEpochMs: NOW });
  });

  test('has every error type, outcome and range at 0 before anything was counted', () => {
    const errors = family(EMPTY, 'generation_errors_total').series;
    expect(errors).toEqual(ERROR_TYPES.map((type) => ({ labels: { error_type: type }, value: 0 })));
    expect(family(EMPTY, 'generation_latency_seconds').series.map(({ labels }) => labels)).toEqual(
      OUTCOMES.map((outcome) => ({ outcome })),
    );
    expect(family(EMPTY, 'sampling_parameters_total').series).toHaveLength(12);
    expect(family(EMPTY, 'device_lost_total').series).toEqual([{ labels: {}, value: 0 }]);
    for (const name of METRIC_NAMES) expect(family(EMPTY, name).series, name).not.toEqual([]);
  });

  test('adds up: requests = finished, errors and checks as in the records', () => {
    expect(sum(INPUT, 'generation_requests_total')).toBe(RECORDS.length);
    expect(sum(INPUT, 'generation_finished_total')).toBe(RECORDS.length);
    expect(sum(INPUT, 'generation_errors_total')).toBe(
      RECORDS.filter(({ outcome }) => outcome === 'error' || outcome === 'timeout').length,
    );
  });

  test('has the models that were found beside the series that always exist', () => {
    const labels = family(INPUT, 'generation_requests_total').series.map((series) => series.labels);
    expect(labels).toContainEqual({ model: 'none', backend: 'none' });
    expect(labels).toContainEqual({ model: 'shellwright-135m', backend: 'webgpu' });
  });

  test('has cumulative buckets that end with the count, and percentiles of all series together', () => {
    const latency = family(INPUT, 'generation_latency_seconds');
    if (latency.type !== 'histogram') throw new Error('latency is a histogram');
    for (const { count, buckets } of [...latency.series, latency.overall]) {
      const counts = buckets.map((bucket) => bucket.count);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(buckets.at(-1)).toEqual({ le: '+Inf', count });
    }
    const perSeries = latency.series.reduce((total, { count }) => total + count, 0);
    expect(latency.overall.count).toBe(perSeries);
    expect(latency.overall.p95).toBeGreaterThan(latency.overall.p50 ?? Infinity);
    const orphaned = latency.series.find(({ labels }) => labels['outcome'] === 'orphaned');
    expect(orphaned).toMatchObject({ count: 0, sum: 0, p50: null, p95: null, p99: null });
  });

  test('has gauges as they are now, and null where nobody knows', () => {
    expect(values(INPUT, 'active_generation_requests')).toEqual([3]);
    expect(values(INPUT, 'memory_used_ratio')).toEqual([0.25]);
    expect(values(INPUT, 'storage_used_ratio')).toEqual([null]);
    expect(values(INPUT, 'process_start_time_seconds')).toEqual([(NOW - 60_500) / 1000]);
    expect(values(INPUT, 'uptime_seconds')).toEqual([60.5]);
  });

  test('has the validity rate of each window, from rows of its resolution', () => {
    const rates = values(INPUT, 'syntax_validity_rate');
    const rateOf = (isOn: boolean): number => {
      const judged = RECORDS.filter(
        ({ guard, syntax }) =>
          guard.on === isOn && syntax !== null && syntax.result !== 'unchecked',
      );
      return judged.filter(({ syntax }) => syntax?.result === 'valid').length / judged.length;
    };
    const [on, off] = [rateOf(true), rateOf(false)];
    expect(on).not.toBe(off);
    expect(rates.slice(1, 7)).toEqual(new Array(6).fill(on));
    expect(rates.slice(8)).toEqual(new Array(6).fill(off));
    expect(rates[0]).not.toBe(on);
    expect(values(EMPTY, 'syntax_validity_rate')).toEqual(new Array(14).fill(null));
  });

  test('leaves out what this version does not know', () => {
    const [row] = INPUT.totals;
    if (row === undefined) throw new Error('there are rows');
    const counters = { ...row.counters, future_total: 9, constructor: 1 };
    const totals = [{ ...row, counters }, ...INPUT.totals.slice(1)];
    expect(metricsSnapshot({ ...INPUT, totals })).toEqual(metricsSnapshot(INPUT));
  });

  test("says the guide's name where that is another", () => {
    expect(family(EMPTY, 'sampling_parameters_total').guideName).toBe('sampling_parameters');
    expect(family(EMPTY, 'generation_tokens').guideName).toBeNull();
  });
});
