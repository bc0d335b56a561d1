import { expect, test } from 'vitest';
import { currentCounters } from '../../../../src/core/metrics/current-counters.ts';

test('checks of before there was the label are of the guard that was on, beside those of now', () => {
  const checks = 'generation_syntax_checks_total';
  expect(
    currentCounters({
      generation_finished_total: 9,
      [`${checks}{guard="on",result="valid"}`]: 2,
      [`${checks}{guard="off",result="valid"}`]: 1,
      [`${checks}{result="invalid"}`]: 3,
      [`${checks}{result="valid"}`]: 5,
    }),
  ).toEqual({
    generation_finished_total: 9,
    [`${checks}{guard="off",result="valid"}`]: 1,
    [`${checks}{guard="on",result="invalid"}`]: 3,
    [`${checks}{guard="on",result="valid"}`]: 7,
  });
});

test('counters of now are left as they are', () => {
  const counters = { generation_finished_total: 9 };
  expect(currentCounters(counters)).toBe(counters);
});
