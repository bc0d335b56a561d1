import { describe, expect, test } from 'vitest';
import type { HistogramData } from '../../../src/contracts/rollup.ts';
import { acceptDelta, endDeltas } from '../../../src/core/metrics/request-deltas.ts';
import type { StoredRollup } from '../../../src/store/schema.ts';
import { packRow, unpackRow } from '../../../src/store/packed-row.ts';
import { changeRow, rowChanges } from '../../../src/store/rollup-rows.ts';
import { sampleRecords } from '../../fixtures/monitoring/sample-records.ts';

const EMPTY: StoredRollup = {
  schemaVersion: 1,
  resolution: 'minute',
  startMs: 60_000,
  model: 'm',
  backend: 'wasm',
  outcome: 'stop',
  counters: { a_total: 3 },
  histograms: {},
  gauges: { b: { count: 1, sumMicros: 500_000, min: 0.5, max: 0.5 } },
};

const DATA: HistogramData = {
  count: 7,
  sumMicros: -1_234_567,
  min: -0.25,
  max: 1e-9,
  zeroCount: 2,
  indices: [-957, -956, 0, 1, 130],
  counts: [1, 127, 128, 16_384, 2 ** 40 + 3],
  classic: [0, 0, 7],
};

describe('a packed row', () => {
  test.each([
    ['without histograms', EMPTY],
    ['with one', { ...EMPTY, histograms: { h: DATA } }],
    [
      'with several, of one value, of none, and of many',
      {
        ...EMPTY,
        histograms: {
          'h{a="x",b="y"}': DATA,
          one: { ...DATA, indices: [5], counts: [1], classic: [] },
          none: { ...DATA, indices: [], counts: [], count: 0, sumMicros: 0 },
          many: {
            ...DATA,
            sumMicros: Number.MAX_SAFE_INTEGER,
            indices: Array.from({ length: 3_000 }, (_, i) => i * 3 - 4_000),
            counts: Array.from({ length: 3_000 }, (_, i) => i),
          },
        },
      },
    ],
  ] as [string, StoredRollup][])('%s is the row again', (_, row) => {
    expect(unpackRow(packRow(row))).toEqual(row);
  });

  test('of real requests is the row to the byte, in half the room', () => {
    const rows = new Map<string, StoredRollup>();
    for (const record of sampleRecords({ seed: 1, count: 300, fromMs: 0, toMs: 3_600_000 })) {
      for (const change of rowChanges([acceptDelta(record), ...endDeltas(record)])) {
        rows.set(change.id, changeRow(rows.get(change.id), change));
      }
    }
    expect(rows.size).toBeGreaterThan(100);
    for (const row of rows.values()) {
      const packed = packRow(row);
      expect(JSON.stringify(unpackRow(packed))).toBe(
        JSON.stringify({ ...withHistogramsLast(row) }),
      );
      const { byteLength } = packed.histograms;
      expect(byteLength).toBeLessThanOrEqual(JSON.stringify(row.histograms).length / 2);
    }
  });
});

/** As unpacking orders its fields. */
function withHistogramsLast({ histograms, ...row }: StoredRollup): StoredRollup {
  return { ...row, histograms };
}
