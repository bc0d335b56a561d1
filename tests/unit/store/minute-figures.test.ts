import { describe, expect, test } from 'vitest';
import { figuresOf, type EndedFigures } from '../../../src/core/metrics/ended-figures.ts';
import {
  addToMinute,
  amendMinute,
  groupByMinute,
  unpackFigures,
} from '../../../src/store/minute-figures.ts';
import { sampleRecords } from '../../fixtures/monitoring/sample-records.ts';

const records = sampleRecords({ seed: 4, count: 200, fromMs: 0, toMs: 600_000 });
const minutes = [...groupByMinute(figuresOf(records))];

function asLists(figures: readonly EndedFigures[]) {
  return figures.map((one) => ({ ...one, tokenGapsSeconds: Array.from(one.tokenGapsSeconds) }));
}

describe('a minute of figures', () => {
  test('has every figure to the bit, whether they come at once or one by one', () => {
    expect(minutes.length).toBeGreaterThan(9);
    for (const [startMs, figures] of minutes) {
      const atOnce = addToMinute(undefined, figures);
      let grown: typeof atOnce = null;
      for (const one of figures) grown = addToMinute(grown ?? undefined, [one]);
      if (atOnce === null) throw new Error('nothing was added');
      expect(grown).toEqual(atOnce);
      expect(atOnce.startMs).toBe(startMs);
      expect(asLists(unpackFigures(atOnce))).toEqual(asLists(figures));
    }
  });

  test('takes what was found out later about one of its requests', () => {
    const [, figures] = minutes[2] ?? [0, []];
    const minute = addToMinute(undefined, figures) ?? undefined;
    const last = figures.at(-1);
    if (last === undefined) throw new Error('there is none');
    const amended = amendMinute(minute, last.id, { similarity: 0.125 });
    if (amended === null) throw new Error('nothing was amended');
    expect(asLists(unpackFigures(amended))).toEqual(
      asLists([...figures.slice(0, -1), { ...last, similarity: 0.125 }]),
    );
    expect(amendMinute(minute, 'another', { similarity: 0.125 })).toBeNull();
    expect(amendMinute(undefined, last.id, { similarity: 0.125 })).toBeNull();
  });

  test('ends where there are more than exact percentiles are taken of', () => {
    const [, figures] = minutes[0] ?? [0, []];
    const [one] = figures;
    if (one === undefined) throw new Error('there is none');
    const full = addToMinute(undefined, new Array<EndedFigures>(3_000).fill(one));
    if (full === null) throw new Error('nothing was added');
    expect(unpackFigures(full)).toHaveLength(2_001);
    expect(addToMinute(full, [one])).toBeNull();
  });
});
