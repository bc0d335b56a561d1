import { describe, expect, test } from 'vitest';
import { DEFAULT_OBJECTIVES } from '../../../../src/core/metrics/objectives.ts';
import { parseTarget, targetField } from '../../../../src/ui/monitor/target-field.ts';

const objective = (id: string) => {
  const found = DEFAULT_OBJECTIVES.find((item) => item.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
};

describe('the field of a target', () => {
  test.each(DEFAULT_OBJECTIVES)('takes $name as it shows it', (item) => {
    expect(parseTarget(item, targetField(item).text)).toEqual({
      ok: true,
      threshold: item.threshold,
    });
  });

  test('takes a decimal comma, and percent for shares', () => {
    expect(parseTarget(objective('latency-p95'), ' 2,5 ')).toEqual({ ok: true, threshold: 2.5 });
    expect(parseTarget(objective('error-rate'), '0.5')).toEqual({ ok: true, threshold: 0.005 });
  });

  test.each([
    ['latency-p95', ''],
    ['latency-p95', '0'],
    ['latency-p95', '-1'],
    ['latency-p95', '1e9'],
    ['latency-p95', '2 s'],
    ['error-rate', '100'],
    ['active-requests', '1.5'],
  ])('refuses for %s: %s', (id, text) => {
    expect(parseTarget(objective(id), text)).toMatchObject({ ok: false });
  });
});
