/**
 * The rules that come with the product: those of the guide, those of the objectives, and error budgets. Thresholds of
 * objectives follow the operator's targets.
 */
import type { AlertRule } from '../../contracts/alert.ts';
import type { Objective, ObjectiveId } from '../metrics/dashboard-shape.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A value has to come back so far, as a share of the threshold, before an alert resolves. */
const CLEAR_SHARE = 0.9;
const CLEAR_EVALUATIONS = 2;

const NO_MODEL = 'model-load-failed';
const NO_DEVICE = 'device-lost';

type Given = Pick<AlertRule, 'id' | 'name' | 'measure' | 'windowMs' | 'threshold'>;

/** In the order in which they are shown. */
export function builtInRules(objectives: readonly Objective[]): readonly AlertRule[] {
  const target = (id: ObjectiveId): number =>
    objectives.find((objective) => objective.id === id)?.threshold ?? 0;
  return [
    rule(
      {
        id: 'slow-p95',
        name: 'Slow answers',
        measure: { kind: 'latency-quantile', quantile: 0.95 },
        windowMs: 15 * MINUTE_MS,
        threshold: target('latency-p95'),
      },
      {
        forMs: 5 * MINUTE_MS,
        minSamples: 20,
        noData: 'keep',
        inhibitedBy: [NO_MODEL, NO_DEVICE],
        runbook: 'See which phase takes the time: queue, prefill or decode.',
      },
    ),
    rule(
      {
        id: 'very-slow-request',
        name: 'Very slow request',
        measure: { kind: 'slowest-request' },
        windowMs: 5 * MINUTE_MS,
        threshold: 5,
      },
      {
        severity: 'info',
        minSamples: 1,
        inhibitedBy: ['slow-p95', NO_MODEL, NO_DEVICE],
        runbook: 'Open the request: its waterfall shows where the time went.',
      },
    ),
    rule(
      {
        id: 'error-rate',
        name: 'Error rate',
        measure: { kind: 'error-ratio' },
        windowMs: 15 * MINUTE_MS,
        threshold: target('error-rate'),
      },
      {
        severity: 'critical',
        forMs: 5 * MINUTE_MS,
        minSamples: 20,
        noData: 'keep',
        inhibitedBy: [NO_MODEL],
        runbook: 'Look at the errors by type on the Monitor page, then at the logs.',
      },
    ),
    rule(
      {
        id: 'error-burst',
        name: 'Error burst',
        measure: { kind: 'error-count' },
        windowMs: 5 * MINUTE_MS,
        // Ten fire.
        threshold: 9,
      },
      {
        severity: 'critical',
        inhibitedBy: [NO_MODEL],
        runbook: 'Look at the errors by type on the Monitor page, then at the logs.',
      },
    ),
    rule(
      {
        id: 'syntax-validity',
        name: 'Syntax validity',
        measure: { kind: 'syntax-validity' },
        windowMs: 6 * HOUR_MS,
        threshold: target('syntax-validity'),
      },
      {
        comparison: 'below',
        clearThreshold: plain(1 - (1 - target('syntax-validity')) * CLEAR_SHARE),
        minSamples: 20,
        noData: 'keep',
        inhibitedBy: [NO_MODEL],
        runbook: 'Check the sampling parameters: high temperatures write fewer valid scripts.',
      },
    ),
    rule(
      {
        id: 'active-requests',
        name: 'Active requests',
        measure: { kind: 'active-requests' },
        windowMs: 5 * MINUTE_MS,
        threshold: target('active-requests'),
      },
      {
        forMs: MINUTE_MS,
        runbook: 'More is asked than one device can write: slow the callers down.',
      },
    ),
    rule(
      {
        id: 'memory-used',
        name: 'Memory used',
        measure: { kind: 'memory-used' },
        windowMs: 5 * MINUTE_MS,
        threshold: target('memory-used'),
      },
      {
        forMs: 5 * MINUTE_MS,
        noData: 'keep',
        runbook: 'Close other tabs, or use a smaller model.',
      },
    ),
    rule(
      {
        id: NO_MODEL,
        name: 'Model failed to load',
        measure: { kind: 'model-load-failures' },
        windowMs: 10 * MINUTE_MS,
        threshold: 0,
      },
      {
        severity: 'critical',
        runbook: 'The logs name the reason; the Health page tests the model.',
      },
    ),
    rule(
      {
        id: NO_DEVICE,
        name: 'Graphics device lost',
        measure: { kind: 'devices-lost' },
        windowMs: 10 * MINUTE_MS,
        threshold: 0,
      },
      { runbook: 'If it happens again, choose WASM in the settings.' },
    ),
    ...budgetRules('errors', 'Error budget', 'error-rate'),
    ...budgetRules('latency', 'Latency budget', 'latency'),
    ...budgetRules('validity', 'Validity budget', 'syntax-validity'),
  ];
}

