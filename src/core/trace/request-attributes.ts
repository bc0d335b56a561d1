/** A request in the attributes of its span, and its verdicts in those of evaluation events. Never content. */
import type { RequestRecord } from '../../contracts/request-record.ts';
import { errorTypeOf } from '../metrics/error-type.ts';
import { namedAttributes, type Attributes } from './attribute-names.ts';

export const OPERATION = 'text_completion';

export const PROVIDER = 'shellwright';

export function requestAttributes(record: RequestRecord): Attributes {
  const { engine, parameters, tokens, guard, timestamps, outcome } = record;
  const hasTokens = tokens.generated > 0;
  const isFinished = outcome !== null && outcome !== 'orphaned';
  return namedAttributes({
    operation: OPERATION,
    provider: PROVIDER,
    outputType: 'text',
    requestModel: engine?.modelId ?? null,
    temperature: parameters?.temperature ?? null,
    topK: parameters?.top_k ?? null,
    topP: parameters?.top_p ?? null,
    maxTokens: parameters?.max_tokens ?? null,
    seed: record.seed,
    stream: true,
    responseId: record.id,
    responseModel: hasTokens ? (engine?.modelId ?? null) : null,
    finishReasons: isFinished ? [outcome] : null,
    firstTokenSeconds: timestamps.firstTokenMs === null ? null : timestamps.firstTokenMs / 1000,
    inputTokens: tokens.prompt > 0 ? tokens.prompt : null,
    outputTokens: tokens.prompt > 0 || hasTokens ? tokens.generated : null,
    cachedInputTokens: tokens.prompt > 0 ? tokens.promptCached : null,
    errorType: errorTypeAttribute(record),
    minP: parameters?.min_p ?? null,
    repetitionPenalty: parameters?.repetition_penalty ?? null,
    timeoutMs: parameters?.timeout_ms ?? null,
    stopCount: parameters?.stopCount ?? null,
    guardWanted: parameters?.guard ?? null,
    promptChars: record.promptChars,
    refusedField: record.failure?.field ?? null,
    outputChars: hasTokens ? record.outputChars : null,
    outcome: outcome ?? 'active',
    failureCode: record.failure?.code ?? null,
    engineSource: engine?.source ?? null,
    backend: engine?.backend ?? null,
    precision: engine?.precision ?? null,
    threads: engine?.backend === 'wasm' ? engine.threads : null,
    adapter: engine?.adapter ?? null,
    guardOn: hasTokens ? guard.on : null,
    guardRefusedTokens: hasTokens && guard.on ? guard.refusedTokens : null,
    guardCutBack: hasTokens && guard.on ? guard.cutBack : null,
    syntaxResult: record.syntax?.result ?? null,
    syntaxLine: record.syntax?.line ?? null,
    dangerRules: record.dangers.length > 0 ? record.dangers : null,
    suspended: record.isSuspended,
    pageId: record.pageId,
  });
}

/** One for the syntax verdict and one for the similarity, as far as there are; an unchecked script has no verdict. */
export function evaluations(record: RequestRecord): readonly Attributes[] {
  const { syntax, similarity, id } = record;
  const found: Attributes[] = [];
  if (syntax !== null && syntax.result !== 'unchecked') {
    const isValid = syntax.result === 'valid';
    found.push(
      namedAttributes({
        evaluationName: 'bash.syntax',
        evaluationScore: isValid ? 1 : 0,
        evaluationLabel: isValid ? 'pass' : 'fail',
        responseId: id,
        syntaxResult: syntax.result,
      }),
    );
  }
  if (similarity !== null) {
    found.push(
      namedAttributes({
        evaluationName: 'prompt.similarity',
        evaluationScore: similarity,
        responseId: id,
      }),
    );
  }
  return found;
}

/** As the metrics name it; for what they cannot name, the conventions have `_OTHER`. */
function errorTypeAttribute(record: RequestRecord): string | null {
  const type = errorTypeOf(record);
  return type === 'unknown' ? '_OTHER' : type;
}
