import { describe, expect, test } from 'vitest';
import {
  chartKey,
  cursorAfter,
  type ChartCursor,
} from '../../../../src/ui/monitor/chart/chart-keys.ts';

const STEPS = 60;
const none: ChartCursor = { step: null, anchor: null };

/** Presses keys one after another; `+` in front of one holds Shift. */
function press(...keys: readonly string[]) {
  let cursor = none;
  for (const key of keys) {
    const result = chartKey(key.replace('+', ''), key.startsWith('+'), cursor, STEPS);
    if (result?.kind !== 'move') return result;
    cursor = result.cursor;
  }
  return cursor;
}

describe('the keys of a chart', () => {
  test('begin at the newest step and stay in the chart', () => {
    expect(press('ArrowLeft')).toEqual({ step: 59, anchor: null });
    expect(press('ArrowLeft', 'ArrowRight')).toEqual({ step: 59, anchor: null });
    expect(press('Home', 'ArrowLeft')).toEqual({ step: 0, anchor: null });
    expect(press('End', 'PageUp', 'PageUp')).toEqual({ step: 39, anchor: null });
  });

  test('mark steps with Shift, from where the cursor was, and zoom to them with Enter', () => {
    expect(press('End', '+ArrowLeft', '+ArrowLeft')).toEqual({ step: 57, anchor: 59 });
    expect(press('End', '+ArrowLeft', '+ArrowLeft', 'Enter')).toEqual({
      kind: 'zoom',
      first: 57,
      last: 59,
    });
  });

  test('take the mark away when moving on without Shift, and with Escape; then the cursor', () => {
    expect(press('End', '+ArrowLeft', 'ArrowLeft')).toEqual({ step: 57, anchor: null });
    expect(press('End', '+ArrowLeft', 'Escape')).toEqual({ step: 58, anchor: null });
    expect(press('End', '+ArrowLeft', 'Escape', 'Escape')).toEqual(none);
  });

  test('show the requests of a step with Enter', () => {
    expect(press('Home', 'Enter')).toEqual({ kind: 'pick', step: 0 });
  });

  test('are left to the page where they mean nothing', () => {
    expect(press('Tab')).toBeNull();
    expect(press('Enter')).toBeNull();
    expect(press('Escape')).toBeNull();
    expect(chartKey('ArrowLeft', false, none, 0)).toBeNull();
  });
});

describe('the cursor, when the steps become others', () => {
  const minutes = (from: number, count: number): readonly number[] =>
    Array.from({ length: count }, (_, at) => (from + at) * 60_000);

  test('stays at its time', () => {
    expect(cursorAfter({ step: 9, anchor: 7 }, minutes(0, 10), minutes(1, 10))).toEqual({
      step: 8,
      anchor: 6,
    });
    expect(cursorAfter({ step: 9, anchor: null }, minutes(0, 10), minutes(0, 10)).step).toBe(9);
    // Of ten minutes each.
    expect(cursorAfter({ step: 25, anchor: null }, minutes(0, 60), [0, 6e5, 12e5, 18e5]).step).toBe(
      2,
    );
  });

  test('is gone where its time is; what was marked from is then the first step', () => {
    expect(cursorAfter({ step: 0, anchor: null }, minutes(0, 10), minutes(1, 10))).toEqual(none);
    expect(cursorAfter({ step: 5, anchor: 0 }, minutes(0, 10), minutes(2, 10))).toEqual({
      step: 3,
      anchor: 0,
    });
    expect(cursorAfter({ step: 5, anchor: 0 }, minutes(0, 10), [])).toEqual(none);
    expect(cursorAfter(none, minutes(0, 10), minutes(1, 10))).toEqual(none);
  });
});
