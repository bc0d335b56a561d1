/** The answer of `POST generate`, made of the record of the request. */
import type { GenerationRecord } from '../../contracts/generation.ts';
import { fullScript } from '../prompt/prompt-form.ts';

export interface GenerateAnswer {
  readonly id: string;
  readonly generated_code: string;
  readonly prompt: string;
  readonly num_tokens_generated: number;
  /** Seconds from accepting the request to the last token, the queue included. */
  readonly generation_time: number;
  readonly finish_reason: GenerationRecord['finishReason'];
  /** bash's verdict; null where there is none. */
  readonly syntax: GenerationRecord['syntax'];
  readonly dangers: readonly string[];
  readonly model_info: Readonly<Record<string, string | number | boolean | null>>;
  readonly debug?: DebugAnswer;
}

interface DebugAnswer {
  readonly input_tokens: number;
  readonly model_config: {
    readonly vocab_size: number | null;
    readonly n_layers: number | null;
    readonly d_model: number | null;
  };
  readonly sampling_params: Readonly<Record<string, number | boolean | null>>;
  /** Seconds until the outcome was known. */
  readonly total_processing_time: number;
}

export function generateAnswer(record: GenerationRecord, isDebug: boolean): GenerateAnswer {
  const { parameters, engine, tokens, timestamps } = record;
  const { temperature, top_k, top_p, max_tokens, guard } = parameters;
  return {
    id: record.id,
    generated_code: fullScript(record.prompt, record.text),
    prompt: record.prompt,
    num_tokens_generated: tokens.generated,
    generation_time: (timestamps.lastTokenMs ?? timestamps.finishedMs) / 1000,
    finish_reason: record.finishReason,
    syntax: record.syntax,
    dangers: record.dangers,
    model_info: {
      model: engine?.modelId ?? null,
      backend: engine?.backend ?? null,
      precision: engine?.precision ?? null,
      temperature,
      top_k,
      top_p,
      max_length: max_tokens,
      seed: record.seed,
      guard,
    },
    ...(isDebug ? { debug: debugAnswer(record) } : {}),
  };
}

function debugAnswer({
  parameters,
  engine,
  seed,
  tokens,
  timestamps,
}: GenerationRecord): DebugAnswer {
  const { stop, ...numbers } = parameters;
  return {
    input_tokens: tokens.prompt,
    model_config: {
      vocab_size: engine?.vocabularySize ?? null,
      n_layers: engine?.layers ?? null,
      d_model: engine?.width ?? null,
    },
    sampling_params: { ...numbers, seed, stop_count: stop.length },
    total_processing_time: timestamps.finishedMs / 1000,
  };
}

/** Phases of a request for `Server-Timing`, in milliseconds; without those that it did not get to. */
export function phaseTimings({
  timestamps,
}: GenerationRecord): readonly (readonly [name: string, ms: number])[] {
  const { startedMs, tokenizedMs, prefilledMs, lastTokenMs } = timestamps;
  const ends = [
    ['queue', startedMs],
    ['tokenize', tokenizedMs],
    ['prefill', prefilledMs],
    ['decode', lastTokenMs],
  ] as const;
  let before = 0;
  return ends.flatMap(([name, endMs]) => {
    if (endMs === null) return [];
    const ms = endMs - before;
    before = endMs;
    return [[name, ms] as const];
  });
}
