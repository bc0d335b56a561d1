import { describe, expect, test } from 'vitest';
import type { Rollup, RollupDelta } from '../../../../src/contracts/rollup.ts';
import {
  applyDelta,
  emptyRollup,
  mergeRollups,
  spanStart,
} from '../../../../src/core/metrics/rollup.ts';
import { sampleRecords } from '../../../fixtures/monitoring/sample-records.ts';
import { deltasOf } from '../../../fixtures/monitoring/sample-rollups.ts';

const NONE = { model: 'none', backend: 'none', outcome: 'none' } as const;
const EMPTY = emptyRollup('minute', 0, NONE);

function delta(change: Partial<RollupDelta>): RollupDelta {
  return { ...NONE, atEpochMs: 0, counters: [], observations: [], gauges: [], ...change };
}

function rowOf(deltas: readonly RollupDelta[]): Rollup {
  return deltas.reduce(applyDelta, EMPTY);
}

describe('spanStart', () => {
  test.each([
    ['minute', 119_999, 60_000],
    ['minute', 120_000, 120_000],
    ['hour', 7_199_999, 3_600_000],
    ['total', 7_199_999, 0],
  ] as const)('of a %s at %i is %i', (resolution, atMs, start) => {
    expect(spanStart(resolution, atMs)).toBe(start);
  });
});

describe('applyDelta', () => {
  test('adds counters, observations and gauges, and leaves the row it was given as it is', () => {
    const once = delta({
      counters: [['b_total', 2]],
      observations: [['generation_tokens', 30]],
      gauges: [['memory_used_ratio', 0.25]],
    });
    const row = rowOf([once, delta({ counters: [['a_total', 1]] }), once]);
    expect(row.counters).toEqual({ a_total: 1, b_total: 4 });
    expect(Object.keys(row.counters)).toEqual(['a_total', 'b_total']);
    expect(row.histograms['generation_tokens']).toMatchObject({
      count: 2,
      sumMicros: 60_000_000,
      classic: [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
    });
    expect(row.gauges).toEqual({
      memory_used_ratio: { count: 2, sumMicros: 500_000, min: 0.25, max: 0.25 },
    });
    expect(EMPTY.counters).toEqual({});
  });

  test('takes the edges of a labelled series from its metric', () => {
    const row = rowOf([delta({ observations: [['prompt_similarity_score{method="x"}', 0.65]] })]);
    expect(row.histograms['prompt_similarity_score{method="x"}']?.classic).toHaveLength(12);
  });

  test('leaves out gauges that are no number', () => {
    expect(rowOf([delta({ gauges: [['memory_used_ratio', NaN]] })]).gauges).toEqual({});
  });
});

describe('merging rows', () => {
  const deltas = [
    ...deltasOf(sampleRecords({ seed: 8, count: 120, fromMs: 0, toMs: 60_000 })),
    ...[0.3, 0.1, 0.7].map((value) => delta({ gauges: [['memory_used_ratio', value]] })),
  ];
  const parts = Array.from({ length: 6 }, (_, part) =>
    rowOf(deltas.filter((_, i) => i % 6 === part)),
  );
  const whole = JSON.stringify(rowOf(deltas));

  test('gives the bytes of a row that got every delta itself, whatever the order', () => {
    expect(JSON.stringify(parts.reduce(mergeRollups))).toBe(whole);
    expect(JSON.stringify(parts.toReversed().reduce(mergeRollups))).toBe(whole);
    expect(JSON.stringify(deltas.toReversed().reduce(applyDelta, EMPTY))).toBe(whole);
  });

  test('gives the same bytes however it is grouped', () => {
    const [a = EMPTY, b = EMPTY, c = EMPTY] = parts;
    const left = mergeRollups(mergeRollups(a, b), c);
    expect(JSON.stringify(left)).toBe(JSON.stringify(mergeRollups(a, mergeRollups(b, c))));
    expect(JSON.stringify(mergeRollups(a, b))).toBe(JSON.stringify(mergeRollups(b, a)));
  });

  test('with an empty row changes nothing', () => {
    const [a = EMPTY] = parts;
    expect(mergeRollups(a, EMPTY)).toEqual(a);
    expect(mergeRollups(EMPTY, a)).toEqual(a);
  });
});
