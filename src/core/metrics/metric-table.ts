/**
 * The one table of metrics. docs/metrics.md is made of it (`npm run docs:metrics`); the snapshot, the export and the
 * Prometheus text read it. Times are in seconds, shares in [0, 1], as Prometheus asks.
 */
import { BUCKET_EDGES, type HistogramName } from './bucket-edges.ts';
import * as labels from './metric-labels.ts';
import type { LabelDefinition } from './metric-labels.ts';
import type { Labels } from './series-key.ts';

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** UCUM, as OpenTelemetry writes it: `s`, `1` for shares and plain counts, `{token}`. */
  readonly unit: string;
  readonly help: string;
  readonly labels: readonly LabelDefinition[];
  /** All combinations of values that exist, where not every one does. */
  readonly labelSets?: readonly Labels[];
  /** Upper edges of the classic buckets; empty for all but histograms. */
  readonly edges: readonly number[];
  /** `rollup`: summed in rollups. `state`: read when somebody asks; samples of it may be in rollups. */
  readonly from: 'rollup' | 'state';
  /** What the guide calls it, where that differs. */
  readonly guideName?: string;
}

function counter(
  unit: string,
  help: string,
  names: readonly LabelDefinition[] = [],
): MetricDefinition {
  return { type: 'counter', unit, help, labels: names, edges: [], from: 'rollup' };
}

function gauge(
  unit: string,
  help: string,
  names: readonly LabelDefinition[] = [],
): MetricDefinition {
  return { type: 'gauge', unit, help, labels: names, edges: [], from: 'state' };
}

function histogram(
  name: HistogramName,
  unit: string,
  help: string,
  names: readonly LabelDefinition[] = [],
): MetricDefinition {
  return {
    type: 'histogram',
    unit,
    help,
    labels: names,
    edges: BUCKET_EDGES[name],
    from: 'rollup',
  };
}

