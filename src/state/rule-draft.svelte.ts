/** A rule while somebody edits it, in the units in which people think: percent, and minutes by name. */
import type { AlertMeasure, AlertRule, NoDataMode, Severity } from '../contracts/alert.ts';
import type { Failure } from '../contracts/failure.ts';
import { parseAlertRule } from '../core/alerts/parse-rule.ts';
import { unitOf, type MeasureKind } from '../core/alerts/rule-words.ts';

type BudgetObjective = Extract<AlertMeasure, { kind: 'budget-spent' }>['objective'];

/** How far back a value has to come, where nobody says. */
const CLEAR_SHARE = 0.9;

export class RuleDraft {
  readonly #rule: AlertRule;
  name = $state('');
  severity = $state<Severity>('warning');
  kind = $state<MeasureKind>('latency-quantile');
  /** In per cent, as it was typed. */
  percentile = $state('');
  objective = $state<BudgetObjective>('error-rate');
  comparison = $state<'above' | 'below'>('above');
  /** In the unit of the measure, shares in per cent, as it was typed. */
  threshold = $state('');
  clearThreshold = $state('');
  windowMs = $state(0);
  forMs = $state(0);
  clearEvaluations = $state('');
  minSamples = $state('');
  noData = $state<NoDataMode>('ok');
  runbook = $state('');
  inhibitedBy = $state<readonly string[]>([]);

  constructor(rule: AlertRule) {
    this.#rule = rule;
    const { measure } = rule;
    this.name = rule.name;
    this.severity = rule.severity;
    this.kind = measure.kind;
    this.percentile = String('quantile' in measure ? shown(measure.quantile * 100) : 95);
    if (measure.kind === 'budget-spent') this.objective = measure.objective;
    this.comparison = rule.comparison;
    this.threshold = String(this.#toShown(rule.threshold));
    this.clearThreshold = String(this.#toShown(rule.clearThreshold));
    this.windowMs = rule.windowMs;
    this.forMs = rule.forMs;
    this.clearEvaluations = String(rule.clearEvaluations);
    this.minSamples = String(rule.minSamples);
    this.noData = rule.noData;
    this.runbook = rule.runbook;
    this.inhibitedBy = rule.inhibitedBy;
  }

  get isBuiltIn(): boolean {
    return this.#rule.isBuiltIn;
  }

  get id(): string {
    return this.#rule.id;
  }

  /** `s`, `%`, or what is counted. */
  get unit(): string {
    const unit = unitOf(this.#measure());
    return unit === 'seconds' ? 's' : unit === 'ratio' ? '%' : unit;
  }

  /** The rule as it is written now; null while something is wrong with it. */
  get rule(): AlertRule | null {
    const parsed = this.#parsed();
    return parsed.ok ? parsed.value : null;
  }

  /** What is wrong, the field in `detail.field`; null where nothing is. */
  get problem(): Failure | null {
    const parsed = this.#parsed();
    return parsed.ok ? null : parsed.failure;
  }

  /** A threshold that is typed takes along the one at which the alert resolves. */
  followThreshold(): void {
    const threshold = toNumber(this.threshold);
    if (!Number.isFinite(threshold)) return;
    const clear =
      this.comparison === 'above'
        ? threshold * CLEAR_SHARE
        : this.unit === '%'
          ? 100 - (100 - threshold) * CLEAR_SHARE
          : threshold / CLEAR_SHARE;
    this.clearThreshold = String(shown(clear));
  }

  #parsed() {
    return parseAlertRule({
      id: this.#rule.id,
      name: this.name,
      severity: this.severity,
      measure: this.#measure(),
      windowMs: this.windowMs,
      comparison: this.comparison,
      threshold: this.#fromShown(this.threshold),
      forMs: this.forMs,
      clearThreshold: this.#fromShown(this.clearThreshold),
      clearEvaluations: toNumber(this.clearEvaluations),
      minSamples: toNumber(this.minSamples),
      noData: this.noData,
      inhibitedBy: this.inhibitedBy,
      runbook: this.runbook,
      isEnabled: this.#rule.isEnabled,
      isBuiltIn: this.#rule.isBuiltIn,
    });
  }

  #measure(): AlertMeasure {
    switch (this.kind) {
      case 'latency-quantile':
      case 'first-token-quantile':
        return { kind: this.kind, quantile: shown(toNumber(this.percentile) / 100) };
      case 'budget-spent':
        return { kind: 'budget-spent', objective: this.objective };
      default:
        return { kind: this.kind };
    }
  }

  #toShown(value: number): number {
    return shown(unitOf(this.#measure()) === 'ratio' ? value * 100 : value);
  }

  #fromShown(text: string): number {
    const value = toNumber(text);
    return unitOf(this.#measure()) === 'ratio' ? shown(value / 100) : value;
  }
}

/** A new rule, to begin with. */
export function emptyRule(id: string): AlertRule {
  return {
    id,
    name: '',
    severity: 'warning',
    measure: { kind: 'latency-quantile', quantile: 0.95 },
    windowMs: 900_000,
    comparison: 'above',
    threshold: 2,
    forMs: 300_000,
    clearThreshold: 1.8,
    clearEvaluations: 2,
    minSamples: 20,
    noData: 'keep',
    inhibitedBy: [],
    runbook: '',
    isEnabled: true,
    isBuiltIn: false,
  };
}

/** NaN for what is no number; an empty field is none. */
function toNumber(text: string): number {
  const trimmed = text.trim().replace(',', '.');
  return trimmed === '' ? NaN : Number(trimmed);
}

/** Without the noise of binary fractions: 0.85 * 100 is 85. */
function shown(value: number): number {
  return Number(value.toPrecision(10));
}
