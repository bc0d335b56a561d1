/**
 * Models of the Hugging Face hub, in the real worker with the real library, from a local server that lays out files as
 * the hub does (tests/fixtures/hub/).
 */
import { proxy } from 'comlink';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { runtimeUrls } from '../../src/bridge/runtime-urls.ts';
import { spawnEngine } from '../../src/bridge/spawn-engine.ts';
import type { EngineWorker } from '../../src/bridge/engine-client.ts';
import type {
  EngineEvent,
  EngineOutcome,
  LoadOptions,
  LoadProgress,
  LoadReport,
  TokenEvent,
} from '../../src/contracts/engine.ts';
import type { Failure, Result } from '../../src/contracts/failure.ts';
import type { GenerationParameters } from '../../src/contracts/generation.ts';
import { DEFAULT_PARAMETERS } from '../../src/core/prompt/parse-parameters.ts';
import type { ServedRequest } from '../fixtures/hub/hub-server.ts';
import { SCRIPT_TEXT } from '../fixtures/hub/tiny-model.ts';

let worker: EngineWorker;
let events: EngineEvent[] = [];

beforeAll(start);
afterAll(() => worker.terminate());

/** A worker without anything in it; what was cached stays. */
function start(): void {
  worker = spawnEngine((message) => {
    throw new Error(message);
  });
}

function restart(): void {
  worker.terminate();
  start();
}

interface TestLoad extends Partial<LoadOptions> {
  readonly onProgress?: (progress: LoadProgress) => void;
}

function load(repository: string, options: TestLoad = {}): Promise<Result<LoadReport>> {
  const { onProgress, ...rest } = options;
  events = [];
  return worker.api.load(
    {
      source: { kind: 'hub', repository: `test/${repository}`, host: inject('hubUrl') },
      backend: 'wasm',
      precision: null,
      threads: 1,
      runtimeUrls: runtimeUrls(location.href),
      ...rest,
    },
    proxy(onProgress ?? (() => undefined)),
    proxy((event) => events.push(event)),
  );
}

