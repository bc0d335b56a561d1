import { describe, expect, it } from 'vitest';
import { builtInRules, rulesWith } from '../../../../src/core/alerts/built-in-rules.ts';
import { parseAlertRule } from '../../../../src/core/alerts/parse-rule.ts';
import { DEFAULT_OBJECTIVES } from '../../../../src/core/metrics/objectives.ts';
import { HOUR_MS, makeRule } from '../../../fixtures/alerts/alert-data.ts';

const BUILT_IN = builtInRules(DEFAULT_OBJECTIVES);

function fieldOf(input: unknown): unknown {
  const parsed = parseAlertRule(input);
  return parsed.ok ? null : parsed.failure.detail?.['field'];
}

describe('a rule that somebody has written', () => {
  it('is taken as it is where everything fits', () => {
    for (const rule of [makeRule(), ...BUILT_IN]) {
      expect(parseAlertRule(structuredClone(rule))).toEqual({ ok: true, value: rule });
    }
  });

  it.each([
    ['id', { id: 'Slow Answers' }],
    ['name', { name: ' ' }],
    ['name', { name: 'two\nlines' }],
    ['severity', { severity: 'page' }],
    ['measure.kind', { measure: { kind: 'price' } }],
    ['measure.quantile', { measure: { kind: 'latency-quantile', quantile: 95 } }],
    ['measure.objective', { measure: { kind: 'budget-spent', objective: 'memory' } }],
    ['windowMs', { windowMs: 59_000 }],
    ['windowMs', { windowMs: 90_000 }],
    ['windowMs', { windowMs: 31 * 24 * HOUR_MS }],
    ['threshold', { threshold: Number.NaN }],
    ['threshold', { threshold: -1 }],
    ['threshold', { measure: { kind: 'error-ratio' }, threshold: 1.5 }],
    ['clearThreshold', { clearThreshold: 2.1 }],
    ['clearThreshold', { comparison: 'below', clearThreshold: 1.9 }],
    ['clearEvaluations', { clearEvaluations: 0 }],
    ['minSamples', { minSamples: -1 }],
    ['forMs', { forMs: -1 }],
    ['noData', { noData: 'maybe' }],
    ['inhibitedBy[0]', { inhibitedBy: ['slow'] }],
    ['runbook', { runbook: 'x'.repeat(1001) }],
    ['isEnabled', { isEnabled: 'yes' }],
  ])('is refused with the name of the field: %s', (field, change) => {
    expect(fieldOf({ ...makeRule(), ...change })).toBe(field);
  });

  it('is refused where it is no rule at all', () => {
    for (const input of [null, [], 'slow', 3, undefined]) {
      expect(parseAlertRule(input).ok).toBe(false);
    }
  });

  it('for a budget needs a window whose twelfth is minutes', () => {
    const measure = { kind: 'budget-spent', objective: 'latency' } as const;
    expect(fieldOf(makeRule({ measure, threshold: 0.02, clearThreshold: 0.01 }))).toBe('windowMs');
  });
});

describe('the rules that come with the product', () => {
  it('have ids and names of their own', () => {
    expect(new Set(BUILT_IN.map(({ id }) => id)).size).toBe(BUILT_IN.length);
    expect(new Set(BUILT_IN.map(({ name }) => name)).size).toBe(BUILT_IN.length);
  });

  it('are muted only by rules that exist', () => {
    const ids = BUILT_IN.map(({ id }) => id);
    for (const { inhibitedBy } of BUILT_IN)
      expect(ids).toEqual(expect.arrayContaining([...inhibitedBy]));
  });

  it('follow the targets of the operator', () => {
    const objectives = DEFAULT_OBJECTIVES.map((objective) =>
      objective.id === 'latency-p95' ? { ...objective, threshold: 4 } : objective,
    );
    const slow = builtInRules(objectives).find(({ id }) => id === 'slow-p95');
    expect(slow).toMatchObject({ threshold: 4, clearThreshold: 3.6 });
  });

  it('can be changed but stay where they are, and others come after them', () => {
    const changed = { ...makeRule({ id: 'error-burst', threshold: 99 }), isBuiltIn: false };
    const rules = rulesWith(BUILT_IN, [makeRule({ id: 'mine', isBuiltIn: true }), changed]);
    expect(rules.map(({ id }) => id)).toEqual([...BUILT_IN.map(({ id }) => id), 'mine']);
    expect(rules.find(({ id }) => id === 'error-burst')).toMatchObject({
      threshold: 99,
      isBuiltIn: true,
    });
    expect(rules.at(-1)?.isBuiltIn).toBe(false);
  });
});
