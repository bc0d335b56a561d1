/**
 * One evaluation of all rules: where each stands now, which alerts that begins and ends, who is muted, and what is to be
 * told. Telling is decided here and nowhere else, so that whoever stores the outcome as one has told everything once.
 */
import type { AlertLabels, AlertRule } from '../../contracts/alert.ts';
import type { AlertRecord, MutedBy, RuleStatus, Silence } from '../../contracts/alert-record.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Reading } from './read-measure.ts';
import { readingWords, unitOf } from './rule-words.ts';
import { silenceOf } from './silences.ts';
import { isStale, stepRule, worseValue } from './step-rule.ts';

export interface EvaluationInput {
  readonly rules: readonly AlertRule[];
  readonly statuses: readonly RuleStatus[];
  /** Those that were firing after the last evaluation. */
  readonly firing: readonly AlertRecord[];
  readonly silences: readonly Silence[];
  readonly read: (rule: AlertRule) => Reading;
  readonly nowMs: number;
  /** Name of this browser in labels, so that the same alert of two devices is two alerts. */
  readonly instance: string;
  readonly newId: () => string;
}

export interface Evaluation {
  /** Of every rule that is enabled. */
  readonly statuses: readonly RuleStatus[];
  /** Those that began, changed or ended. */
  readonly alerts: readonly AlertRecord[];
  /** What to tell, in this order: together, because they belong together. */
  readonly announcements: readonly AlertRecord[];
}

/** Alerts that begin within so long of each other are told together; critical ones do not wait. */
export const GROUP_WAIT_MS = 30_000;

export function evaluateRules(input: EvaluationInput): Evaluation {
  const { rules, nowMs } = input;
  const alerts = new Map(input.firing.map((alert) => [alert.id, alert]));
  const firing = new Map(input.firing.map((alert) => [alert.ruleId, alert]));
  const statuses: RuleStatus[] = [];
  const known = new Map(input.statuses.map((status) => [status.ruleId, status]));

  const end = (alert: AlertRecord, state: 'resolved' | 'stale', change: Partial<AlertRecord>) => {
    alerts.set(alert.id, { ...alert, state, endsAtMs: nowMs, mutedBy: null, ...change });
    firing.delete(alert.ruleId);
  };

  for (const rule of rules.filter(({ isEnabled }) => isEnabled)) {
    const labels = labelsOf(rule, input.instance);
    const fingerprint = fingerprintOf(labels);
    let before = known.get(rule.id) ?? null;
    let alert = firing.get(rule.id);
    if (before !== null && isStale(before, nowMs)) {
      if (alert !== undefined) end(alert, 'stale', { endsAtMs: before.evaluatedAtMs });
      before = null;
    } else if (alert !== undefined && alert.fingerprint !== fingerprint) {
      end(alert, 'resolved', { summary: 'The rule was changed.' });
      before = null;
    }
    alert = firing.get(rule.id);
    // A status without its alert, or an alert without its status: neither can be gone on from.
    if ((before?.state === 'firing') !== (alert !== undefined)) {
      if (alert !== undefined) end(alert, 'stale', {});
      alert = undefined;
      before = null;
    }
    const reading = input.read(rule);
    const status = stepRule(rule, before, reading, nowMs);
    statuses.push(status);
    if (status.state === 'firing') {
      const now = { ...measured(rule, reading), labels, fingerprint };
      const next =
        alert === undefined
          ? begin(input.newId(), status, rule, now, nowMs)
          : { ...alert, ...now, worstValue: worseValue(rule, alert.worstValue, reading.value) };
      alerts.set(next.id, next);
      firing.set(rule.id, next);
    } else if (alert !== undefined) {
      end(alert, 'resolved', measured(rule, reading));
    }
  }

  const ids = new Set(statuses.map(({ ruleId }) => ruleId));
  for (const alert of firing.values()) {
    if (!ids.has(alert.ruleId)) end(alert, 'resolved', { summary: 'The rule was switched off.' });
  }
  for (const alert of firing.values()) {
    const mutedBy = mutedOf(alert, input, firing);
    alerts.set(alert.id, { ...alert, mutedBy });
  }
  const announcements = announce(alerts, nowMs);
  const changed = [...alerts.values()].filter((alert) => !input.firing.includes(alert));
  return { statuses, alerts: changed, announcements };
}

export function labelsOf({ id, name, severity }: AlertRule, instance: string): AlertLabels {
  return { alertname: name, severity, rule: id, instance };
}

/** Marks as told what is returned. Ends come first, so that who is told of both knows the later one last. */
function announce(alerts: Map<string, AlertRecord>, nowMs: number): readonly AlertRecord[] {
  const all = [...alerts.values()];
  const ended = all.filter(({ state, announced }) => state !== 'firing' && announced === 'firing');
  const waiting = all.filter(
    ({ state, announced, mutedBy }) =>
      state === 'firing' && announced === 'nothing' && mutedBy === null,
  );
  const isTime = waiting.some(({ firedAtMs, labels }) => {
    const ageMs = nowMs - firedAtMs;
    // A clock that was set back must not make the wait longer.
    return labels.severity === 'critical' || ageMs >= GROUP_WAIT_MS || ageMs < 0;
  });
  const told = [
    ...ended.map((alert) => ({ ...alert, announced: 'end' }) as const),
    ...(isTime ? waiting.map((alert) => ({ ...alert, announced: 'firing' }) as const) : []),
  ];
  for (const alert of told) alerts.set(alert.id, alert);
  return told;
}

function mutedOf(
  alert: AlertRecord,
  { rules, silences, nowMs }: EvaluationInput,
  firing: ReadonlyMap<string, AlertRecord>,
): MutedBy | null {
  const inhibitorsOf = (ruleId: string): readonly string[] =>
    rules.find(({ id }) => id === ruleId)?.inhibitedBy ?? [];
  // Two that mute each other would both stay untold.
  const ruleId = inhibitorsOf(alert.ruleId).find(
    (id) => firing.has(id) && !inhibitorsOf(id).includes(alert.ruleId),
  );
  if (ruleId !== undefined) return { kind: 'rule', ruleId };
  const silence = silenceOf(alert.labels, silences, nowMs);
  return silence === null ? null : { kind: 'silence', silenceId: silence.id };
}

type Measured = Pick<
  AlertRecord,
  'value' | 'n' | 'threshold' | 'unit' | 'windowMs' | 'summary' | 'runbook'
>;

function measured(rule: AlertRule, reading: Reading): Measured {
  return {
    value: reading.value,
    n: reading.n,
    threshold: rule.threshold,
    unit: unitOf(rule.measure),
    windowMs: rule.windowMs,
    summary: readingWords(rule, reading),
    runbook: rule.runbook,
  };
}

function begin(
  id: string,
  status: RuleStatus,
  rule: AlertRule,
  now: Measured & Pick<AlertRecord, 'labels' | 'fingerprint'>,
  nowMs: number,
): AlertRecord {
  return {
    schemaVersion: 1,
    id,
    ruleId: rule.id,
    ...now,
    state: 'firing',
    startsAtMs: status.activeSinceMs ?? nowMs,
    firedAtMs: nowMs,
    endsAtMs: null,
    worstValue: now.value,
    mutedBy: null,
    announced: 'nothing',
  };
}
