/** Reads a rule that an operator has written, or that was stored by another version. */
import { SEVERITIES, type AlertMeasure, type AlertRule } from '../../contracts/alert.ts';
import { failure, type Result } from '../../contracts/failure.ts';
import { FieldReader, InvalidField } from '../json/field-reader.ts';
import { MEASURE_NAMES, unitOf, type MeasureKind } from './rule-words.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const LONGEST_WINDOW_MS = 30 * DAY_MS;
/** Its twelfth is read by the minute. */
export const SHORTEST_BUDGET_MS = HOUR_MS;
const LONGEST_FOR_MS = 7 * DAY_MS;
const MOST_INHIBITORS = 32;

/** Fails with `request/invalid-parameter`, the field in `detail.field`. */
export function parseAlertRule(input: unknown): Result<AlertRule> {
  try {
    return { ok: true, value: readRule(new FieldReader(input, '')) };
  } catch (error) {
    if (!(error instanceof InvalidField)) throw error;
    const { field, message } = error;
    const where = field === '' ? 'The rule' : `“${field}”`;
    return {
      ok: false,
      failure: failure('request/invalid-parameter', `${where} ${message}.`, { field }),
    };
  }
}

function readRule(rule: FieldReader): AlertRule {
  const measure = readMeasure(rule.at('measure'));
  const comparison = rule.at('comparison').oneOf(['above', 'below']);
  const threshold = readThreshold(rule.at('threshold'), measure);
  const clear = rule.at('clearThreshold');
  const clearThreshold = clear.number();
  clear.require(
    comparison === 'above' ? clearThreshold <= threshold : clearThreshold >= threshold,
    'is on the bad side of the threshold: such an alert could never resolve',
  );
  const id = rule.at('id').matching(/^[a-z0-9][a-z0-9-]{0,63}$/u, 'is no id');
  const window = rule.at('windowMs');
  const isBudget = measure.kind === 'budget-spent';
  const windowMs = window.number(isBudget ? SHORTEST_BUDGET_MS : MINUTE_MS, LONGEST_WINDOW_MS);
  window.require(windowMs % MINUTE_MS === 0, 'is not in whole minutes');
  const clearEvaluations = rule.at('clearEvaluations');
  clearEvaluations.require(clearEvaluations.positive() <= 100, 'is more than 100');
  const minSamples = rule.at('minSamples');
  minSamples.require(minSamples.count() <= 1_000_000, 'is more than 1000000');
  return {
    id,
    name: line(rule.at('name'), 1, 100),
    severity: rule.at('severity').oneOf(SEVERITIES),
    measure,
    windowMs,
    comparison,
    threshold,
    forMs: rule.at('forMs').number(0, LONGEST_FOR_MS),
    clearThreshold,
    clearEvaluations: clearEvaluations.positive(),
    minSamples: minSamples.count(),
    noData: rule.at('noData').oneOf(['ok', 'keep', 'alert']),
    inhibitedBy: readInhibitors(rule.at('inhibitedBy'), id),
    runbook: line(rule.at('runbook'), 0, 1000),
    isEnabled: rule.at('isEnabled').flag(),
    isBuiltIn: rule.at('isBuiltIn').flag(),
  };
}

function readMeasure(measure: FieldReader): AlertMeasure {
  const kind = measure.at('kind').oneOf(Object.keys(MEASURE_NAMES) as MeasureKind[]);
  switch (kind) {
    case 'latency-quantile':
    case 'first-token-quantile': {
      const quantile = measure.at('quantile');
      const share = quantile.number();
      quantile.require(share > 0 && share < 1, 'is not between 0 and 1');
      return { kind, quantile: share };
    }
    case 'budget-spent':
      return {
        kind,
        objective: measure.at('objective').oneOf(['error-rate', 'latency', 'syntax-validity']),
      };
    default:
      return { kind };
  }
}

/** One that can be met, and can be missed. */
function readThreshold(threshold: FieldReader, measure: AlertMeasure): number {
  return threshold.number(0, unitOf(measure) === 'ratio' ? 1 : 1_000_000);
}

function readInhibitors(inhibitors: FieldReader, id: string): readonly string[] {
  return inhibitors.list((entry) => {
    const other = entry.text(64);
    entry.require(other !== id, 'is the rule itself');
    return other;
  }, MOST_INHIBITORS);
}

function line(field: FieldReader, minLength: number, maxLength: number): string {
  const text = field.text(maxLength).trim();
  field.require(text.length >= minLength, 'is empty');
  // eslint-disable-next-line no-control-regex -- these are what is meant
  field.require(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u.test(text), 'has more than one line');
  return text;
}
