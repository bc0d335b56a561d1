import { describe, expect, it } from 'vitest';
import { backTest } from '../../../../src/core/alerts/back-test.ts';
import {
  everySecond,
  HOUR_MS,
  makeRule,
  MINUTE_MS,
  NOON_MS,
  requestDeltas,
  sourceOf,
} from '../../../fixtures/alerts/alert-data.ts';

const range = { fromMs: NOON_MS - 2 * HOUR_MS, toMs: NOON_MS };
const rule = makeRule({ noData: 'ok', forMs: 5 * MINUTE_MS });

describe('what a rule would have done', () => {
  it('is when it would have fired and for how long, its wait included', () => {
    const slow = everySecond(NOON_MS - 60 * MINUTE_MS, 600, { seconds: 4 });
    const { spans } = backTest(rule, sourceOf(requestDeltas(slow)), range);
    // Slow from 10:50 to 11:00, in the window until 11:15; the first minute ends at 10:51.
    expect(spans).toHaveLength(1);
    expect(spans[0]?.fromMs).toBe(NOON_MS - 64 * MINUTE_MS);
    expect(spans[0]?.toMs).toBe(NOON_MS - 45 * MINUTE_MS);
    expect(spans[0]?.worstValue).toBeCloseTo(4, 1);
  });

  it('is open where it would fire still', () => {
    const slow = everySecond(NOON_MS, 1200, { seconds: 4 });
    expect(backTest(rule, sourceOf(requestDeltas(slow)), range).spans).toMatchObject([
      { toMs: null },
    ]);
  });

  it('is nothing where nothing was measured, with gaps for values', () => {
    const { spans, values, timesMs } = backTest(rule, sourceOf([]), range);
    expect(spans).toEqual([]);
    expect(timesMs).toHaveLength(121);
    expect(values.every((value) => value === null)).toBe(true);
  });

  it('is told by the hour where rows per minute are gone', () => {
    const slow = everySecond(NOON_MS - HOUR_MS, 3600, { seconds: 4 });
    const source = sourceOf(requestDeltas(slow), { minutes: [], minutesFromMs: NOON_MS });
    const { spans, timesMs } = backTest(makeRule({ noData: 'ok' }), source, range);
    expect(timesMs.map((atMs) => (atMs - NOON_MS) / HOUR_MS)).toEqual([-2, -1, 0]);
    expect(spans).toMatchObject([{ fromMs: NOON_MS - HOUR_MS, toMs: NOON_MS }]);
  });
});
