import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';
import { describeEarlyEnd } from '../../../src/ui/generate/describe-early-end.ts';
import { makeRecord } from '../../fixtures/records.ts';

const ended = (finishReason: 'length' | 'cancelled' | 'stop', generated: number) =>
  describeEarlyEnd(
    makeRecord({
      finishReason,
      parameters: { ...DEFAULT_PARAMETERS, max_tokens: 256 },
      tokens: { prompt: 3, promptCached: 0, generated },
    }),
  );

describe('why a script ended early', () => {
  it('is the limit of tokens only where so many were written', () => {
    expect(ended('length', 256)).toContain('max_tokens, 256');
    expect(ended('length', 255)).toContain('context is full');
    expect(ended('length', 255)).not.toContain('max_tokens');
  });

  it('is the reader, before the first token or later', () => {
    expect(ended('cancelled', 0)).toBe('Stopped before the first token.');
    expect(ended('cancelled', 1)).toContain('What was written until then');
  });

  it('is nothing where it ended by itself', () => {
    expect(ended('stop', 9)).toBeNull();
  });
});
