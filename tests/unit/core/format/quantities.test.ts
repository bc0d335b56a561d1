import { describe, expect, test } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatDuration,
  formatRate,
  formatTimeLeft,
  formatTimeSpan,
} from '../../../../src/core/format/quantities.ts';

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [-5, '0 B'],
    [999, '999 B'],
    [999.6, '1.0 kB'],
    [1_000, '1.0 kB'],
    [82_440_000, '82.4 MB'],
    [99_960_000, '100 MB'],
    [999_600_000, '1.0 GB'],
    [5e15, '5000 TB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatTimeSpan', () => {
  test.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [900_000, '15 min'],
    [3_600_000, '1 h'],
    [86_400_000, '24 h'],
    [604_800_000, '7 d'],
  ])('%d is %s', (ms, text) => {
    expect(formatTimeSpan(ms)).toBe(text);
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [65_000, '1 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [7_440_000, '2 h 04 min'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatTimeLeft', () => {
  test.each([
    [0, 'less than 5 s'],
    [12, '15 s'],
    [54, '55 s'],
    [58, '1 min'],
    [150, '3 min'],
    [3_600, '1 h'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatTimeLeft(seconds)).toBe(text);
  });
});

test('formatRate has one decimal below 100', () => {
  expect(formatRate(18.34)).toBe('18.3');
  expect(formatRate(99.97)).toBe('100');
});

describe('formatAge', () => {
  const now = Date.UTC(2026, 10, 24, 12);
  test.each([
    [0, 'now'],
    [-60_000, 'now'],
    [5 * 60_000, '5 min ago'],
    [3 * 3_600_000, '3 h ago'],
    [30 * 3_600_000, 'yesterday'],
    [4 * 86_400_000, '4 d ago'],
    [20 * 86_400_000, '2026-11-04'],
  ])('%d ms ago is %s', (ms, text) => {
    expect(formatAge(now - ms, now)).toBe(text);
  });
});
