/** The body of `POST generate`: the field names of model services, checked. */
import { failure, type Result } from '../../contracts/failure.ts';
import { parseGenerationInput, type ParsedRequest } from '../prompt/parse-parameters.ts';

export interface GenerateRequest extends ParsedRequest {
  /** The answer comes as server-sent events. */
  readonly streams: boolean;
}

/**
 * `max_length` is how much to write at most; `max_tokens`, and what else `window.shellwright.generate` takes, is taken
 * too. Fails with `request/invalid-parameter`, whose `detail.field` names the field.
 */
export function parseGenerateRequest(body: unknown): Result<GenerateRequest> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return refuse('prompt', 'The body must be an object with a `prompt`.');
  }
  const { stream = false, max_length: maxLength, ...rest } = body as Record<string, unknown>;
  if (typeof stream !== 'boolean') return refuse('stream', '`stream` must be true or false.');
  if (maxLength !== undefined && 'max_tokens' in rest) {
    return refuse('max_length', '`max_length` and `max_tokens` are the same: give one of them.');
  }
  const parsed = parseGenerationInput({
    ...rest,
    ...(maxLength === undefined ? {} : { max_tokens: maxLength }),
  });
  if (parsed.ok) return { ok: true, value: { ...parsed.value, streams: stream } };
  const { message, detail } = parsed.failure;
  return maxLength !== undefined && detail?.['field'] === 'max_tokens'
    ? refuse('max_length', message.replace('max_tokens', 'max_length'))
    : parsed;
}

function refuse(field: string, message: string): Result<never> {
  return { ok: false, failure: failure('request/invalid-parameter', message, { field }) };
}
