/**
 * Upper edges of the classic buckets of every histogram, in its unit. The guide's edges are all among them. Apart from
 * the table of metrics, because recording needs them and must not load a page of help texts.
 */

const PHASE_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120] as const;

// 1-2-5, as vLLM has it for token counts.
const TOKENS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const;

export const BUCKET_EDGES = {
  // 2 s stays an edge: the objective of the p95 is there.
  generation_latency_seconds: [0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 30, 60, 120],
  generation_tokens: [1, 10, 25, 50, 100, 200, 300, 500, 1000, 2000],
  output_length_chars: [10, 50, 100, 250, 500, 1000, 2000, 5000, 10_000],
  prompt_similarity_score: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1],
  // OpenTelemetry's for gen_ai.server.time_to_first_token, and longer ones for a model on a slow device.
  time_to_first_token_seconds: [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 30,
    60,
  ],
  // OpenTelemetry's for gen_ai.server.time_per_output_token.
  inter_token_latency_seconds: [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
  ],
  generation_stall_seconds: [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 10, 30,
  ],
  request_queue_time_seconds: [
    0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
  ],
  tokenize_time_seconds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  prefill_time_seconds: PHASE_SECONDS,
  decode_time_seconds: PHASE_SECONDS,
  syntax_check_time_seconds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  generation_tokens_per_second: [1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500],
  request_prompt_tokens: TOKENS,
  request_total_tokens: TOKENS,
  model_load_seconds: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600],
} as const satisfies Record<string, readonly number[]>;

export type HistogramName = keyof typeof BUCKET_EDGES;

/** The edges of a metric by name; none for a metric that is not known or no histogram. */
export function edgesOf(metric: string): readonly number[] {
  return Object.hasOwn(BUCKET_EDGES, metric) ? BUCKET_EDGES[metric as HistogramName] : [];
}
