/**
 * What docs/grafana/dashboard.json shows: rows of panels, each with its queries. Counters are read as rates, histograms
 * by their buckets, and no percentile is averaged.
 */
import { METRIC_TABLE, type MetricName } from '../../src/core/metrics/metric-table.ts';
import { DEFAULT_OBJECTIVES } from '../../src/core/metrics/objectives.ts';
import type { ObjectiveId } from '../../src/core/metrics/dashboard-shape.ts';

export interface PanelQuery {
  readonly expression: string;
  readonly legend: string;
}

export interface PanelPlan {
  readonly kind: 'stat' | 'lines' | 'bars' | 'heatmap';
  readonly title: string;
  readonly description: string;
  /** As Grafana spells it: `s`, `percentunit`, `reqps`, `short`, `suffix: tok/s`. */
  readonly unit: string;
  /** Of 24 columns. */
  readonly width: number;
  readonly queries: readonly PanelQuery[];
  /** A line, and above or below it another colour. */
  readonly objective?: ObjectiveId;
}

export interface RowPlan {
  readonly title: string;
  readonly panels: readonly PanelPlan[];
}

const TOKEN_RATE = 'suffix: tok/s';
/** As Grafana spells the time between two points of a chart. */
export const STEP = '$__interval';
const QUANTILES = [0.5, 0.95, 0.99] as const;

const filter = (labels = ''): string =>
  `{job=~"$job",instance=~"$instance"${labels === '' ? '' : `,${labels}`}}`;

/** A series name that the table has; `suffix` is what a histogram adds. */
function series(
  name: MetricName,
  suffix: '' | '_bucket' | '_sum' | '_count' = '',
  labels = '',
): string {
  return `${name}${suffix}${filter(labels)}`;
}

function rate(name: MetricName, suffix: '' | '_sum' | '_count' = '', labels = ''): string {
  return `rate(${series(name, suffix, labels)}[$__rate_interval])`;
}

/** How many in each step of the chart. A window longer than the step would have what happened in several of them. */
function increase(name: MetricName, suffix: '' | '_bucket' = ''): string {
  return `increase(${series(name, suffix)}[${STEP}])`;
}

function quantile(share: number, name: MetricName, labels = ''): string {
  return `histogram_quantile(${share}, sum by (le) (rate(${series(name, '_bucket', labels)}[$__rate_interval])))`;
}

function quantiles(name: MetricName, shares: readonly number[] = QUANTILES): PanelQuery[] {
  return shares.map((share) => ({
    expression: quantile(share, name),
    legend: `p${Math.round(share * 100)}`,
  }));
}

const errorRatio = `sum(${rate('generation_errors_total')}) / sum(${rate('generation_finished_total')})`;
// Scripts that were written under the syntax guard are never in one rate with the others.
const validity = `sum by (guard) (${rate('generation_syntax_checks_total', '', 'result="valid"')}) / sum by (guard) (${rate('generation_syntax_checks_total', '', 'result=~"valid|invalid|empty"')})`;
const help = (name: MetricName): string => METRIC_TABLE[name].help;

function meanPhase(name: MetricName, legend: string): PanelQuery {
  return {
    expression: `sum(${rate(name, '_sum')}) / sum(${rate(name, '_count')})`,
    legend,
  };
}

function largest(name: MetricName, legend: string): PanelQuery {
  return { expression: `max(${series(name)})`, legend };
}

export function objectiveOf(id: ObjectiveId): (typeof DEFAULT_OBJECTIVES)[number] | undefined {
  return DEFAULT_OBJECTIVES.find((objective) => objective.id === id);
}

