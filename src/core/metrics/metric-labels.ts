/** Labels of metrics: where their values come from, and which there can be. No label is unbounded. */
import { FAILURES } from '../../contracts/failure.ts';
import { OUTCOMES } from '../../contracts/request-record.ts';
import { DANGER_REASONS } from '../bash/danger-rules.ts';
import { WINDOWS } from './dashboard-shape.ts';
import { ERROR_TYPES } from './error-type.ts';
import { SAMPLING_RANGES } from './sampling-ranges.ts';
import { GUARD_STATES } from './guard-states.ts';
import type { Labels } from './series-key.ts';

export interface LabelDefinition {
  readonly name: string;
  /** `key`: it is in the series key; else the dimension of the rollup row that becomes the label. */
  readonly from: 'key' | 'model' | 'backend' | 'outcome';
  /** All values; null where they are known at run time only, and `bound` says what keeps them few. */
  readonly values: readonly string[] | null;
  readonly bound: string | null;
}

/**
 * `unavailable`: storage, or what was to compute it, is denied or gone. `evicted`: the browser cleared it. `rejected`: the
 * receiver would not have it.
 */
export const DROP_REASONS = [
  'queue_overflow',
  'ratelimit_backoff',
  'network_error',
  'quota',
  'unavailable',
  'evicted',
  'corrupt',
  'redaction',
  'expired',
  'rejected',
] as const;

/**
 * `otlp_*`: data points, traces and log lines that were kept here, but did not arrive where they were to be sent.
 * `relay_metrics`: series of a post to the relay.
 */
export const DROP_SIGNALS = [
  'record',
  'rollup',
  'log',
  'similarity',
  'alert',
  'otlp_metrics',
  'otlp_traces',
  'otlp_logs',
  'relay_metrics',
] as const;

/** `unresponsive`: it did not obey a cancel in time. */
export const RESTART_REASONS = ['crashed', 'unresponsive'] as const;

export const LOAD_SOURCES = ['cache', 'network', 'mixed'] as const;

export const HEALTH_CHECK_KINDS = ['shallow', 'deep'] as const;

/** `throttled`: a deep check that was asked for too soon, and got the last result. */
export const HEALTH_CHECK_RESULTS = ['healthy', 'unhealthy', 'throttled'] as const;

/** `all` is since monitoring began. */
export const VALIDITY_WINDOWS = [...WINDOWS, 'all'] as const;

export type DropReason = (typeof DROP_REASONS)[number];
export type DropSignal = (typeof DROP_SIGNALS)[number];
export type RestartReason = (typeof RESTART_REASONS)[number];
export type LoadSource = (typeof LOAD_SOURCES)[number];
export type HealthCheckKind = (typeof HEALTH_CHECK_KINDS)[number];
export type HealthCheckResult = (typeof HEALTH_CHECK_RESULTS)[number];

function finite(name: string, values: readonly string[]): LabelDefinition {
  return { name, from: 'key', values, bound: null };
}

export const MODEL: LabelDefinition = {
  name: 'model',
  from: 'model',
  values: null,
  bound:
    'models that this browser has loaded; `none` where no model took part, or none was there yet when the request was accepted',
};

export const BACKEND: LabelDefinition = {
  name: 'backend',
  from: 'backend',
  values: ['webgpu', 'wasm', 'none'],
  bound: null,
};

export const OUTCOME: LabelDefinition = {
  name: 'outcome',
  from: 'outcome',
  values: OUTCOMES,
  bound: null,
};

export const FINISH_REASON: LabelDefinition = { ...OUTCOME, name: 'finish_reason' };

export const ERROR_TYPE = finite('error_type', ERROR_TYPES);
export const GUARD = finite('guard', GUARD_STATES);
export const SYNTAX_RESULT = finite('result', ['valid', 'invalid', 'empty', 'unchecked']);
export const SYNTAX_WINDOW = finite('window', VALIDITY_WINDOWS);
export const SIMILARITY_METHOD = finite('method', ['all-MiniLM-L6-v2']);
export const LOAD_SOURCE = finite('source', LOAD_SOURCES);
export const FAILURE_CODE = finite('code', Object.keys(FAILURES).sort());
export const RESTART_REASON = finite('reason', RESTART_REASONS);
export const DROP_SIGNAL = finite('signal', DROP_SIGNALS);
export const DROP_REASON = finite('reason', DROP_REASONS);
export const CHECK_KIND = finite('kind', HEALTH_CHECK_KINDS);
export const CHECK_RESULT = finite('result', HEALTH_CHECK_RESULTS);
export const PARAMETER = finite('parameter', Object.keys(SAMPLING_RANGES));
export const VALUE_RANGE = finite('value_range', ['greedy', 'off', 'low', 'medium', 'high']);

export const DANGER_RULE = finite('rule', Object.keys(DANGER_REASONS));

/** Parameters have different ranges, so not every pair exists. */
export const SAMPLING_LABELS: readonly Labels[] = Object.entries(SAMPLING_RANGES).flatMap(
  ([parameter, ranges]) => ranges.map((range) => ({ parameter, value_range: range })),
);

/** Only these pairs of signal and reason exist: what is sent elsewhere has ends of its own. */
export const DROP_LABELS: readonly Labels[] = [
  ...DROP_SIGNALS.filter((signal) => !/^(?:otlp|relay)_/u.test(signal)).flatMap((signal) =>
    DROP_REASONS.filter((reason) => reason !== 'rejected').map((reason) => ({ signal, reason })),
  ),
  { signal: 'otlp_metrics', reason: 'expired' },
  { signal: 'otlp_metrics', reason: 'rejected' },
  { signal: 'otlp_traces', reason: 'expired' },
  { signal: 'otlp_traces', reason: 'rejected' },
  { signal: 'otlp_logs', reason: 'queue_overflow' },
  { signal: 'otlp_logs', reason: 'rejected' },
  { signal: 'relay_metrics', reason: 'expired' },
  { signal: 'relay_metrics', reason: 'rejected' },
  { signal: 'relay_metrics', reason: 'corrupt' },
];
