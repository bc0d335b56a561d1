/** The port is right: on WASM, logits and greedy tokens are those of the Python reference on the same weights. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from '../../src/engine/pack/decoder.ts';
import { greedyTokens, loadDecoder, readPrompt } from './support/decoder.ts';
import { referenceCases, referenceLogits, type ReferenceCase } from './support/reference.ts';

let cases: readonly ReferenceCase[];
let logits: Float32Array[];

beforeAll(async () => {
  cases = await referenceCases();
  logits = await referenceLogits();
});

describe('WASM fp32 beside the reference', () => {
  let decoder: Decoder;
  beforeAll(async () => {
    decoder = await loadDecoder('wasm-f32');
  }, 120_000);
  afterAll(() => decoder.release());

  it('gives logits within 1e-3', async () => {
    expect(logits).toHaveLength(4);
    for (const [index, expected] of logits.entries()) {
      const measured = await readPrompt(decoder, cases[index]?.ids ?? []);
      let largest = 0;
      expected.forEach((logit, id) => {
        largest = Math.max(largest, Math.abs(logit - (measured[id] ?? NaN)));
      });
      expect(largest).toBeLessThan(1e-3);
    }
  }, 60_000);

  it('gives the same 64 greedy tokens for 20 prompts', async () => {
    expect(cases).toHaveLength(20);
    for (const { prompt, ids, tokens } of cases) {
      expect(tokens).toHaveLength(64);
      expect(await greedyTokens(decoder, ids, 64), prompt).toEqual(tokens);
    }
  }, 600_000);

  it('gives the same logits however the tokens are fed and the cache is cut back', async () => {
    const ids = cases[0]?.ids ?? [];
    const whole = (await readPrompt(decoder, ids)).slice();
    decoder.rollback(0);
    await decoder.run(ids.slice(0, 5), 1);
    await decoder.run([1, 2, 3], 1);
    decoder.rollback(5);
    let last = new Float32Array(0);
    for (const id of ids.slice(5)) last = (await decoder.run([id], 1)).slice();
    last.forEach((logit, id) => expect(Math.abs(logit - (whole[id] ?? NaN))).toBeLessThan(1e-3));
  }, 120_000);
});

describe('WASM int8, for devices with little memory', () => {
  it('stays close: the cosine with the reference is above 0.98', async () => {
    const decoder = await loadDecoder('wasm-int8');
    for (const [index, expected] of logits.entries()) {
      const measured = await readPrompt(decoder, cases[index]?.ids ?? []);
      let dot = 0;
      let ours = 0;
      let theirs = 0;
      expected.forEach((logit, id) => {
        const other = measured[id] ?? NaN;
        dot += logit * other;
        ours += other * other;
        theirs += logit * logit;
      });
      expect(dot / Math.sqrt(ours * theirs)).toBeGreaterThan(0.98);
    }
    await decoder.release();
  }, 120_000);
});
