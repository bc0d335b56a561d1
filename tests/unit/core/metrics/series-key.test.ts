import { describe, expect, test } from 'vitest';
import { formatSeriesKey, parseSeriesKey } from '../../../../src/core/metrics/series-key.ts';

describe('a series key', () => {
  test.each([
    ['name', {}, 'name'],
    ['name', { b: '2', a: '1' }, 'name{a="1",b="2"}'],
    ['name', { a: 'x"y\\z\nw,b="1"}' }, 'name{a="x\\"y\\\\z\\nw,b=\\"1\\"}"}'],
    ['name', { a: '' }, 'name{a=""}'],
  ])('of %s and %j is %s, and is taken apart again', (name, labels, key) => {
    expect(formatSeriesKey(name, labels)).toBe(key);
    expect(parseSeriesKey(key)).toEqual({ name, labels });
  });

  test.each([
    '',
    '1name',
    'name{}',
    'name{a}',
    'name{a="1"',
    'name{a="1",}',
    'name{b="2",a="1"}',
    'name{a="1",a="1"}',
    'name{a="\\x"}',
    'name{a="1"}x',
    'na me',
  ])('that formatSeriesKey would not make is refused: %s', (key) => {
    expect(parseSeriesKey(key)).toBeNull();
  });
});
