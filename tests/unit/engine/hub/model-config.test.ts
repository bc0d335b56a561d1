import { expect, test } from 'vitest';
import {
  contextLength,
  endTokens,
  hiddenWidth,
  layerCount,
  vocabularySize,
} from '../../../../src/engine/hub/model-config.ts';

test.each([
  ['of today', { max_position_embeddings: 4096 }, 8192, 4096],
  ['of GPT-2', { n_positions: 1024 }, 1024, 1024],
  ['of MPT', { max_seq_len: 512 }, null, 512],
  ['that sees too', { text_config: { max_position_embeddings: 300 } }, 999, 300],
  ['that leaves it to its tokenizer', {}, 77, 77],
  ['with a tokenizer without limit', {}, 1e30, 2048],
  ['that says nonsense', { max_position_embeddings: 'many', n_ctx: -1 }, undefined, 2048],
])('reads the context length of a model %s', (_name, config, tokenizerLimit, expected) => {
  expect(contextLength(config, tokenizerLimit)).toBe(expected);
});

test('gathers the tokens that end a text from wherever they are named', () => {
  expect(endTokens({ eos_token_id: 2 }, { eos_token_id: [2, 7] })).toEqual([2, 7]);
  expect(endTokens({ text_config: { eos_token_id: 5 } }, null)).toEqual([5]);
  expect(endTokens({ eos_token_id: null }, { eos_token_id: 'end' })).toEqual([]);
});

test('finds how many layers there are and how wide they are, under any of their names', () => {
  expect(layerCount({ num_hidden_layers: 30 })).toBe(30);
  expect(layerCount({ text_config: { n_layer: 12 } })).toBe(12);
  expect(hiddenWidth({ hidden_size: 576 })).toBe(576);
  expect(hiddenWidth({ n_embd: 'wide', d_model: 512 })).toBe(512);
  expect([layerCount({}), hiddenWidth({})]).toEqual([null, null]);
});

test('says null where the size of the vocabulary is not told', () => {
  expect(vocabularySize({ vocab_size: 320 })).toBe(320);
  expect(vocabularySize({})).toBeNull();
});