async function loaded(repository: string, options: TestLoad = {}): Promise<LoadReport> {
  const result = await load(repository, options);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

async function refusal(repository: string, options: TestLoad = {}): Promise<Failure> {
  const result = await load(repository, options);
  if (result.ok) throw new Error('the model was loaded');
  return result.failure;
}

function generate(
  parameters: Partial<GenerationParameters> = {},
  prompt = 'find large logs',
  onToken: (event: TokenEvent) => void = () => undefined,
): Promise<EngineOutcome> {
  const all = { ...DEFAULT_PARAMETERS, repetition_penalty: 1, ...parameters };
  return worker.api.generate({ id: 'request', prompt, parameters: all }, proxy(onToken));
}

/** The text of the events. Each callback has a port of its own, so that the last one may come after the outcome. */
function written(events: readonly TokenEvent[]): string {
  return events
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}

/** What came over the network for a repository, without the probes for one byte. */
async function downloads(repository: string): Promise<readonly ServedRequest[]> {
  const response = await fetch(new URL('requests', inject('hubUrl')));
  const served = (await response.json()) as readonly ServedRequest[];
  return served.filter(
    (request) => request.repository === `test/${repository}` && request.range !== 'bytes=0-0',
  );
}

describe('loading', () => {
  test('tells every phase and every byte, and describes what runs', async () => {
    const progress: LoadProgress[] = [];
    const report = await loaded('script', { onProgress: (event) => progress.push(event) });
    expect([...new Set(progress.map(({ phase }) => phase))]).toEqual([
      'checking',
      'downloading',
      'compiling',
      'warming-up',
    ]);
    const last = progress.at(-1);
    expect(last?.totalBytes).toBeGreaterThan(400_000);
    expect(last?.loadedBytes).toBe(last?.totalBytes);
    expect(last?.downloadedBytes).toBe(last?.totalBytes);
    const bytes = progress.map(({ loadedBytes }) => loadedBytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    expect(report).toMatchObject({
      source: 'network',
      storage: 'library',
      bytes: last?.totalBytes,
      engine: {
        modelId: 'test/script',
        source: 'hub',
        backend: 'wasm',
        precision: 'q8',
        threads: 1,
        adapter: null,
        reason: 'You chose WASM.',
        contextLength: 512,
      },
    });
  });

  test('takes what is on the device, also without a connection', async () => {
    await loaded('script.kept');
    const before = await downloads('script.kept');
    await fetch(new URL('cut-off?repository=test/script.kept', inject('hubUrl')));
    restart();
    const report = await loaded('script.kept');
    expect(report.source).toBe('cache');
    expect(await downloads('script.kept')).toEqual(before);
    expect((await generate()).text).toBe(SCRIPT_TEXT);
  });

  test('resumes a download that broke off, where it broke off', async () => {
    const report = await loaded('drops-once');
    expect(report.source).toBe('network');
    const parts = (await downloads('drops-once')).filter(({ path }) => path.endsWith('.onnx'));
    expect(parts.map(({ status }) => status)).toEqual([200, 206]);
    expect(Number(/bytes=(\d+)-/.exec(parts[1]?.range ?? '')?.[1])).toBeGreaterThan(100_000);
    expect((await generate()).text).toBe(SCRIPT_TEXT);
  });

  test.each(['external-data', 'announced-data'])(
    'finds weights beside the graph: %s',
    async (name) => {
      const report = await loaded(name);
      const progress = (await downloads(name)).map(({ path }) => path);
      expect(progress).toContain('onnx/model_quantized.onnx_data');
      expect(report.bytes).toBeGreaterThan(400_000);
      expect((await generate()).text).toBe(SCRIPT_TEXT);
    },
  );

  test('runs the variant that there is', async () => {
    expect((await loaded('only-fp32')).engine.precision).toBe('fp32');
    expect((await refusal('only-fp32', { precision: 'int8' })).code).toBe('model/unsupported');
    const onWebgpu = await refusal('only-int8', { backend: 'webgpu' });
    expect(onWebgpu.code).toBe('model/unsupported');
  });

  test('stops when it is cancelled, and loads anew afterwards', async () => {
    const failure = await refusal('slow', {
      onProgress: ({ loadedBytes, phase }) => {
        if (phase === 'downloading' && loadedBytes > 20_000) void worker.api.cancelLoad();
      },
    });
    expect(failure.code).toBe('model/load-cancelled');
    expect((await loaded('slow')).source).not.toBe('cache');
  });

  test.each([
    ['nobody', 'model/not-found'],
    ['..%2F..', 'model/not-found'],
    ['bert', 'model/unsupported'],
    ['unheard', 'model/unsupported'],
    ['no-onnx', 'model/unsupported'],
    ['no-tokenizer', 'model/unsupported'],
    ['bad-config', 'model/unsupported'],
    ['bad-tokenizer', 'tokenizer/invalid'],
    ['damaged', 'engine/session-failed'],
    ['lies-about-size', 'engine/out-of-memory'],
    ['broken', 'model/download-failed'],
    ['drops-always', 'model/download-failed'],
  ])('says what is wrong with %s: %s', async (repository, code) => {
    expect((await refusal(repository)).code).toBe(code);
  });

  test('is not spoilt by a model that could not be loaded before', async () => {
    expect((await refusal('damaged')).code).toBe('engine/session-failed');
    await loaded('script');
    expect((await generate()).text).toBe(SCRIPT_TEXT);
  });
});

describe('generating', () => {
  beforeAll(async () => {
    await loaded('script');
  });

  test('writes the script up to the closing fence, and tells when', async () => {
    const tokens: TokenEvent[] = [];
    const outcome = await generate({}, 'find large logs', (event) => tokens.push(event));
    expect(outcome).toMatchObject({ text: SCRIPT_TEXT, finishReason: 'stop', failure: null });
    await expect.poll(() => written(tokens)).toBe(SCRIPT_TEXT);
    expect(await worker.api.countTokens('find large logs')).toEqual({
      ok: true,
      value: outcome.tokens.prompt,
    });
    const times = [
      outcome.tokenizedMs,
      outcome.prefilledMs,
      outcome.firstTokenMs,
      outcome.lastTokenMs,
      outcome.finishedMs,
    ];
    expect(times).not.toContain(null);
    expect(times).toEqual(times.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    expect(outcome.tokenGapsMs).toHaveLength(outcome.tokens.generated - 1);
  });

  test('continues a script', async () => {
    expect((await generate({}, '#!/bin/bash\n')).text).toBe(SCRIPT_TEXT);
  });

  test('stops at a stop string, and never shows its beginning', async () => {
    const tokens: TokenEvent[] = [];
    const parameters = { stop: ['f -size +1'] };
    const outcome = await generate(parameters, 'find', (event) => tokens.push(event));
    expect(outcome).toMatchObject({ text: 'find /var/log -type', finishReason: 'stop' });
    await expect.poll(() => written(tokens)).toBe(outcome.text);
  });

  test('stops at the limit', async () => {
    const outcome = await generate({ max_tokens: 3 });
    expect(outcome).toMatchObject({ text: 'find /var/log -type f', finishReason: 'length' });
    expect(outcome.tokens.generated).toBe(3);
  });

  test('refuses a prompt that is too long, with both lengths', async () => {
    const outcome = await generate({}, 'x'.repeat(600));
    expect(outcome.finishReason).toBe('error');
    expect(outcome.failure?.code).toBe('request/prompt-too-long');
    expect(outcome.failure?.detail).toEqual({
      promptTokens: outcome.tokens.prompt,
      contextTokens: 512,
    });
  });

  test('asks a model without a chat template through the beginning of a script', async () => {
    await loaded('base');
    const outcome = await generate();
    expect(outcome.text).toMatch(/^find \/var\/log/);
    expect(outcome.tokens.prompt).toBe('#!/bin/bash\n# find large logs\n'.length);
  });
});

describe('a model that never stops', () => {
  beforeAll(async () => {
    await loaded('ramble');
  });

  test('is stopped by a cancel, and writes again afterwards', async () => {
    let seen = 0;
    const outcome = await generate({ max_tokens: 450 }, 'find', ({ generatedTokens }) => {
      if (seen === 0) void worker.api.cancel('request');
      seen = generatedTokens;
    });
    expect(outcome.finishReason).toBe('cancelled');
    expect(outcome.tokens.generated).toBeLessThan(300);
    expect(outcome.text).toMatch(/^find/);
    expect((await generate({ max_tokens: 4 })).text).toMatch(/^find \/var\/log/);
  });

  test('is stopped by its time', async () => {
    const outcome = await generate({ max_tokens: 450, timeout_ms: 500 });
    expect(outcome.finishReason).toBe('timeout');
    expect(outcome.tokens.generated).toBeGreaterThan(1);
  });

  test('is stopped by the end of the context', async () => {
    const outcome = await generate({ max_tokens: 4000 });
    expect(outcome.finishReason).toBe('length');
    expect(outcome.tokens.prompt + outcome.tokens.generated).toBe(512);
  });
});

describe('sampling', () => {
  const warm = { temperature: 1.5, top_k: 0, top_p: 1, max_tokens: 24 };

  beforeAll(async () => {
    await loaded('unsure');
  });

  test('writes the same text for the same seed, and another for another', async () => {
    const first = await generate({ ...warm, seed: 1 });
    expect((await generate({ ...warm, seed: 1 })).text).toBe(first.text);
    expect((await generate({ ...warm, seed: 2 })).text).not.toBe(first.text);
  });

  test('picks a seed where none is given, and says which', async () => {
    const first = await generate(warm);
    expect(first.seed).not.toBeNull();
    expect((await generate({ ...warm, seed: first.seed })).text).toBe(first.text);
  });

  test('keeps to the likeliest tokens as top_p, min_p and top_k say', async () => {
    const greedy = (await generate({ max_tokens: 24 })).text;
    expect((await generate({ ...warm, seed: 1 })).text).not.toBe(greedy);
    expect((await generate({ ...warm, seed: 1, top_p: 0.01 })).text).toBe(greedy);
    expect((await generate({ ...warm, seed: 1, min_p: 1 })).text).toBe(greedy);
    expect((await generate({ ...warm, seed: 1, top_k: 1 })).text).toBe(greedy);
  });
});

/** Emulated graphics compile slowly on a busy machine. */
describe('WebGPU', { timeout: 180_000 }, () => {
  test('writes the same text as WASM, and is not chosen on emulated graphics', async () => {
    const report = await loaded('script', { backend: 'webgpu' });
    expect(report.engine).toMatchObject({
      backend: 'webgpu',
      reason: 'You chose WebGPU.',
      threads: 1,
    });
    expect(report.engine.adapter).not.toBeNull();
    expect((await generate()).text).toBe(SCRIPT_TEXT);
    const automatic = await loaded('script', { backend: 'auto' });
    expect(automatic.engine.backend).toBe('wasm');
  });

  test('goes on after the device is lost', async () => {
    await loaded('ramble', { backend: 'webgpu' });
    let isLost = false;
    const outcome = await generate({ max_tokens: 450 }, 'find', () => {
      if (!isLost) void worker.api.loseDevice();
      isLost = true;
    });
    expect(outcome.failure?.code).toBe('engine/device-lost');
    expect(outcome.text).toMatch(/^find/);
    expect((await generate({ max_tokens: 4 })).text).toMatch(/^find \/var\/log/);
    expect(events.map(({ kind }) => kind)).toEqual(['device-lost', 'recovered']);
  });

  test('frees what it held', async () => {
    await loaded('script', { backend: 'webgpu' });
    for (let round = 0; round < 2; round++) await generate({ max_tokens: 4 });
    const before = await worker.api.memory();
    for (let round = 0; round < 8; round++) await generate({ max_tokens: 4 });
    const after = await worker.api.memory();
    expect(after.kvCacheBytes).toBe(0);
    expect(after.gpuBufferCount).toBe(before.gpuBufferCount);
    expect(after.gpuBufferBytes).toBe(before.gpuBufferBytes);
    expect(after.wasmBytes).toBe(before.wasmBytes);
  });
});

test('a released model leaves no memory behind', async () => {
  const wasmBytes: (number | null)[] = [];
  for (let round = 0; round < 5; round++) {
    await loaded('script');
    await generate();
    wasmBytes.push((await worker.api.memory()).wasmBytes);
    await worker.api.unload();
  }
  expect(wasmBytes[0]).not.toBeNull();
  expect(wasmBytes.at(-1)).toBe(wasmBytes[0]);
  expect((await generate()).failure?.code).toBe('engine/not-loaded');
});
