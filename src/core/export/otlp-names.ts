/**
 * Our metrics in OpenTelemetry's names. Those of generative AI are in development and about to be renamed, so there are
 * two columns: version 1.41.1, the last one of the main repository, and the names proposed for its successor
 * (open-telemetry/semantic-conventions-genai, pull requests 374 and 521).
 */
import type { MetricName } from '../metrics/metric-table.ts';

export const SEMCONV_NAMES = ['1.41', 'inference'] as const;

export type SemconvNames = (typeof SEMCONV_NAMES)[number];

export interface OtlpName {
  readonly name: string;
  /** Attributes that tell it from others of the same name. */
  readonly attributes: Readonly<Record<string, string>>;
}

type Mapping = readonly [name: string, attributes?: Readonly<Record<string, string>>];

const GEN_AI: Readonly<Record<SemconvNames, Partial<Readonly<Record<MetricName, Mapping>>>>> = {
  '1.41': {
    generation_latency_seconds: ['gen_ai.client.operation.duration'],
    time_to_first_token_seconds: ['gen_ai.client.operation.time_to_first_chunk'],
    inter_token_latency_seconds: ['gen_ai.client.operation.time_per_output_chunk'],
    request_prompt_tokens: ['gen_ai.client.token.usage', { 'gen_ai.token.type': 'input' }],
    generation_tokens: ['gen_ai.client.token.usage', { 'gen_ai.token.type': 'output' }],
  },
  inference: {
    generation_latency_seconds: ['gen_ai.client.inference.duration'],
    time_to_first_token_seconds: ['gen_ai.client.inference.time_to_first_chunk'],
    inter_token_latency_seconds: ['gen_ai.client.inference.time_per_output_chunk'],
    request_prompt_tokens: ['gen_ai.client.inference.operation.input_tokens'],
    generation_tokens: ['gen_ai.client.inference.operation.output_tokens'],
    prompt_tokens_cached_total: ['gen_ai.client.inference.usage.cache_read.input_tokens'],
  },
};

/** What the conventions have no name for is under `shellwright.`, without the suffixes that only Prometheus wants. */
export function otlpName(metric: MetricName, names: SemconvNames): OtlpName {
  const [name, attributes = {}] = GEN_AI[names][metric] ?? [
    `shellwright.${metric.replace(/_(?:total|seconds)$/, '')}`,
  ];
  return { name, attributes };
}

const LABEL_NAMES: Readonly<Record<string, string>> = {
  model: 'gen_ai.request.model',
  error_type: 'error.type',
  backend: 'shellwright.engine.backend',
  outcome: 'shellwright.outcome',
  finish_reason: 'shellwright.outcome',
};

export function otlpAttribute(label: string): string {
  return LABEL_NAMES[label] ?? `shellwright.${label}`;
}
