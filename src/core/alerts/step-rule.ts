/**
 * One evaluation of one rule: inactive -> pending -> firing -> inactive. With `clearThreshold` = `threshold` it is the
 * state machine of a Prometheus alerting rule with `for`, and of `keep_firing_for` = (clearEvaluations - 1) intervals.
 */
import type { AlertRule } from '../../contracts/alert.ts';
import type { RuleStatus } from '../../contracts/alert-record.ts';
import type { Reading } from './read-measure.ts';

/** A rule that was not evaluated for so long says nothing about now: the page was closed, or the device slept. */
export const STALE_AFTER_MS = 300_000;

/** Whether what is known of the rule is too old to go on from. */
export function isStale(status: RuleStatus, nowMs: number): boolean {
  return nowMs - status.evaluatedAtMs > STALE_AFTER_MS;
}

/** `before` is null for a rule that was never evaluated, or whose status is stale. */
export function stepRule(
  rule: AlertRule,
  before: RuleStatus | null,
  reading: Reading,
  nowMs: number,
): RuleStatus {
  const hasData = reading.value !== null && reading.n >= rule.minSamples;
  const known = {
    ruleId: rule.id,
    hasData,
    value: reading.value,
    n: reading.n,
    evaluatedAtMs: nowMs,
  };
  const inactive = {
    ...known,
    state: 'inactive',
    activeSinceMs: null,
    goodEvaluations: 0,
  } as const;
  if (!hasData && rule.noData === 'keep') {
    if (before === null || before.state === 'inactive') return inactive;
    return { ...before, ...known, activeSinceMs: heldSince(before, nowMs) };
  }
  const isBeyond = (limit: number): boolean =>
    hasData ? reading.holds && beyond(rule, reading.value, limit) : rule.noData === 'alert';
  if (before?.state === 'firing') {
    if (isBeyond(rule.clearThreshold)) {
      return { ...before, ...known, goodEvaluations: 0 };
    }
    const goodEvaluations = before.goodEvaluations + 1;
    return goodEvaluations >= rule.clearEvaluations
      ? inactive
      : { ...before, ...known, goodEvaluations };
  }
  if (!isBeyond(rule.threshold)) return inactive;
  // A clock that was set back must not make the wait longer.
  const activeSinceMs = Math.min(before?.activeSinceMs ?? nowMs, nowMs);
  return {
    ...known,
    state: nowMs - activeSinceMs >= rule.forMs ? 'firing' : 'pending',
    activeSinceMs,
    goodEvaluations: 0,
  };
}

/** The one of two values that is farther beyond the threshold. */
export function worseValue(
  { comparison }: AlertRule,
  a: number | null,
  b: number | null,
): number | null {
  if (a === null || b === null) return a ?? b;
  return comparison === 'above' ? Math.max(a, b) : Math.min(a, b);
}

/** On the threshold is not beyond it. */
function beyond({ comparison }: AlertRule, value: number | null, limit: number): boolean {
  if (value === null) return false;
  return comparison === 'above' ? value > limit : value < limit;
}

/** Nobody knows whether the condition holds, so the time without data is no part of `for`. */
function heldSince(
  { state, activeSinceMs, evaluatedAtMs }: RuleStatus,
  nowMs: number,
): number | null {
  if (state !== 'pending' || activeSinceMs === null) return activeSinceMs;
  return Math.min(activeSinceMs + Math.max(0, nowMs - evaluatedAtMs), nowMs);
}
