import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/core/export/metrics-dataset.ts';
import { percentilesOf } from '../../../src/core/export/metrics-file.ts';
import type { Rollup } from '../../../src/contracts/rollup.ts';
import type { Result } from '../../../src/contracts/failure.ts';
import { ImportedDataset } from '../../../src/monitor/imported-dataset.ts';
import {
  deltasOf,
  makeSource,
  requests,
  rollupsOf,
} from '../../fixtures/monitoring/metrics-source.ts';

const ALL = { fromMs: 0, toMs: Infinity };

/** 90 requests of three browsers, made in turns. */
const parts = [0, 1, 2].map((part) => requests(90).filter((_, index) => index % 3 === part));
const imported = new ImportedDataset({
  sources: parts.map((records, index) =>
    makeSource(records, {
      id: `${index}1111111-2222-4333-8444-555555555555`,
      exportedAtEpochMs: 1_700_010_000_000 + index,
      records: index === 2 ? null : records,
    }),
  ),
});

async function valueOf<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(settled.failure.message);
  return settled.value;
}

const sorted = (rows: readonly Rollup[]): readonly Rollup[] =>
  rows.toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b)));

describe('imported files', () => {
  it('are, merged, what one browser would have measured', async () => {
    const expected = rollupsOf(deltasOf(requests(90)));
    for (const resolution of ['total', 'hour', 'minute'] as const) {
      const rows = await valueOf(imported.rollups({ resolution, ...ALL }));
      expect(sorted(rows)).toEqual(sorted(expected.filter((row) => row.resolution === resolution)));
      expect(rows.map(({ startMs }) => startMs)).toEqual(
        rows.map(({ startMs }) => startMs).toSorted((a, b) => a - b),
      );
    }
  });

  it('have the percentiles of all values, not the mean of percentiles', async () => {
    const totals = await valueOf(imported.rollups({ resolution: 'total', ...ALL }));
    const latency = percentilesOf(totals).find(
      ({ metric }) => metric === 'generation_latency_seconds',
    );
    const exact = requests(90)
      .map(({ timestamps }) => (timestamps.lastTokenMs ?? 0) / 1000)
      .toSorted((a, b) => a - b);
    const p95 = exact[Math.ceil(0.95 * 90) - 1] ?? 0;
    expect(latency?.n).toBe(90);
    expect(Math.abs((latency?.p95 ?? 0) / p95 - 1)).toBeLessThan(0.011);
  });

  it('give rows of a part of time', async () => {
    const minutes = await valueOf(imported.rollups({ resolution: 'minute', ...ALL }));
    const from = minutes[5]?.startMs ?? 0;
    const part = await valueOf(
      imported.rollups({ resolution: 'minute', fromMs: from, toMs: from + 60_000 }),
    );
    expect(part.length).toBeGreaterThan(0);
    expect(part.every(({ startMs }) => startMs === from)).toBe(true);
  });

  it('give records in the order asked for, by time and outcome', async () => {
    const newest = await valueOf(imported.records({ ...ALL, limit: 2, order: 'newest-first' }));
    expect(newest.map(({ id }) => id)).toEqual([requests(90)[88]?.id, requests(90)[87]?.id]);
    const cut = await valueOf(
      imported.records({ ...ALL, limit: 100, order: 'oldest-first', outcome: 'length' }),
    );
    expect(cut.every(({ outcome }) => outcome === 'length')).toBe(true);
    expect(await valueOf(imported.countRecords())).toBe(60);
    expect(await valueOf(imported.activeRecords())).toEqual([]);
  });

  it('give ended records, as many as asked for', async () => {
    const query = { ...ALL, limit: 50 };
    expect(await valueOf(imported.endedRecords(query))).toHaveLength(50);
  });

  it('tell until the last export', () => {
    expect(imported.endMs).toBe(1_700_010_000_002);
  });
});
