import { describe, expect, test } from 'vitest';
import { buildDashboard } from '../../../src/core/metrics/build-dashboard.ts';
import { WINDOW_MS, WINDOWS } from '../../../src/core/metrics/dashboard-shape.ts';
import { figuresOf } from '../../../src/core/metrics/ended-figures.ts';
import { DEFAULT_OBJECTIVES } from '../../../src/core/metrics/objectives.ts';
import { rowResolution, windowRange } from '../../../src/core/metrics/time-steps.ts';
import type { Rollup } from '../../../src/contracts/rollup.ts';
import { addToSpan, groupBySpan, spanRollups } from '../../../src/store/span-rows.ts';
import { sampleRecords } from '../../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../../fixtures/monitoring/sample-rollups.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 12, 34, 56);
const records = sampleRecords({
  seed: 8,
  count: 1_500,
  fromMs: NOW_MS - 2 * WINDOW_MS['24h'],
  toMs: NOW_MS,
});
const deltas = deltasOf(records);

function merged(rows: readonly Rollup[]): readonly Rollup[] {
  return groupBySpan(rows).flatMap((group) => spanRollups(addToSpan(undefined, group)));
}

describe('the rows of a span as one', () => {
  test.each(WINDOWS)('draw the same dashboard, %s', (window) => {
    const range = windowRange(window, NOW_MS);
    const rows = rollupsOf(deltas, rowResolution(WINDOW_MS[window]));
    const lengthMs = range.toMs - range.fromMs;
    const build = (all: readonly Rollup[], exact: typeof records | null) =>
      buildDashboard({
        range,
        filter: { model: null, backend: null, outcome: null },
        rollups: all.filter(({ startMs }) => startMs >= range.fromMs && startMs < range.toMs),
        previousRollups: all.filter(
          ({ startMs }) => startMs >= range.fromMs - lengthMs && startMs < range.fromMs,
        ),
        ended: exact === null ? null : figuresOf(exact),
        active: [],
        objectives: DEFAULT_OBJECTIVES,
        nowMs: NOW_MS,
      });
    const ended = records.filter(
      ({ endedAtEpochMs }) =>
        endedAtEpochMs !== null && endedAtEpochMs >= range.fromMs && endedAtEpochMs < range.toMs,
    );
    expect(build(merged(rows), null)).toEqual(build(rows, null));
    expect(build(merged(rows), ended)).toEqual(build(rows, ended));
    expect(build(rows, ended).latency.overall).toMatchObject({ isExact: true });
  });

  test('are the same, whichever came first', () => {
    for (const group of groupBySpan(rollupsOf(deltas, 'hour'))) {
      const half = group.length >> 1;
      const atOnce = addToSpan(undefined, group);
      let grown = addToSpan(undefined, group.slice(half));
      if (half > 0) grown = addToSpan(grown, group.slice(0, half));
      expect(grown).toEqual(atOnce);
    }
  });

  test('of totals are none', () => {
    expect(groupBySpan(rollupsOf(deltas, 'total'))).toEqual([]);
  });
});
