import { describe, expect, test } from 'vitest';
import { WINDOW_MS, WINDOWS } from '../../../../src/core/metrics/dashboard-shape.ts';
import {
  rowResolution,
  stepMsOf,
  TimeSteps,
  windowRange,
} from '../../../../src/core/metrics/time-steps.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 24, 13, 7, 31);

describe('a window', () => {
  test.each([
    ['15m', 15, 1],
    ['1h', 60, 1],
    ['6h', 180, 2],
    ['24h', 144, 10],
    ['7d', 168, 60],
    ['30d', 120, 360],
  ] as const)('of %s has %i steps of %i min', (window, steps, minutes) => {
    const resolution = rowResolution(WINDOW_MS[window]);
    const { timesMs, stepMs } = new TimeSteps(windowRange(window, NOW), resolution);
    expect(stepMs).toBe(minutes * MINUTE);
    expect(timesMs).toHaveLength(steps);
  });

  test.each(WINDOWS)('of %s ends with the step of now and is made of whole steps', (window) => {
    const { fromMs, toMs } = windowRange(window, NOW);
    const stepMs = stepMsOf(toMs - fromMs, rowResolution(toMs - fromMs));
    expect(toMs - fromMs).toBe(WINDOW_MS[window]);
    expect(fromMs % stepMs).toBe(0);
    expect(toMs).toBeGreaterThan(NOW);
    expect(toMs - NOW).toBeLessThanOrEqual(stepMs);
  });

  test('that ends on a step still has the moment itself in it', () => {
    expect(windowRange('1h', 120 * MINUTE)).toEqual({ fromMs: 61 * MINUTE, toMs: 121 * MINUTE });
  });
});

describe('steps', () => {
  test('of a range between rows begin and end with whole rows', () => {
    const steps = new TimeSteps({ fromMs: 90_000, toMs: 250_000 }, 'minute');
    expect(steps.range).toEqual({ fromMs: MINUTE, toMs: 5 * MINUTE });
    expect(steps.timesMs).toEqual([1, 2, 3, 4].map((minute) => minute * MINUTE));
  });

  test('know which one a moment is in, and which are outside', () => {
    const steps = new TimeSteps({ fromMs: MINUTE, toMs: 3 * MINUTE }, 'minute');
    expect(
      [MINUTE - 1, MINUTE, 2 * MINUTE - 1, 2 * MINUTE, 3 * MINUTE].map((at) => steps.indexOf(at)),
    ).toEqual([null, 0, 0, 1, null]);
  });

  test('are never finer than the rows, and never more than 180', () => {
    expect(stepMsOf(3_600_000, 'hour')).toBe(3_600_000);
    for (const days of [1, 2, 31, 90, 400]) {
      const lengthMs = days * 86_400_000;
      expect(lengthMs / stepMsOf(lengthMs, 'hour')).toBeLessThanOrEqual(180);
    }
  });
});
