import { expect, test } from 'vitest';
import { builtInRules } from '../../../src/core/alerts/built-in-rules.ts';
import { DEFAULT_OBJECTIVES } from '../../../src/core/metrics/objectives.ts';
import { emptyRule, RuleDraft } from '../../../src/state/rule-draft.svelte.ts';

test('every built-in rule comes out of the form as it went in', () => {
  for (const rule of builtInRules(DEFAULT_OBJECTIVES)) {
    expect(new RuleDraft(rule).rule, rule.id).toEqual(rule);
  }
});

test('shares are written in per cent, with a point or a comma', () => {
  const draft = new RuleDraft(emptyRule('mine'));
  draft.name = 'Errors';
  draft.kind = 'error-ratio';
  expect(draft.unit).toBe('%');
  draft.threshold = '2,5';
  draft.followThreshold();
  expect(draft.rule).toMatchObject({ threshold: 0.025, clearThreshold: 0.0225 });
});

test('a threshold takes along the one at which the alert resolves, to its good side', () => {
  const draft = new RuleDraft(emptyRule('mine'));
  draft.name = 'Validity';
  draft.kind = 'syntax-validity';
  draft.comparison = 'below';
  draft.threshold = '80';
  draft.followThreshold();
  expect(draft.clearThreshold).toBe('82');
  draft.kind = 'latency-quantile';
  draft.threshold = '9';
  draft.followThreshold();
  expect(draft.clearThreshold).toBe('10');
});

test('what is wrong is named by its field, and there is no rule then', () => {
  const draft = new RuleDraft(emptyRule('mine'));
  expect(draft.rule).toBeNull();
  expect(draft.problem?.detail?.['field']).toBe('name');
  draft.name = 'Mine';
  draft.percentile = '';
  expect(draft.problem?.detail?.['field']).toBe('measure.quantile');
  draft.percentile = '95';
  expect(draft.problem).toBeNull();
});
