import { describe, expect, test } from 'vitest';
import { OUTCOMES, type RequestRecord } from '../../../../src/contracts/request-record.ts';
import type { Rollup } from '../../../../src/contracts/rollup.ts';
import {
  buildDashboard,
  type DashboardInput,
} from '../../../../src/core/metrics/build-dashboard.ts';
import type { DashboardFilter, TileId } from '../../../../src/core/metrics/dashboard-shape.ts';
import { edgesOf } from '../../../../src/core/metrics/bucket-edges.ts';
import { gaugesRead, telemetryDropped } from '../../../../src/core/metrics/event-deltas.ts';
import { figuresOf } from '../../../../src/core/metrics/ended-figures.ts';
import { heatmapOf } from '../../../../src/core/metrics/heatmap.ts';
import { Histogram } from '../../../../src/core/metrics/histogram.ts';
import { DEFAULT_OBJECTIVES } from '../../../../src/core/metrics/objectives.ts';
import { requestFigures } from '../../../../src/core/metrics/request-figures.ts';
import { emptyRollup } from '../../../../src/core/metrics/rollup.ts';
import { windowRange } from '../../../../src/core/metrics/time-steps.ts';
import { sampleRecords } from '../../../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../../../fixtures/monitoring/sample-rollups.ts';
import { exactQuantile } from './distributions.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 24, 13, 7, 31);
const RANGE = windowRange('1h', NOW);
const NO_FILTER: DashboardFilter = { model: null, backend: null, outcome: null };

const RECORDS = sampleRecords({
  seed: 30,
  count: 900,
  fromMs: RANGE.fromMs - 3_600_000,
  toMs: NOW,
});
const ROWS = rollupsOf(deltasOf(RECORDS), 'minute');
const ENDED = endedIn(RECORDS, RANGE.fromMs);

function endedIn(records: readonly RequestRecord[], fromMs: number): readonly RequestRecord[] {
  return records.filter(({ endedAtEpochMs: at }) => at !== null && at >= fromMs && at < RANGE.toMs);
}

function build(change: Partial<DashboardInput> = {}) {
  return buildDashboard({
    range: RANGE,
    filter: NO_FILTER,
    rollups: ROWS.filter(({ startMs }) => startMs >= RANGE.fromMs),
    previousRollups: ROWS.filter(({ startMs }) => startMs < RANGE.fromMs),
    ended: figuresOf(ENDED),
    active: [],
    objectives: DEFAULT_OBJECTIVES,
    nowMs: NOW,
    ...change,
  });
}

function resultsOf(dashboard: ReturnType<typeof build>) {
  return dashboard.objectives.filter(({ objective }) => objective.id === 'syntax-validity');
}

function tile(dashboard: ReturnType<typeof build>, id: TileId) {
  return dashboard.tiles.find((candidate) => candidate.id === id);
}

