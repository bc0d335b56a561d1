import { describe, expect, it } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import type { MetricsSnapshot } from '../../../src/core/metrics/snapshot-shape.ts';
import { acceptDelta, endDeltas } from '../../../src/core/metrics/request-deltas.ts';
import { readMetrics, type ReadMetricsOptions } from '../../../src/monitor/read-metrics.ts';
import {
  makeRequest,
  requests,
  rollupsOf,
  START_MS,
} from '../../fixtures/monitoring/metrics-source.ts';

function setUp(change: Partial<ReadMetricsOptions['store']> = {}) {
  const ended = requests(6);
  const active = [6, 7].map((index) => makeRequest(index, { endedAtEpochMs: null, outcome: null }));
  const state = { ended, active };
  const store: ReadMetricsOptions['store'] = {
    rollups: ({ resolution, fromMs, toMs }) => {
      const deltas = [...state.ended, ...state.active].flatMap((record) => [
        acceptDelta(record),
        ...endDeltas(record),
      ]);
      const rows = rollupsOf(deltas).filter(
        (row) =>
          row.resolution === resolution &&
          (resolution === 'total' || (row.startMs >= fromMs && row.startMs < toMs)),
      );
      return Promise.resolve({ ok: true, value: rows });
    },
    activeRecords: () => Promise.resolve({ ok: true, value: state.active }),
    ...change,
  };
  const options: ReadMetricsOptions = {
    store,
    readGauges: () => Promise.resolve({ memoryUsedRatio: 0.25, storageUsedRatio: null }),
    startedAtEpochMs: START_MS,
    now: () => 61_500,
    epochNow: () => START_MS + 600_000,
  };
  return { options, store, state };
}

async function read(options: ReadMetricsOptions): Promise<MetricsSnapshot> {
  const result = await readMetrics(options);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

function sum(snapshot: MetricsSnapshot, name: keyof MetricsSnapshot['metrics']): number {
  const family = snapshot.metrics[name];
  if (family.type === 'histogram') return family.overall.count;
  return family.series.reduce((total, { value }) => total + (value ?? 0), 0);
}

describe('the metrics as they stand', () => {
  it('have totals, gauges of now, and rates of the windows', async () => {
    const snapshot = await read(setUp().options);
    expect(sum(snapshot, 'generation_requests_total')).toBe(8);
    expect(sum(snapshot, 'generation_finished_total')).toBe(6);
    expect(sum(snapshot, 'active_generation_requests')).toBe(2);
    expect(sum(snapshot, 'generation_latency_seconds')).toBe(6);
    expect(sum(snapshot, 'uptime_seconds')).toBe(61.5);
    expect(snapshot.metrics.memory_used_ratio.series).toMatchObject([{ value: 0.25 }]);
    expect(snapshot.metrics.storage_used_ratio.series).toMatchObject([{ value: null }]);
    expect(snapshot.metrics.syntax_validity_rate.series).toContainEqual({
      labels: { guard: 'off', window: '15m' },
      value: 5 / 6,
    });
  });

  it('are of one moment although a request ends while they are read', async () => {
    const { options, state } = setUp();
    let reads = 0;
    const original = options.store.activeRecords;
    const activeRecords: typeof original = async () => {
      const before = [...state.active];
      reads += 1;
      if (reads === 1) {
        state.active = state.active.slice(1);
        state.ended = [...state.ended, makeRequest(6)];
        return { ok: true, value: before };
      }
      return original();
    };
    const snapshot = await read({ ...options, store: { ...options.store, activeRecords } });
    expect(sum(snapshot, 'active_generation_requests')).toBe(1);
    expect(sum(snapshot, 'generation_requests_total')).toBe(
      sum(snapshot, 'generation_finished_total') + 1,
    );
  });

  it('fail as the store does', async () => {
    const broken = { ok: false, failure: failure('store/unavailable') } as const;
    for (const change of [
      { rollups: () => Promise.resolve(broken) },
      { activeRecords: () => Promise.resolve(broken) },
    ]) {
      expect(await readMetrics(setUp(change).options)).toEqual(broken);
    }
  });
});
