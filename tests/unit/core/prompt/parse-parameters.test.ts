import { describe, expect, it } from 'vitest';
import {
  DEFAULT_PARAMETERS,
  parseGenerationInput,
} from '../../../../src/core/prompt/parse-parameters.ts';

const parse = (change: object) => parseGenerationInput({ prompt: 'list files', ...change });

describe('parameters of a request', () => {
  it('fills in what is missing', () => {
    expect(parse({})).toEqual({
      ok: true,
      value: { prompt: 'list files', parameters: DEFAULT_PARAMETERS },
    });
  });

  it.each([
    { temperature: 0 },
    { temperature: 2 },
    { top_k: 0 },
    { top_k: 1000 },
    { top_p: 0.0001 },
    { top_p: 1 },
    { min_p: 1 },
    { repetition_penalty: 2 },
    { seed: 0 },
    { seed: 4294967295 },
    { seed: null },
    { max_tokens: 1 },
    { timeout_ms: 100 },
    { stop: ['a', 'b'] },
    { temperature: undefined },
  ])('accepts %j', (change) => {
    const result = parse(change);
    expect(result.ok).toBe(true);
  });

  it('takes a single stop text as a list of one', () => {
    const result = parse({ stop: 'EOF' });
    expect(result.ok && result.value.parameters.stop).toEqual(['EOF']);
  });

  it.each([
    ['temperature', { temperature: -0.1 }],
    ['temperature', { temperature: 2.1 }],
    ['temperature', { temperature: NaN }],
    ['temperature', { temperature: '1' }],
    ['top_k', { top_k: 1.5 }],
    ['top_k', { top_k: -1 }],
    ['top_p', { top_p: 0 }],
    ['top_p', { top_p: 1.01 }],
    ['min_p', { min_p: -1 }],
    ['repetition_penalty', { repetition_penalty: 0.9 }],
    ['seed', { seed: 4294967296 }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: Infinity }],
    ['timeout_ms', { timeout_ms: 1 }],
    ['stop', { stop: [''] }],
    ['stop', { stop: Array.from({ length: 9 }, () => 'x') }],
    ['stop', { stop: ['x'.repeat(65)] }],
    ['stop', { stop: 5 }],
    ['maxTokens', { maxTokens: 5 }],
    ['__proto__', JSON.parse('{"__proto__": 1}') as object],
    ['constructor', { constructor: 1 }],
    ['prompt', { prompt: '' }],
    ['prompt', { prompt: ' \n' }],
    ['prompt', { prompt: 7 }],
    ['prompt', { prompt: 'x'.repeat(200_001) }],
  ])('refuses, naming %s: %j', (field, change) => {
    const input = Object.assign(Object.create(null) as object, { prompt: 'p' });
    for (const [key, value] of Object.entries(change)) {
      Object.defineProperty(input, key, { value: value as unknown, enumerable: true });
    }
    const result = parseGenerationInput(input);
    expect(result.ok ? null : result.failure.code).toBe('request/invalid-parameter');
    expect(result.ok ? null : result.failure.detail?.['field']).toBe(field);
    expect(result.ok ? '' : result.failure.message).toContain(`\`${field}\``);
  });

  it.each([null, undefined, 'text', 5, []])('refuses %j as a request', (input) => {
    expect(parseGenerationInput(input).ok).toBe(false);
  });
});
