/** On WebGPU too, greedy tokens are those of the Python reference, through padded prefill and captured decode. */
import { describe, expect, it } from 'vitest';
import { greedyTokens, loadDecoder } from './support/decoder.ts';
import { referenceCases } from './support/reference.ts';

describe('WebGPU beside the reference', () => {
  it('gives the same 16 greedy tokens for 3 prompts', async () => {
    const decoder = await loadDecoder('webgpu-f32');
    for (const { prompt, ids, tokens } of (await referenceCases()).slice(0, 3)) {
      expect(await greedyTokens(decoder, ids, 16), prompt).toEqual(tokens.slice(0, 16));
    }
    await decoder.release();
  }, 1_200_000);
});
