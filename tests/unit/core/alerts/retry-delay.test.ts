import { expect, it } from 'vitest';
import { retryAfterMs, retryDelayMs } from '../../../../src/core/alerts/retry-delay.ts';

it('waits anything up to 2 s, then up to twice as long each time, and never more than 5 min', () => {
  const longest = (failures: number): number => retryDelayMs(failures, 1 - Number.EPSILON);
  expect([1, 2, 3, 8, 9, 5000].map(longest)).toEqual([
    2_000, 4_000, 8_000, 256_000, 300_000, 300_000,
  ]);
  expect(retryDelayMs(9, 0)).toBe(0);
  expect(retryDelayMs(9, 0.5)).toBe(150_000);
});

it('obeys Retry-After in seconds and as a date, within reason', () => {
  const nowMs = Date.parse('2026-11-24T12:00:00Z');
  expect(retryAfterMs('120', nowMs)).toBe(120_000);
  expect(retryAfterMs('Tue, 24 Nov 2026 12:01:00 GMT', nowMs)).toBe(60_000);
  expect(retryAfterMs('Tue, 24 Nov 2026 11:00:00 GMT', nowMs)).toBe(0);
  expect(retryAfterMs('999999999', nowMs)).toBe(3_600_000);
  for (const header of [null, '', 'soon']) expect(retryAfterMs(header, nowMs)).toBeNull();
});
