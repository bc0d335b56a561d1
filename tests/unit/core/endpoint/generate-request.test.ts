import { describe, expect, it } from 'vitest';
import { parseGenerateRequest } from '../../../../src/core/endpoint/generate-request.ts';
import { DEFAULT_PARAMETERS } from '../../../../src/core/prompt/parse-parameters.ts';

const parse = (change: object) => parseGenerateRequest({ prompt: 'list files', ...change });

/** Of a refusal: which field, and what is said of it. */
function refusal(body: unknown): { field: unknown; message: string } | null {
  const parsed = parseGenerateRequest(body);
  if (parsed.ok) return null;
  const { code, message, detail } = parsed.failure;
  expect(code).toBe('request/invalid-parameter');
  return { field: detail?.['field'], message };
}

describe('the body of POST generate', () => {
  it('fills in what is missing, and does not stream unless asked', () => {
    expect(parse({})).toEqual({
      ok: true,
      value: { prompt: 'list files', parameters: DEFAULT_PARAMETERS, streams: false },
    });
    expect(parse({ stream: true })).toMatchObject({ value: { streams: true } });
  });

  it.each(['max_length', 'max_tokens'])('takes %s for how much to write', (field) => {
    expect(parse({ [field]: 7 })).toMatchObject({ value: { parameters: { max_tokens: 7 } } });
  });

  it.each([null, 'list files', 7, true, [{ prompt: 'list files' }]])('refuses %j', (body) => {
    expect(refusal(body)?.field).toBe('prompt');
  });

  it.each([
    ['prompt', { prompt: undefined }],
    ['prompt', { prompt: ' \n' }],
    ['stream', { stream: 'true' }],
    ['stream', { stream: null }],
    ['max_length', { max_length: 0 }],
    ['max_length', { max_length: null }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['max_length', { max_length: 5, max_tokens: 5 }],
    ['temperature', { temperature: 2.1 }],
    ['top_k', { top_k: -1 }],
    ['top_p', { max_length: 5, top_p: 0 }],
    ['n', { n: 2 }],
  ])('names %s in %j', (field, change) => {
    const refused = refusal({ prompt: 'list files', ...change });
    expect(refused?.field).toBe(field);
    expect(refused?.message).toContain(`\`${field}\``);
  });

  it('speaks of the field that was given, not of its other name', () => {
    expect(refusal({ prompt: 'list files', max_length: 0 })?.message).not.toContain('max_tokens');
  });

  it('says nothing of the content', () => {
    const refused = refusal({ prompt: 'canary-7f3a', temperature: 'canary-7f3a' });
    expect(refused?.message).not.toContain('canary');
  });
});
