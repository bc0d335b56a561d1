import { describe, expect, test } from 'vitest';
import type { Rollup } from '../../../../src/contracts/rollup.ts';
import { historySpans } from '../../../../src/core/export/history-spans.ts';
import { writeOpenMetricsHistory } from '../../../../src/core/export/openmetrics-history.ts';
import { gaugesRead } from '../../../../src/core/metrics/event-deltas.ts';
import { sampleRecords } from '../../../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../../../fixtures/monitoring/sample-rollups.ts';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 24, 12);
const NOW = NOON + 7.5 * 60_000;
const RECORDS = sampleRecords({ seed: 8, count: 90, fromMs: NOON - 5 * HOUR_MS, toMs: NOW });
const DELTAS = [
  ...deltasOf(RECORDS),
  ...[0.25, 0.75].map((memoryUsedRatio) =>
    gaugesRead(NOW - 1000, { activeRequests: 2, memoryUsedRatio, storageUsedRatio: null }),
  ),
];
const MINUTES = rollupsOf(DELTAS, 'minute');
const HOURS = rollupsOf(DELTAS, 'hour');
const TOTALS = rollupsOf(DELTAS, 'total');

function history(minutes: readonly Rollup[], hours: readonly Rollup[]): readonly string[] {
  const input = { minutes, hours, totals: TOTALS, nowMs: NOW, labels: { instance: 'a' } };
  return [...writeOpenMetricsHistory(input)].join('').split('\n');
}

function points(lines: readonly string[], series: string): readonly (readonly number[])[] {
  return lines
    .filter((line) => line.startsWith(`${series} `))
    .map((line) =>
      line
        .slice(series.length + 1)
        .split(' ')
        .map(Number),
    );
}

const STOPPED = 'generation_finished_total{finish_reason="stop",instance="a"}';

describe('the spans of a history', () => {
  test('are minutes where the minutes add up to the hours', () => {
    const spans = historySpans(MINUTES, HOURS, NOW);
    expect(spans.every(({ startMs, endMs }) => endMs - startMs <= 60_000)).toBe(true);
  });

  test('are hours up to the first hour with all its minutes', () => {
    const fromMs = NOON - 2.5 * HOUR_MS;
    const spans = historySpans(
      MINUTES.filter(({ startMs }) => startMs >= fromMs),
      HOURS,
      NOW,
    );
    for (const { startMs, endMs } of spans) {
      expect(endMs - startMs > 60_000).toBe(startMs < NOON - 2 * HOUR_MS);
    }
    expect(spans.length).toBeGreaterThan(10);
  });

  test('end now at the latest', () => {
    expect(historySpans([], HOURS, NOW).at(-1)).toMatchObject({ startMs: NOON, endMs: NOW });
  });
});

describe('a history', () => {
  test('is empty where nothing was measured', () => {
    expect(history([], [])).toEqual(['']);
  });

  test('has values that never fall, at times that rise, up to the total', () => {
    const found = points(history(MINUTES, HOURS), STOPPED);
    expect(found.length).toBeGreaterThan(20);
    for (const [index, [value = 0, seconds = 0]] of found.entries()) {
      const [before = 0, beforeSeconds = 0] = found[index - 1] ?? [];
      expect(value).toBeGreaterThanOrEqual(before);
      expect(seconds).toBeGreaterThan(beforeSeconds);
    }
    const stopped = RECORDS.filter(({ outcome }) => outcome === 'stop').length;
    expect(found.at(-1)?.[0]).toBe(stopped);
  });

  test('goes on from what was counted before its first row', () => {
    const kept = HOURS.filter(({ startMs }) => startMs >= NOON - HOUR_MS);
    const [[first = 0] = []] = points(history([], kept), STOPPED);
    const stopped = RECORDS.filter(({ outcome, endedAtEpochMs }) => {
      return outcome === 'stop' && (endedAtEpochMs ?? 0) < NOON - HOUR_MS;
    });
    expect(first).toBe(stopped.length);
    expect(first).toBeGreaterThan(0);
  });

  test('has gauges as the mean of each span', () => {
    expect(points(history([], HOURS), 'memory_used_ratio{instance="a"}')).toEqual([
      [0.5, NOW / 1000],
    ]);
  });

  test('ends each series of a histogram at its count and ends with EOF', () => {
    const lines = history(MINUTES, HOURS);
    const all = points(lines, 'generation_tokens_count{instance="a"}').at(-1);
    expect(points(lines, 'generation_tokens_bucket{instance="a",le="+Inf"}').at(-1)).toEqual(all);
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });
});
