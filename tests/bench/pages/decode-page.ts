/** The page of `npm run bench:decode`: our engine and transformers.js, each in a worker of its own. */
import { wrap, type Remote } from 'comlink';
import { EngineClient } from '../../../src/bridge/engine-client.ts';
import { runtimeUrls } from '../../../src/bridge/runtime-urls.ts';
import { spawnEngine } from '../../../src/bridge/spawn-engine.ts';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';
import type { TransformersBench } from './transformers.worker.ts';

/** One generation as both sides report it. */
export interface Sample {
  readonly text: string;
  readonly generatedTokens: number;
  readonly ttftMs: number;
  readonly decodeTokensPerSecond: number;
}

export interface DecodeBench {
  loadOurs(options: { threads: number; baseUrl: string }): Promise<{ loadMs: number }>;
  runOurs(prompt: string, maxTokens: number): Promise<Sample>;
  loadTheirs(options: {
    threads: number;
    host: string;
    repository: string;
    dtype: string;
  }): Promise<{ loadMs: number }>;
  runTheirs(prompt: string, maxTokens: number): Promise<Sample>;
}

const client = new EngineClient({
  spawn: spawnEngine,
  now: () => performance.now(),
  epochNow: () => Date.now(),
  newId: () => crypto.randomUUID(),
  onEvent: () => {},
});

let theirs: Remote<TransformersBench> | null = null;

const bench: DecodeBench = {
  async loadOurs({ threads, baseUrl }) {
    const result = await client.load({
      source: { kind: 'pack', baseUrl },
      backend: 'wasm',
      precision: 'f32',
      threads,
      runtimeUrls: runtimeUrls(location.href),
    });
    if (!result.ok) throw new Error(result.failure.code);
    return { loadMs: result.value.totalMs };
  },
  async runOurs(prompt, maxTokens) {
    const record = await client.generate({
      prompt,
      parameters: {
        ...DEFAULT_PARAMETERS,
        temperature: 0,
        repetition_penalty: 1,
        guard: false,
        max_tokens: maxTokens,
      },
    });
    if (record.failure !== null) throw new Error(record.failure.code);
    const { firstTokenMs, lastTokenMs } = record.timestamps;
    const decodeMs = (lastTokenMs ?? 0) - (firstTokenMs ?? 0);
    return {
      text: record.text,
      generatedTokens: record.tokens.generated,
      ttftMs: firstTokenMs ?? 0,
      decodeTokensPerSecond: ((record.tokens.generated - 1) / decodeMs) * 1000,
    };
  },
  async loadTheirs(options) {
    const worker = new Worker(new URL('./transformers.worker.ts', import.meta.url), {
      type: 'module',
    });
    theirs = wrap<TransformersBench>(worker);
    return theirs.load(options);
  },
  async runTheirs(prompt, maxTokens) {
    if (theirs === null) throw new Error('not loaded');
    return theirs.run(prompt, maxTokens);
  },
};

Object.assign(globalThis, { bench });
