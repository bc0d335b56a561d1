import { describe, expect, it } from 'vitest';
import type { AlertRule } from '../../../../src/contracts/alert.ts';
import type { RuleStatus } from '../../../../src/contracts/alert-record.ts';
import type { Reading } from '../../../../src/core/alerts/read-measure.ts';
import { isStale, STALE_AFTER_MS, stepRule } from '../../../../src/core/alerts/step-rule.ts';
import {
  makeReading,
  makeRule,
  makeStatus,
  MINUTE_MS,
  NOON_MS,
} from '../../../fixtures/alerts/alert-data.ts';

/** States after each reading, one every 15 seconds. */
function states(rule: AlertRule, readings: readonly (number | Reading | null)[]): string {
  let status: RuleStatus | null = null;
  return readings
    .map((reading, at) => {
      const given =
        typeof reading === 'object' && reading !== null ? reading : makeReading(reading);
      status = stepRule(rule, status, given, NOON_MS + at * 15_000);
      return status.state;
    })
    .join(' ');
}

describe('a rule without “for”', () => {
  it('fires at the first value beyond its threshold and resolves at the first that is not', () => {
    expect(states(makeRule(), [1, 3, 3, 1])).toBe('inactive firing firing inactive');
  });

  it('does not take a value on the threshold for one beyond it', () => {
    expect(states(makeRule(), [2])).toBe('inactive');
    expect(states(makeRule({ comparison: 'below' }), [2, 1.99])).toBe('inactive firing');
  });
});

describe('“for”', () => {
  const rule = makeRule({ forMs: 30_000 });

  it('is waited for, pending meanwhile', () => {
    expect(states(rule, [3, 3, 3])).toBe('pending pending firing');
  });

  it('begins anew after one good value', () => {
    expect(states(rule, [3, 3, 1, 3, 3, 3])).toBe(
      'pending pending inactive pending pending firing',
    );
  });

  it('does not become longer when the clock is set back', () => {
    const pending = makeStatus({
      state: 'pending',
      activeSinceMs: NOON_MS + 3 * MINUTE_MS,
      evaluatedAtMs: NOON_MS + 3 * MINUTE_MS,
    });
    const back = stepRule(rule, pending, makeReading(3), NOON_MS);
    expect(back.activeSinceMs).toBe(NOON_MS);
    expect(stepRule(rule, back, makeReading(3), NOON_MS + 30_000).state).toBe('firing');
  });
});

describe('hysteresis', () => {
  const rule = makeRule({ clearThreshold: 1.8, clearEvaluations: 2 });

  it('keeps firing while the value is between the two thresholds', () => {
    expect(states(rule, [3, 1.9, 1.9, 1.9])).toBe('firing firing firing firing');
    expect(states(rule, [1.9])).toBe('inactive');
  });

  it('resolves only after so many good evaluations in a row', () => {
    expect(states(rule, [3, 1, 1])).toBe('firing firing inactive');
    expect(states(rule, [3, 1, 1.9, 1, 1])).toBe('firing firing firing firing inactive');
  });
});

describe('too few samples', () => {
  const few = makeReading(9, { n: 19 });

  it('never fire', () => {
    for (const noData of ['ok', 'keep'] as const) {
      expect(states(makeRule({ noData }), [few])).toBe('inactive');
    }
  });

  it('resolve what fires where no data is good', () => {
    expect(states(makeRule({ noData: 'ok' }), [3, few])).toBe('firing inactive');
  });

  it('change nothing where the state is kept, and say that there is no data', () => {
    expect(states(makeRule({ noData: 'keep' }), [3, few, null, 1])).toBe(
      'firing firing firing inactive',
    );
    const kept = stepRule(makeRule(), makeStatus({ state: 'firing' }), few, NOON_MS + 1);
    expect(kept).toMatchObject({ state: 'firing', hasData: false, n: 19 });
  });

  it('are no part of “for” where the state is kept', () => {
    const rule = makeRule({ noData: 'keep', forMs: 30_000 });
    expect(states(rule, [3, few, few, few, 3, 3])).toBe(
      'pending pending pending pending pending firing',
    );
  });

  it('fire where no data is what is wrong', () => {
    const rule = makeRule({ noData: 'alert', forMs: 15_000 });
    expect(states(rule, [null, null, 1])).toBe('pending firing inactive');
  });
});

it('what the measure asks for besides its value has to be so, to fire and to go on firing', () => {
  const over = makeReading(9, { holds: false });
  expect(states(makeRule(), [over, 9, over])).toBe('inactive firing inactive');
});

it('a status is stale when nobody has evaluated the rule for five minutes', () => {
  const status = makeStatus();
  expect(isStale(status, NOON_MS + STALE_AFTER_MS)).toBe(false);
  expect(isStale(status, NOON_MS + STALE_AFTER_MS + 1)).toBe(true);
  expect(isStale(status, NOON_MS - MINUTE_MS)).toBe(false);
});
