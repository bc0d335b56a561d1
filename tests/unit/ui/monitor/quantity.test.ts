import { describe, expect, test } from 'vitest';
import {
  formatChange,
  formatQuantity,
  formatTarget,
  formatTick,
} from '../../../../src/ui/monitor/quantity.ts';

describe('values have their units', () => {
  test.each([
    ['seconds', 0.64, '640 ms'],
    ['seconds', 3.14, '3.1 s'],
    ['ratio', 0.973, '97.3 %'],
    ['ratio', 0.85, '85 %'],
    ['requests', 1, '1 request'],
    ['requests', 12_345, '12,345 requests'],
    ['tokens-per-second', 18.34, '18.3 tok/s'],
    ['characters', 168, '168 chars'],
    ['score', 0.5, '0.50'],
  ] as const)('%s %d is %s', (unit, value, text) => {
    expect(formatQuantity(unit, value)).toBe(text);
  });

  test('what is not known is a dash, never 0', () => {
    expect(formatQuantity('seconds', null)).toBe('–');
  });

  test('small differences are not rounded away on an axis', () => {
    expect([0, 0.0025, 0.5, 2.5].map((value) => formatTick('seconds', value))).toEqual([
      '0',
      '2.5 ms',
      '500 ms',
      '2.5 s',
    ]);
  });

  test('targets are shown as they were set', () => {
    expect(formatTarget('ratio', 0.005)).toBe('0.5 %');
    expect(formatTarget('seconds', 2)).toBe('2 s');
    expect(formatTarget('requests', 100)).toBe('100');
  });
});

describe('a change against the window before', () => {
  test.each([
    ['seconds', 1.12, 1, '+12 %'],
    ['seconds', 0.5, 1, '−50 %'],
    ['count', 30, 2, '×15'],
    ['ratio', 0.02, 0.033, '−1.3 points'],
    ['ratio', 0.5, 0.5, 'no change'],
    ['count', 5, 0, null],
  ] as const)('of %s from %d to %d', (unit, value, previous, text) => {
    expect(formatChange(unit, value, previous)).toBe(text);
  });
});