function present(values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

describe('a dashboard', () => {
  const dashboard = build();

  test('counts what the records say, in all and by outcome', () => {
    expect(dashboard.counts).toEqual({
      requests: RECORDS.filter((record) => record.acceptedAtEpochMs >= RANGE.fromMs).length,
      finished: ENDED.length,
      errors: ENDED.filter(({ outcome }) => outcome === 'error' || outcome === 'timeout').length,
      active: 0,
      promptTokens: total(ENDED.map(({ tokens }) => tokens.prompt)),
      generatedTokens: total(ENDED.map(({ tokens }) => tokens.generated)),
      suspended: ENDED.filter(({ isSuspended }) => isSuspended).length,
      dropped: 0,
    });
    for (const outcome of OUTCOMES) {
      expect(total(dashboard.outcomes[outcome]), outcome).toBe(
        ENDED.filter((record) => record.outcome === outcome).length,
      );
    }
  });

  test('has the exact percentiles of few requests', () => {
    const latencies = present(ENDED.map((record) => requestFigures(record).latencySeconds));
    expect(dashboard.latency.overall).toEqual({
      n: latencies.length,
      p50: exactQuantile(latencies, 0.5),
      p95: exactQuantile(latencies, 0.95),
      p99: exactQuantile(latencies, 0.99),
      max: Math.max(...latencies),
      isExact: true,
    });
    const gaps = ENDED.flatMap((record) => requestFigures(record).tokenGapsSeconds);
    expect(dashboard.interToken.overall.p99).toBe(exactQuantile(gaps, 0.99));
    const similarities = present(ENDED.map((record) => record.similarity));
    expect(dashboard.similarity.p50).toBe(exactQuantile(similarities, 0.5));
  });

  test('is within 1.1 % of that from histograms alone, with the same n', () => {
    const merged = build({ ended: null });
    for (const [exact, near] of [
      [dashboard.latency.overall, merged.latency.overall],
      [dashboard.firstToken.overall, merged.firstToken.overall],
      [dashboard.tokensPerSecond.overall, merged.tokensPerSecond.overall],
      [dashboard.interToken.overall, merged.interToken.overall],
      [dashboard.interToken.longestStall, merged.interToken.longestStall],
      [dashboard.outputLength.percentiles, merged.outputLength.percentiles],
      [dashboard.similarity, merged.similarity],
    ] as const) {
      expect(near).toMatchObject({ n: exact.n, max: exact.max, isExact: false });
      for (const which of ['p50', 'p95', 'p99'] as const) {
        expect(Math.abs((near[which] ?? NaN) / (exact[which] ?? NaN) - 1)).toBeLessThan(0.011);
      }
    }
    expect(merged.counts).toEqual(dashboard.counts);
    expect(merged.heatmap).toEqual(dashboard.heatmap);
  });

  test('does not take some records for all of them', () => {
    expect(build({ ended: figuresOf(ENDED).slice(1) }).latency.overall.isExact).toBe(false);
  });

  test('has every series as long as its steps', () => {
    const { timesMs, latency, validity, memory, heatmap, outcomes, tiles } = dashboard;
    expect(timesMs).toHaveLength(60);
    for (const series of [
      ...[latency.p50, latency.p95, latency.p99, latency.counts],
      ...Object.values(validity).flatMap(({ rate, low, high, n }) => [rate, low, high, n]),
      ...[memory.ratio, heatmap.cells],
      ...Object.values(outcomes),
      ...tiles.map(({ sparkline }) => sparkline),
    ]) {
      expect(series).toHaveLength(60);
    }
  });

  test('puts every latency into one cell of the heatmap, in its step', () => {
    const { cells, edgesSeconds } = dashboard.heatmap;
    expect(cells.map(total)).toEqual(dashboard.latency.counts);
    expect(cells.every((column) => column.length === edgesSeconds.length - 1)).toBe(true);
    for (let edge = 1; edge < edgesSeconds.length; edge++) {
      const ratio = (edgesSeconds[edge] ?? NaN) / (edgesSeconds[edge - 1] ?? NaN);
      expect(ratio).toBeCloseTo(2 ** 0.25, 10);
    }
  });

  test('has a row for requests that waited for minutes', () => {
    const histogram = new Histogram(edgesOf('generation_latency_seconds'));
    histogram.record(300);
    const { edgesSeconds, cells } = heatmapOf([histogram]);
    expect(edgesSeconds[0]).toBeLessThanOrEqual(300);
    expect(edgesSeconds[1]).toBeGreaterThan(300);
    expect(cells).toEqual([[1]]);
  });

  test('leaves gaps where nothing was measured, and hides p95 in steps of few', () => {
    const rows = ROWS.filter(({ startMs }) => startMs >= RANGE.fromMs + 30 * MINUTE);
    const gappy = build({
      rollups: rows,
      ended: figuresOf(endedIn(RECORDS, RANGE.fromMs + 30 * MINUTE)),
    });
    expect(gappy.latency.p50.slice(0, 30)).toEqual(new Array(30).fill(null));
    expect(gappy.validity.on.rate.slice(0, 30)).toEqual(new Array(30).fill(null));
    expect(tile(gappy, 'requests')?.sparkline.slice(0, 30)).toEqual(new Array(30).fill(0));
    expect(gappy.latency.overall.isExact).toBe(true);
    gappy.latency.counts.forEach((count, step) => {
      expect(gappy.latency.p50[step] === null).toBe(count === 0);
      expect(gappy.latency.p95[step] === null).toBe(count < 20);
    });
  });

  test('has validity with its interval around it', () => {
    const { rate, low, high, n } = dashboard.validity.on;
    const judged = ENDED.filter(
      ({ guard, syntax }) => guard.on && syntax !== null && syntax.result !== 'unchecked',
    );
    expect(total(n)).toBe(judged.length);
    rate.forEach((value, step) => {
      if (value === null) return;
      expect(low[step]).toBeLessThanOrEqual(value);
      expect(high[step]).toBeGreaterThanOrEqual(value);
    });
    const valid = judged.filter(({ syntax }) => syntax?.result === 'valid').length;
    expect(resultsOf(dashboard)[0]).toMatchObject({
      guard: 'on',
      value: valid / judged.length,
      n: judged.length,
    });
  });

  test('never has scripts of both settings of the guard in one rate, and the worse one decides', () => {
    const checks = (guard: string, result: string, count: number) =>
      ({ [`generation_syntax_checks_total{guard="${guard}",result="${result}"}`]: count }) as const;
    const row = emptyRollup('minute', RANGE.fromMs, {
      model: 'm',
      backend: 'wasm',
      outcome: 'stop',
    });
    const counters = (off: number) => ({
      ...checks('on', 'valid', 900),
      ...checks('on', 'invalid', 10),
      ...checks('off', 'valid', off / 2),
      ...checks('off', 'invalid', off / 2),
    });
    const mixed = build({ rollups: [{ ...row, counters: counters(40) }], ended: null });
    expect(resultsOf(mixed)).toMatchObject([
      { guard: 'on', state: 'met', n: 910 },
      { guard: 'off', state: 'missed', value: 0.5, n: 40 },
    ]);
    expect(mixed.status.sentence).toContain('syntax validity, guard off, 50 % < 85 %');
    expect(tile(mixed, 'validity')).toMatchObject({
      value: 0.5,
      n: 40,
      objective: { guard: 'off' },
      apart: { guard: 'on', n: 910 },
    });
    // Too few to judge by are no reason to call it good or bad.
    const few = build({ rollups: [{ ...row, counters: counters(10) }], ended: null });
    expect(resultsOf(few).map(({ state }) => state)).toEqual(['met', 'not-enough-data']);
    expect(tile(few, 'validity')).toMatchObject({ n: 910, apart: { guard: 'off', n: 10 } });
    // Rows of before there was the label.
    const old = build({
      rollups: [{ ...row, counters: { 'generation_syntax_checks_total{result="valid"}': 30 } }],
      ended: null,
    });
    expect(resultsOf(old)).toMatchObject([{ guard: null, value: 1, n: 30 }]);
  });

  test('has six tiles with the objective and the window before', () => {
    expect(dashboard.tiles.map(({ id }) => id)).toEqual([
      'requests',
      'error-rate',
      'latency-p95',
      'ttft-p95',
      'tokens-per-second',
      'validity',
    ]);
    const before = RECORDS.filter((record) => record.acceptedAtEpochMs < RANGE.fromMs);
    expect(tile(dashboard, 'requests')).toMatchObject({
      value: dashboard.counts.requests,
      previous: before.length,
    });
    expect(tile(dashboard, 'latency-p95')).toMatchObject({
      value: dashboard.latency.overall.p95,
      n: dashboard.latency.overall.n,
      objective: dashboard.objectives[0],
    });
    expect(tile(build({ previousRollups: [] }), 'latency-p95')?.previous).toBeNull();
    expect(tile(build({ previousRollups: [] }), 'requests')?.previous).toBeNull();
  });

  test('has every range of every sampled parameter, and output lengths in classic buckets', () => {
    expect(dashboard.parameters).toHaveLength(12);
    expect(total(dashboard.parameters.map(({ count }) => count))).toBe(
      3 *
        RECORDS.filter(
          (record) => record.acceptedAtEpochMs >= RANGE.fromMs && record.parameters !== null,
        ).length,
    );
    const { edges, counts, percentiles } = dashboard.outputLength;
    expect(counts).toHaveLength(edges.length + 1);
    expect(total(counts)).toBe(percentiles.n);
  });

  test('lists errors by how many there were', () => {
    const counts = dashboard.errors.map(({ count }) => count);
    expect(total(counts)).toBe(dashboard.counts.errors);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  });
});

describe('a filter', () => {
  const WASM: DashboardFilter = { ...NO_FILTER, backend: 'wasm' };

  test('lets through only the requests that it names, and counts those that ended', () => {
    const wasm = ENDED.filter(({ engine }) => engine?.backend === 'wasm');
    const filtered = build({ filter: WASM });
    expect(filtered.counts).toMatchObject({ requests: wasm.length, finished: wasm.length });
    expect(filtered.latency.overall).toMatchObject({
      n: wasm.filter((record) => requestFigures(record).latencySeconds !== null).length,
      isExact: true,
    });
    expect(build({ filter: WASM, ended: null }).latency.overall.n).toBe(filtered.latency.overall.n);
  });

  test('by outcome leaves the others out', () => {
    const { outcomes, counts } = build({ filter: { ...NO_FILTER, outcome: 'length' } });
    expect(total(outcomes.length)).toBe(counts.finished);
    expect(total(outcomes.stop)).toBe(0);
    expect(counts.errors).toBe(0);
  });

  test('does not change what can be chosen', () => {
    const { choices } = build({ filter: { ...NO_FILTER, model: 'no such model' } });
    expect(choices).toEqual({
      models: ['onnx-community/sample-coder', 'shellwright-135m'],
      backends: ['wasm', 'webgpu'],
    });
    expect(choices).toEqual(build().choices);
  });

  test('holds for active requests too, but not for how they will end', () => {
    const open = (record: RequestRecord) => ({ ...record, outcome: null, endedAtEpochMs: null });
    const active = ENDED.filter(({ engine }) => engine !== null)
      .slice(0, 9)
      .map(open);
    const wasm = active.filter(({ engine }) => engine?.backend === 'wasm').length;
    expect(build({ active }).counts.active).toBe(9);
    expect(build({ active, filter: WASM }).counts.active).toBe(wasm);
    expect(build({ active, filter: { ...NO_FILTER, outcome: 'stop' } }).counts.active).toBe(9);
  });
});

describe('what is measured beside requests', () => {
  const rowsOf = (readings: readonly (readonly [minute: number, ratio: number])[]): Rollup[] => [
    ...rollupsOf(
      readings.map(([minute, memoryUsedRatio]) =>
        gaugesRead(RANGE.fromMs + minute * MINUTE, {
          activeRequests: 2,
          memoryUsedRatio,
          storageUsedRatio: null,
        }),
      ),
      'minute',
    ),
  ];

  test('is the newest reading, and not the largest of its step, where steps are long', () => {
    const range = windowRange('30d', NOW);
    const rollups = rowsOf([
      [2, 0.85],
      [40, 0.4],
    ]);
    const { memory, objectives } = build({ range, rollups, ended: [] });
    expect(memory.ratio.at(-1)).toBe(0.85);
    expect(memory.latest).toBe(0.4);
    expect(objectives.find(({ objective }) => objective.id === 'memory-used')).toMatchObject({
      state: 'met',
      value: 0.4,
    });
  });

  test('is in the dashboard whatever the filter', () => {
    const rollups = [
      ...rowsOf([
        [3, 0.2],
        [3, 0.5],
        [9, 0.3],
      ]),
      ...rollupsOf([telemetryDropped(NOW, 'log', 'quota', 4)], 'minute'),
    ];
    const { memory, counts, objectives } = build({
      rollups,
      ended: [],
      filter: { ...NO_FILTER, model: 'x' },
    });
    expect(memory.ratio.slice(0, 10)).toEqual([
      ...[null, null, null, 0.5, null, null],
      ...[null, null, null, 0.3],
    ]);
    expect(memory.latest).toBe(0.3);
    expect(counts.dropped).toBe(4);
    expect(objectives.find(({ objective }) => objective.id === 'memory-used')).toMatchObject({
      state: 'met',
      value: 0.3,
      n: 3,
    });
  });

  test('can make the status degraded without a request', () => {
    expect(build({ rollups: rowsOf([[57, 0.9]]), ended: [] }).status).toEqual({
      level: 'degraded',
      sentence: 'Degraded: memory 90 % > 80 % for 3 min, n = 1',
    });
  });
});

test('nothing measured is unknown: no values, no zeros in place of them', () => {
  const empty = build({ rollups: [], previousRollups: [], ended: [] });
  expect(empty.status.level).toBe('unknown');
  expect(empty.tiles.map(({ value }) => value)).toEqual([0, null, null, null, null, null]);
  expect(empty.latency.overall).toEqual({
    n: 0,
    p50: null,
    p95: null,
    p99: null,
    max: null,
    isExact: true,
  });
  expect(empty.heatmap.edgesSeconds).toEqual([]);
  expect(empty.memory.latest).toBeNull();
});

test('30 days of rows per hour have steps of six hours and count every request once', () => {
  const range = windowRange('30d', NOW);
  const records = sampleRecords({ seed: 31, count: 3_000, fromMs: range.fromMs, toMs: NOW });
  const rollups = rollupsOf(deltasOf(records), 'hour');
  const month = build({ range, rollups, previousRollups: [], ended: null });
  expect(month.stepMs).toBe(6 * 3_600_000);
  expect(month.counts.finished).toBe(endedIn(records, range.fromMs).length);
  expect(total(month.latency.counts)).toBe(month.latency.overall.n);
});
