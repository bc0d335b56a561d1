import { expect, test } from 'vitest';
import { axisTicks } from '../../../src/ui/traces/trace-axis.ts';

test.each([
  [100, [0, 50, 100]],
  [145, [0, 50, 100]],
  [3500, [0, 1000, 2000, 3000]],
  [0.4, [0, 0.1, 0.2, 0.3, 0.4]],
])('an axis of %d ms has round times', (durationMs, expected) => {
  const ticks = axisTicks(durationMs, 4);
  expect(ticks.map(({ atMs }) => Number(atMs.toFixed(6)))).toEqual(expected);
  expect(ticks.every(({ share }) => share >= 0 && share <= 1)).toBe(true);
});
