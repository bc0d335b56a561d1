/** Rules and readings in words, the same on the page, in messages and in notifications. */
import type { AlertMeasure, AlertMessage, AlertRule } from '../../contracts/alert.ts';
import { formatTimeSpan } from '../format/quantities.ts';
import { guardWords } from '../metrics/guard-states.ts';
import { measuredQuantity, valueAgainst } from '../metrics/objective-words.ts';
import type { Reading } from './read-measure.ts';

export type MeasureKind = AlertMeasure['kind'];

/** In the order in which they are offered. */
export const MEASURE_NAMES: Readonly<Record<MeasureKind, string>> = {
  'latency-quantile': 'Latency, percentile',
  'first-token-quantile': 'Time to first token, percentile',
  'slowest-request': 'Slowest request',
  'error-ratio': 'Error rate',
  'error-count': 'Errors',
  'syntax-validity': 'Syntax validity',
  'active-requests': 'Active requests',
  'memory-used': 'Memory used',
  'model-load-failures': 'Failed model loads',
  'devices-lost': 'Lost graphics devices',
  'budget-spent': 'Error budget spent',
};

export const BUDGET_NAMES = {
  'error-rate': 'errors',
  latency: 'slow requests',
  'syntax-validity': 'scripts that are not valid',
} as const;

const BUDGET_SUBJECTS = {
  'error-rate': 'error',
  latency: 'latency',
  'syntax-validity': 'validity',
} as const;

export function unitOf({ kind }: AlertMeasure): AlertMessage['unit'] {
  switch (kind) {
    case 'latency-quantile':
    case 'first-token-quantile':
    case 'slowest-request':
      return 'seconds';
    case 'error-ratio':
    case 'syntax-validity':
    case 'memory-used':
    case 'budget-spent':
      return 'ratio';
    case 'error-count':
    case 'active-requests':
      return 'requests';
    case 'model-load-failures':
    case 'devices-lost':
      return 'events';
  }
}

/** `p95 latency above 2 s over 15 min, for 5 min` */
export function conditionWords(rule: AlertRule): string {
  const { measure, comparison, threshold, windowMs, forMs } = rule;
  const limit = measuredQuantity(threshold, unitOf(measure));
  const lasting = forMs === 0 ? '' : `, for ${formatTimeSpan(forMs)}`;
  return `${subjectOf(measure)} ${comparison} ${limit} ${spanWords(measure, windowMs)}${lasting}`;
}

/** `p95 latency 3.1 s > 2 s over 15 min, n = 84`; without data it says so. */
export function readingWords(rule: AlertRule, reading: Reading): string {
  const { measure, threshold, windowMs } = rule;
  const subject = `${subjectOf(measure)}${reading.guard === null ? '' : `${guardWords(reading.guard)},`}`;
  const span = spanWords(measure, windowMs);
  if (reading.value === null) return `${subject}: no data ${span}`;
  const value = `${subject} ${valueAgainst(threshold, reading.value, unitOf(measure))} ${span}`;
  switch (measure.kind) {
    case 'slowest-request': {
      const limit = measuredQuantity(threshold, 'seconds');
      return `${value}; ${reading.bad ?? 0} of ${reading.n} took longer than ${limit}`;
    }
    case 'budget-spent':
      return `${value}; ${reading.bad ?? 0} of ${reading.n} were bad`;
    case 'active-requests':
    case 'memory-used':
    case 'model-load-failures':
    case 'devices-lost':
      return value;
    case 'error-count':
      return `${value}, of ${reading.n} requests`;
    case 'latency-quantile':
    case 'first-token-quantile':
    case 'error-ratio':
    case 'syntax-validity':
      return `${value}, n = ${reading.n}`;
  }
}

function subjectOf(measure: AlertMeasure): string {
  switch (measure.kind) {
    case 'latency-quantile':
      return `p${percent(measure.quantile)} latency`;
    case 'first-token-quantile':
      return `p${percent(measure.quantile)} time to first token`;
    case 'slowest-request':
      return 'slowest request';
    case 'error-ratio':
      return 'error rate';
    case 'error-count':
      return 'errors';
    case 'syntax-validity':
      return 'syntax validity at best';
    case 'active-requests':
      return 'active requests';
    case 'memory-used':
      return 'memory used';
    case 'model-load-failures':
      return 'failed model loads';
    case 'devices-lost':
      return 'lost graphics devices';
    case 'budget-spent':
      return `30-day ${BUDGET_SUBJECTS[measure.objective]} budget spent`;
  }
}

function spanWords({ kind }: AlertMeasure, windowMs: number): string {
  const span = formatTimeSpan(windowMs);
  return kind === 'active-requests' || kind === 'memory-used' ? 'now' : `over ${span}`;
}

/** `95`, `99.9` */
function percent(quantile: number): string {
  return String(Number((quantile * 100).toFixed(3)));
}
