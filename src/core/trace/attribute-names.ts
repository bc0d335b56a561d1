/**
 * What our figures are called in OpenTelemetry's semantic conventions for generative AI, version 1.41.1. They are in
 * development and about to be renamed: this table is the only place that knows the names.
 */

export const SEMCONV_VERSION = '1.41.1';

/** Names of the conventions; what they have none for is under `shellwright.`. */
export const ATTRIBUTE_NAMES = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  outputType: 'gen_ai.output.type',
  requestModel: 'gen_ai.request.model',
  temperature: 'gen_ai.request.temperature',
  topK: 'gen_ai.request.top_k',
  topP: 'gen_ai.request.top_p',
  maxTokens: 'gen_ai.request.max_tokens',
  seed: 'gen_ai.request.seed',
  stream: 'gen_ai.request.stream',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  firstTokenSeconds: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cachedInputTokens: 'gen_ai.usage.cache_read.input_tokens',
  errorType: 'error.type',
  evaluationName: 'gen_ai.evaluation.name',
  evaluationScore: 'gen_ai.evaluation.score.value',
  evaluationLabel: 'gen_ai.evaluation.score.label',
  minP: 'shellwright.request.min_p',
  repetitionPenalty: 'shellwright.request.repetition_penalty',
  timeoutMs: 'shellwright.request.timeout_ms',
  stopCount: 'shellwright.request.stop_count',
  guardWanted: 'shellwright.request.guard',
  promptChars: 'shellwright.request.prompt_chars',
  refusedField: 'shellwright.request.refused_field',
  outputChars: 'shellwright.response.chars',
  outcome: 'shellwright.outcome',
  failureCode: 'shellwright.failure.code',
  engineSource: 'shellwright.engine.source',
  backend: 'shellwright.engine.backend',
  precision: 'shellwright.engine.precision',
  threads: 'shellwright.engine.threads',
  adapter: 'shellwright.engine.adapter',
  guardOn: 'shellwright.guard.on',
  guardRefusedTokens: 'shellwright.guard.refused_tokens',
  guardCutBack: 'shellwright.guard.cut_back',
  syntaxResult: 'shellwright.syntax.result',
  syntaxLine: 'shellwright.syntax.line',
  dangerRules: 'shellwright.danger.rules',
  suspended: 'shellwright.suspended',
  pageId: 'shellwright.page.id',
} as const;

/** What the conventions, and those of ours that are alike, have as a double also where it is whole. */
export const DOUBLE_ATTRIBUTES: ReadonlySet<string> = new Set([
  ATTRIBUTE_NAMES.temperature,
  ATTRIBUTE_NAMES.topP,
  ATTRIBUTE_NAMES.minP,
  ATTRIBUTE_NAMES.repetitionPenalty,
  ATTRIBUTE_NAMES.firstTokenSeconds,
  ATTRIBUTE_NAMES.evaluationScore,
]);

export type AttributeKey = keyof typeof ATTRIBUTE_NAMES;

export type AttributeValue = string | number | boolean | readonly string[];

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** Puts the conventions' names in the place of ours; what is null has no attribute. */
export function namedAttributes(
  values: Partial<Readonly<Record<AttributeKey, AttributeValue | null>>>,
): Attributes {
  const named: Record<string, AttributeValue> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value !== null) named[ATTRIBUTE_NAMES[key as AttributeKey]] = value;
  }
  return named;
}