export const DASHBOARD_ROWS: readonly RowPlan[] = [
  {
    title: 'Now',
    panels: [
      {
        kind: 'stat',
        title: 'Request rate',
        description: help('generation_requests_total'),
        unit: 'reqps',
        width: 4,
        queries: [{ expression: `sum(${rate('generation_requests_total')})`, legend: 'requests' }],
      },
      {
        kind: 'stat',
        title: 'Error ratio',
        description: help('generation_errors_total'),
        unit: 'percentunit',
        width: 4,
        queries: [{ expression: errorRatio, legend: 'errors' }],
        objective: 'error-rate',
      },
      {
        kind: 'stat',
        title: 'Latency p95',
        description: help('generation_latency_seconds'),
        unit: 's',
        width: 4,
        queries: quantiles('generation_latency_seconds', [0.95]),
        objective: 'latency-p95',
      },
      {
        kind: 'stat',
        title: 'First token p95',
        description: help('time_to_first_token_seconds'),
        unit: 's',
        width: 4,
        queries: quantiles('time_to_first_token_seconds', [0.95]),
      },
      {
        kind: 'stat',
        title: 'Decode speed p50',
        description: help('generation_tokens_per_second'),
        unit: TOKEN_RATE,
        width: 4,
        queries: quantiles('generation_tokens_per_second', [0.5]),
      },
      {
        kind: 'stat',
        title: 'Syntax validity',
        description: help('generation_syntax_checks_total'),
        unit: 'percentunit',
        width: 4,
        queries: [{ expression: validity, legend: 'guard {{guard}}' }],
        objective: 'syntax-validity',
      },
    ],
  },
  {
    title: 'Traffic and errors',
    panels: [
      {
        kind: 'bars',
        title: 'Requests that ended, by how',
        description: help('generation_finished_total'),
        unit: 'reqps',
        width: 8,
        queries: [
          {
            expression: `sum by (finish_reason) (${rate('generation_finished_total')})`,
            legend: '{{finish_reason}}',
          },
        ],
      },
      {
        kind: 'lines',
        title: 'Error ratio',
        description: `${help('generation_errors_total')} A share of the requests that ended, not a rate per second.`,
        unit: 'percentunit',
        width: 8,
        queries: [{ expression: errorRatio, legend: 'errors' }],
        objective: 'error-rate',
      },
      {
        kind: 'bars',
        title: 'Errors by type',
        description: help('generation_errors_total'),
        unit: 'short',
        width: 8,
        queries: [
          {
            expression: `sum by (error_type) (${increase('generation_errors_total')})`,
            legend: '{{error_type}}',
          },
        ],
      },
    ],
  },
  {
    title: 'Latency',
    panels: [
      {
        kind: 'lines',
        title: 'Latency',
        description: help('generation_latency_seconds'),
        unit: 's',
        width: 12,
        queries: quantiles('generation_latency_seconds'),
        objective: 'latency-p95',
      },
      {
        kind: 'heatmap',
        title: 'Latency, all requests',
        description: `${help('generation_latency_seconds')} Two bands tell two kinds of requests apart that a percentile mixes.`,
        unit: 's',
        width: 12,
        queries: [
          {
            expression: `sum by (le) (${increase('generation_latency_seconds', '_bucket')})`,
            legend: '{{le}}',
          },
        ],
      },
      {
        kind: 'lines',
        title: 'First token',
        description: help('time_to_first_token_seconds'),
        unit: 's',
        width: 12,
        queries: quantiles('time_to_first_token_seconds'),
      },
      {
        kind: 'lines',
        title: 'Mean time of each phase',
        description: 'Queue, tokenize, prefill and decode add up to the latency.',
        unit: 's',
        width: 12,
        queries: [
          meanPhase('request_queue_time_seconds', 'queue'),
          meanPhase('tokenize_time_seconds', 'tokenize'),
          meanPhase('prefill_time_seconds', 'prefill'),
          meanPhase('decode_time_seconds', 'decode'),
        ],
      },
    ],
  },
  {
    title: 'Speed',
    panels: [
      {
        kind: 'lines',
        title: 'Decode speed of a request',
        description: help('generation_tokens_per_second'),
        unit: TOKEN_RATE,
        width: 8,
        queries: quantiles('generation_tokens_per_second', [0.05, 0.5, 0.95]),
      },
      {
        kind: 'lines',
        title: 'Tokens generated',
        description: 'Tokens of all requests per second of wall time.',
        unit: TOKEN_RATE,
        width: 8,
        queries: [{ expression: `sum(${rate('generation_tokens', '_sum')})`, legend: 'generated' }],
      },
      {
        kind: 'lines',
        title: 'Between two tokens',
        description: `${help('inter_token_latency_seconds')} stall: ${help('generation_stall_seconds').toLowerCase()}`,
        unit: 's',
        width: 8,
        queries: [
          ...quantiles('inter_token_latency_seconds'),
          { expression: quantile(0.95, 'generation_stall_seconds'), legend: 'stall p95' },
        ],
      },
    ],
  },
  {
    title: 'Quality',
    panels: [
      {
        kind: 'lines',
        title: 'Syntax validity',
        description: help('generation_syntax_checks_total'),
        unit: 'percentunit',
        width: 8,
        queries: [{ expression: validity, legend: 'guard {{guard}}' }],
        objective: 'syntax-validity',
      },
      {
        kind: 'bars',
        title: 'Verdicts',
        description: help('generation_syntax_checks_total'),
        unit: 'reqps',
        width: 8,
        queries: [
          {
            expression: `sum by (result) (${rate('generation_syntax_checks_total')})`,
            legend: '{{result}}',
          },
        ],
      },
      {
        kind: 'lines',
        title: 'Similarity of script and prompt',
        description: help('prompt_similarity_score'),
        unit: 'none',
        width: 8,
        queries: quantiles('prompt_similarity_score', [0.05, 0.5, 0.95]),
      },
      {
        kind: 'bars',
        title: 'Sampling parameters',
        description: help('sampling_parameters_total'),
        unit: 'reqps',
        width: 12,
        queries: [
          {
            expression: `sum by (parameter, value_range) (${rate('sampling_parameters_total')})`,
            legend: '{{parameter}} {{value_range}}',
          },
        ],
      },
      {
        kind: 'lines',
        title: 'Length of the output',
        description: help('output_length_chars'),
        unit: 'suffix: chars',
        width: 12,
        queries: quantiles('output_length_chars', [0.5, 0.95]),
      },
    ],
  },
  {
    title: 'Load and resources',
    panels: [
      {
        kind: 'lines',
        title: 'Active requests',
        description: help('active_generation_requests'),
        unit: 'short',
        width: 6,
        queries: [{ expression: `sum(${series('active_generation_requests')})`, legend: 'active' }],
        objective: 'active-requests',
      },
      {
        kind: 'lines',
        title: 'Memory and storage',
        description: `${help('memory_used_ratio')} ${help('storage_used_ratio')}`,
        unit: 'percentunit',
        width: 6,
        queries: [largest('memory_used_ratio', 'memory'), largest('storage_used_ratio', 'storage')],
        objective: 'memory-used',
      },
      {
        kind: 'lines',
        title: 'Faults of the device',
        description: `${help('device_lost_total')} ${help('worker_restarts_total')} ${help('model_load_failures_total')}`,
        unit: 'short',
        width: 6,
        queries: [
          {
            expression: `sum(${increase('device_lost_total')})`,
            legend: 'device lost',
          },
          {
            expression: `sum(${increase('worker_restarts_total')})`,
            legend: 'worker restarted',
          },
          {
            expression: `sum(${increase('model_load_failures_total')})`,
            legend: 'model not loaded',
          },
        ],
      },
      {
        kind: 'bars',
        title: 'Telemetry lost',
        description: help('telemetry_dropped_total'),
        unit: 'short',
        width: 6,
        queries: [
          {
            expression: `sum by (signal, reason) (${increase('telemetry_dropped_total')})`,
            legend: '{{signal}} {{reason}}',
          },
        ],
      },
    ],
  },
];
