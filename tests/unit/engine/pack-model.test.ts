/** The decode loop, with a decoder that says what to write and the real recogniser. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FailureError, failure } from '../../../src/contracts/failure.ts';
import type { PromptTemplate } from '../../../src/contracts/model-manifest.ts';
import { IncrementalParser } from '../../../src/core/bash/incremental-parser.ts';
import { ParserModule } from '../../../src/core/bash/parser-module.ts';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';
import type { Decoder } from '../../../src/engine/pack/decoder.ts';
import { PackModel } from '../../../src/engine/pack/pack-model.ts';
import { ENGINE } from '../../fixtures/records.ts';

const module = ParserModule.compileNow(readFileSync('bash-parser/build/bash-parser.wasm'));

const TOKENS = ['prompt', 'ls', ' | ', '| wc'];
const prompt: PromptTemplate = {
  system: '',
  prefix: '',
  suffix: '',
  answerPrefix: '',
  scriptRequest: '',
  stopStrings: [],
  stopTokens: [],
};

/** Likes each of these tokens most in turn, the last one after it; then the device is lost. */
function decoderThatLikes(...liked: readonly number[]): Decoder {
  let runs = 0;
  return {
    capacity: 100,
    length: 0,
    maxTokensPerRun: 100,
    maxLogitRows: 1,
    kvCacheBytes: 0,
    run() {
      const token = liked[runs++];
      if (token === undefined) throw new FailureError(failure('engine/device-lost'));
      (this as { length: number }).length += 1;
      return Promise.resolve(Float32Array.from(TOKENS, (_, id) => (id === token ? 9 : -id)));
    },
    rollback: () => {},
    release: () => Promise.resolve(),
  };
}

it.each([
  ['what the guard did', true, { on: true, refusedTokens: 1, cutBack: false }],
  ['that it was off', false, { on: false, refusedTokens: 0, cutBack: false }],
])('a script that ends with a failure says %s', async (_, guard, report) => {
  const model = new PackModel({
    description: ENGINE,
    decoder: decoderThatLikes(1, 2, 3),
    tokenizer: {
      encodePrompt: () => [0],
      bytesOf: (token: number) => new TextEncoder().encode(TOKENS[token]),
    } as never,
    prompt,
    parser: new IncrementalParser(module),
    memory: () => ({ wasmBytes: null, kvCacheBytes: 0, gpuBufferBytes: 0, gpuBufferCount: 0 }),
    loseDevice: () => false,
  });
  const outcome = await model.generate(
    { id: 'id-1', prompt: 'list files', parameters: { ...DEFAULT_PARAMETERS, guard } },
    () => {},
    new AbortController().signal,
    performance.now(),
  );
  expect(outcome).toMatchObject({
    finishReason: 'error',
    failure: { code: 'engine/device-lost' },
    tokens: { generated: 3 },
  });
  expect(outcome.guard).toEqual(report);
});
