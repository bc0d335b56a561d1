import { describe, expect, test, vi } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import { buildDashboard } from '../../../src/core/metrics/build-dashboard.ts';
import { DEFAULT_OBJECTIVES } from '../../../src/core/metrics/objectives.ts';
import { windowRange } from '../../../src/core/metrics/time-steps.ts';
import { WindowBefore } from '../../../src/state/window-before.ts';
import type { RollupQuery } from '../../../src/store/monitor-port.ts';
import { sampleRecords } from '../../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../../fixtures/monitoring/sample-rollups.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 12, 34, 56);
const DAY_MS = 86_400_000;
const deltas = deltasOf(
  sampleRecords({ seed: 5, count: 800, fromMs: NOW_MS - 2 * DAY_MS, toMs: NOW_MS }),
);
const rows = {
  minute: rollupsOf(deltas, 'minute'),
  hour: rollupsOf(deltas, 'hour'),
  total: rollupsOf(deltas, 'total'),
};

const rollups = vi.fn(({ resolution, fromMs, toMs }: RollupQuery) =>
  Promise.resolve({
    ok: true as const,
    value: rows[resolution].filter(({ startMs }) => startMs >= fromMs && startMs < toMs),
  }),
);

function tiles(previousRollups: Parameters<typeof buildDashboard>[0]['previousRollups']) {
  return buildDashboard({
    range: windowRange('24h', NOW_MS),
    filter: { model: null, backend: null, outcome: null },
    rollups: [],
    previousRollups,
    ended: null,
    active: [],
    objectives: DEFAULT_OBJECTIVES,
    nowMs: NOW_MS,
  }).tiles;
}

describe('the window before', () => {
  test('is the same as if it were read minute by minute, of far fewer rows', async () => {
    const range = windowRange('24h', NOW_MS);
    const result = await new WindowBefore({ rollups }).read(range, 'minute', NOW_MS, false);
    if (!result.ok) throw new Error(result.failure.message);
    const byMinute = rows.minute.filter(
      ({ startMs }) => startMs >= range.fromMs - DAY_MS && startMs < range.fromMs,
    );
    expect(tiles(result.value)).toEqual(tiles(byMinute));
    expect(tiles(byMinute)[0]?.previous).toBeGreaterThan(100);
    expect(result.value.length).toBeLessThan(byMinute.length / 2);
  });

  test('is read once, as long as it is the same', async () => {
    rollups.mockClear();
    const before = new WindowBefore({ rollups });
    const range = windowRange('1h', NOW_MS);
    await before.read(range, 'minute', NOW_MS, false);
    const reads = rollups.mock.calls.length;
    await before.read(range, 'minute', NOW_MS + 3000, false);
    expect(rollups).toHaveBeenCalledTimes(reads);
    await before.read(windowRange('6h', NOW_MS), 'minute', NOW_MS + 3000, false);
    expect(rollups.mock.calls.length).toBeGreaterThan(reads);
  });

  test('fails where the store does', async () => {
    const broken = new WindowBefore({
      rollups: () => Promise.resolve({ ok: false, failure: failure('store/unavailable') }),
    });
    expect(await broken.read(windowRange('24h', NOW_MS), 'minute', NOW_MS, false)).toMatchObject({
      ok: false,
    });
  });
});