const TABLE = {
  generation_requests_total: counter(
    '{request}',
    'Requests for code that were accepted, counted when they were. Always equal to the sum of generation_finished_total and active_generation_requests.',
    [labels.MODEL, labels.BACKEND],
  ),
  generation_finished_total: counter(
    '{request}',
    'Requests that have ended, by how; counted when they did. orphaned: the page was gone before the end.',
    [labels.FINISH_REASON],
  ),
  active_generation_requests: gauge('{request}', 'Requests in the queue or running, of all pages.'),
  generation_errors_total: counter(
    '{request}',
    'Requests that failed or ran out of time, refused ones included. Cancelled and orphaned requests are no errors. The error rate is this over generation_finished_total.',
    [labels.ERROR_TYPE],
  ),
  generation_latency_seconds: histogram(
    'generation_latency_seconds',
    's',
    'From accepted to the last token, the queue included; to the end where there was no token. Refused and orphaned requests, and those during which the device slept, are left out.',
    [labels.OUTCOME],
  ),
  time_to_first_token_seconds: histogram(
    'time_to_first_token_seconds',
    's',
    'From accepted to the first token.',
    [labels.BACKEND],
  ),
  inter_token_latency_seconds: histogram(
    'inter_token_latency_seconds',
    's',
    'Between one token and the next, one value for each gap.',
    [labels.BACKEND],
  ),
  generation_stall_seconds: histogram(
    'generation_stall_seconds',
    's',
    'Longest gap between two tokens of a request.',
    [labels.BACKEND],
  ),
  request_queue_time_seconds: histogram(
    'request_queue_time_seconds',
    's',
    'From accepted to when the engine took the request; waiting for the model to load is part of it.',
  ),
  tokenize_time_seconds: histogram(
    'tokenize_time_seconds',
    's',
    'From when the engine took the request to the tokens of the prompt.',
  ),
  prefill_time_seconds: histogram(
    'prefill_time_seconds',
    's',
    'From the tokens of the prompt to when the model had read them.',
    [labels.BACKEND],
  ),
  decode_time_seconds: histogram(
    'decode_time_seconds',
    's',
    'From when the model had read the prompt to the last token. Queue, tokenize, prefill and decode time add up to the latency.',
    [labels.BACKEND],
  ),
  syntax_check_time_seconds: histogram(
    'syntax_check_time_seconds',
    's',
    'From the end of a generation to the verdict on its syntax.',
  ),
  generation_tokens_per_second: histogram(
    'generation_tokens_per_second',
    '{token}/s',
    'Tokens after the first one over the time they took; prefill is no part of it.',
    [labels.BACKEND],
  ),
  generation_tokens: histogram(
    'generation_tokens',
    '{token}',
    'Tokens that a request generated, of requests that generated any.',
  ),
  request_prompt_tokens: histogram(
    'request_prompt_tokens',
    '{token}',
    'Tokens of the prompt as the model reads it, of requests that were tokenized.',
  ),
  request_total_tokens: histogram(
    'request_total_tokens',
    '{token}',
    'Prompt and generated tokens together, of requests that were tokenized.',
  ),
  prompt_tokens_cached_total: counter(
    '{token}',
    'Prompt tokens that did not have to be read again, because the request before began alike.',
  ),
  output_length_chars: histogram(
    'output_length_chars',
    '{char}',
    'Unicode code points of what the model wrote, without the prompt, of requests that generated any token.',
  ),
  generation_syntax_checks_total: counter(
    '{check}',
    'Verdicts of bash on generated scripts. valid: bash -n exits with 0. empty: it does, but there is no command. unchecked: there was text, but no verdict within the limits. guard: whether the syntax guard was on.',
    [labels.GUARD, labels.SYNTAX_RESULT],
  ),
  syntax_validity_rate: gauge(
    '1',
    'Share of valid among valid, invalid and empty scripts in a sliding window; unchecked ones are left out. No value where there was none. Those that were written under the syntax guard are apart from the others.',
    [labels.GUARD, labels.SYNTAX_WINDOW],
  ),
  prompt_similarity_score: histogram(
    'prompt_similarity_score',
    '1',
    'Cosine of the sentence embeddings of the prompt and of the generated code.',
    [labels.SIMILARITY_METHOD],
  ),
  sampling_parameters_total: {
    ...counter(
      '{request}',
      'Requests with valid parameters by the range of each. temperature: greedy 0, low < 0.5, medium < 1, high from 1. top_k: off 0, low < 25, medium < 75, high from 75. top_p: off 1, low < 0.5, medium < 0.9, high < 1.',
      [labels.PARAMETER, labels.VALUE_RANGE],
    ),
    labelSets: labels.SAMPLING_LABELS,
    guideName: 'sampling_parameters',
  },
  generation_guarded_total: counter(
    '{request}',
    'Requests that generated tokens with the syntax guard on.',
  ),
  generation_guard_refused_tokens_total: counter(
    '{token}',
    'Candidate tokens that the guard did not take, because no script that goes on like that is valid.',
  ),
  generation_guard_cut_back_total: counter(
    '{request}',
    'Requests whose end the guard cut back to where the script was complete.',
  ),
  generation_dangers_total: counter(
    '{request}',
    'Requests whose script meets a rule for destructive commands, once per rule.',
    [labels.DANGER_RULE],
  ),
  clock_suspend_total: counter(
    '{request}',
    'Requests during which the device slept; their times are in no histogram.',
  ),
  model_load_seconds: histogram(
    'model_load_seconds',
    's',
    'From asking for the model to when it can generate, by where its files came from.',
    [labels.LOAD_SOURCE],
  ),
  model_load_failures_total: counter(
    '{load}',
    'Loads of the model that failed, by the code of the failure.',
    [labels.FAILURE_CODE],
  ),
  device_lost_total: counter('{event}', 'Times the graphics device was lost.'),
  worker_restarts_total: counter(
    '{event}',
    'Times the worker that runs the model was started anew.',
    [labels.RESTART_REASON],
  ),
  health_checks_total: counter('{check}', 'Health checks by kind and result.', [
    labels.CHECK_KIND,
    labels.CHECK_RESULT,
  ]),
  telemetry_dropped_total: {
    ...counter('{item}', 'What monitoring could not keep or pass on, by what it was and why.', [
      labels.DROP_SIGNAL,
      labels.DROP_REASON,
    ]),
    labelSets: labels.DROP_LABELS,
  },
  memory_used_ratio: gauge('1', 'Memory that the page uses, of what it may use at most.'),
  storage_used_ratio: gauge('1', 'Storage that the site uses, of its quota.'),
  process_start_time_seconds: gauge('s', 'When the page was opened, in Unix time.'),
  uptime_seconds: gauge('s', 'How long the page has been open, by the monotonic clock.'),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof TABLE;

export const METRIC_TABLE: Readonly<Record<MetricName, MetricDefinition>> = TABLE;

/** In the order of the table. */
export const METRIC_NAMES = Object.keys(TABLE) as readonly MetricName[];
