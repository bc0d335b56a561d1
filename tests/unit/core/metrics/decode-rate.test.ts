import { describe, expect, test } from 'vitest';
import { decodeTokensPerSecond } from '../../../../src/core/metrics/decode-rate.ts';
import { medianOf } from '../../../../src/core/metrics/median.ts';

function record(generated: number, firstTokenMs: number | null, lastTokenMs: number | null) {
  return {
    tokens: { prompt: 1, promptCached: 0, generated },
    timestamps: {
      startedMs: 0,
      tokenizedMs: 0,
      prefilledMs: 0,
      firstTokenMs,
      lastTokenMs,
      finishedMs: 9_000,
    },
  };
}

describe('decodeTokensPerSecond', () => {
  test('counts the tokens after the first over the time they took', () => {
    expect(decodeTokensPerSecond(record(11, 500, 1_500))).toBe(10);
  });

  test.each([
    ['no token', record(0, null, null)],
    ['one token', record(1, 500, 500)],
    ['a clock that stood still', record(3, 500, 500)],
  ])('tells nothing about %s', (_, input) => {
    expect(decodeTokensPerSecond(input)).toBeNull();
  });
});

describe('medianOf', () => {
  test.each([
    [[], null],
    [[3], 3],
    [[9, 1, 4], 4],
    [[10, 1, 9, 2], 5.5],
  ])('%j has %d', (values, median) => {
    expect(medianOf(values)).toBe(median);
  });
});