/** Two, five and ten per cent of a 30-day budget, as in Google's SRE workbook. */
function budgetRules(
  id: string,
  name: string,
  objective: 'error-rate' | 'latency' | 'syntax-validity',
): readonly AlertRule[] {
  const spans = [
    { span: '1h', title: '1 h', windowMs: HOUR_MS, threshold: 0.02, severity: 'critical' },
    { span: '6h', title: '6 h', windowMs: 6 * HOUR_MS, threshold: 0.05, severity: 'warning' },
    { span: '3d', title: '3 d', windowMs: 3 * DAY_MS, threshold: 0.1, severity: 'info' },
  ] as const;
  return spans.map(({ span, title, windowMs, threshold, severity }, at) =>
    rule(
      {
        id: `budget-${id}-${span}`,
        name: `${name}, ${title}`,
        measure: { kind: 'budget-spent', objective },
        windowMs,
        threshold,
      },
      {
        severity,
        minSamples: 1,
        noData: 'keep',
        // The shorter window says the same, and sooner.
        inhibitedBy: [NO_MODEL, ...spans.slice(0, at).map((known) => `budget-${id}-${known.span}`)],
        runbook: 'At this pace the objective is missed over 30 days.',
      },
    ),
  );
}

function rule(given: Given, change: Partial<AlertRule>): AlertRule {
  return {
    severity: 'warning',
    comparison: 'above',
    forMs: 0,
    clearThreshold: plain(given.threshold * CLEAR_SHARE),
    clearEvaluations: CLEAR_EVALUATIONS,
    minSamples: 0,
    noData: 'ok',
    inhibitedBy: [],
    runbook: '',
    isEnabled: true,
    isBuiltIn: true,
    ...given,
    ...change,
  };
}

/** Without the noise of binary fractions, which nobody wants to read in a form. */
function plain(value: number): number {
  return Number(value.toPrecision(10));
}

/** Whether nothing of a built-in rule has been changed. */
export function isAsItCame(rule: AlertRule, builtIn: readonly AlertRule[]): boolean {
  const given = builtIn.find(({ id }) => id === rule.id);
  if (given === undefined) return false;
  const fields = Object.keys(given) as (keyof AlertRule)[];
  return fields.every((field) => JSON.stringify(given[field]) === JSON.stringify(rule[field]));
}

/** The built-in rules as the operator has changed them, then those that were added. */
export function rulesWith(
  builtIn: readonly AlertRule[],
  edited: readonly AlertRule[],
): readonly AlertRule[] {
  const changes = new Map(edited.map((rule) => [rule.id, rule]));
  const known = new Set(builtIn.map(({ id }) => id));
  return [
    ...builtIn.map((given) => {
      const change = changes.get(given.id);
      return change === undefined ? given : { ...change, isBuiltIn: true };
    }),
    ...edited.filter(({ id }) => !known.has(id)).map((added) => ({ ...added, isBuiltIn: false })),
  ];
}
