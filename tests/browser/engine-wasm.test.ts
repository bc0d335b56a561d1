/** The real model in a real worker on WASM: what a request can ask for, and how it can end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerationRecord } from '../../src/contracts/generation.ts';
import type { LoadProgress, LoadReport, TokenEvent } from '../../src/contracts/engine.ts';
import { runtimeUrls } from '../../src/bridge/runtime-urls.ts';
import { createEngine, loadOptions, mustLoad, parameters } from './support/engine.ts';

const { client, events } = createEngine();
/** Its answer is long enough to be stopped. */
const LONG_TASK =
  '#!/bin/bash\n# back up every directory of /home to /backup, with the date in the name\n';
let report: LoadReport;
const progress: LoadProgress[] = [];

const write = (
  change: Parameters<typeof parameters>[0] = {},
  hooks: Parameters<typeof client.generate>[1] = {},
  prompt = 'list all files modified today',
): Promise<GenerationRecord> =>
  client.generate({ prompt, parameters: parameters({ max_tokens: 12, ...change }) }, hooks);

beforeAll(async () => {
  const result = await client.load(loadOptions(), (step) => progress.push(step));
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  report = result.value;
}, 240_000);

afterAll(() => client.dispose());

describe('loading on WASM', () => {
  it('says what runs, and why', () => {
    expect(report.engine).toMatchObject({
      source: 'pack',
      backend: 'wasm',
      precision: 'f32',
      threads: Math.min(8, navigator.hardwareConcurrency),
      adapter: null,
      contextLength: 2048,
    });
    expect(report.engine.reason).toMatch(/WASM/);
    expect(report.storage).toBe('opfs');
  });

  it('tells progress by phase and by bytes, which only grow to the total', () => {
    expect([...new Set(progress.map((step) => step.phase))]).toEqual([
      'checking',
      report.source === 'network' ? 'downloading' : 'verifying',
      'expanding',
      'compiling',
      'warming-up',
    ]);
    const loaded = progress.map((step) => step.loadedBytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(loaded.at(-1)).toBe(progress.at(-1)?.totalBytes);
    expect(report.phaseMs.compiling).toBeGreaterThan(0);
  });
});

describe('a request', () => {
  it('streams its text, and the record holds the same text, counts and times', async () => {
    const streamed: TokenEvent[] = [];
    const record = await write({}, { onToken: (event) => streamed.push(event) });
    expect(record.failure).toBeNull();
    expect(['stop', 'length']).toContain(record.finishReason);
    expect(record.text).not.toBe('');
    expect(
      streamed
        .map((event) => event.text)
        .join('')
        .trimEnd(),
    ).toBe(record.text);
    expect(streamed.at(-1)?.generatedTokens).toBe(record.tokens.generated);
    expect(record.tokenGapsMs).toHaveLength(record.tokens.generated - 1);
    const { startedMs, tokenizedMs, prefilledMs, firstTokenMs, lastTokenMs, finishedMs } =
      record.timestamps;
    const times = [startedMs, tokenizedMs, prefilledMs, firstTokenMs, lastTokenMs, finishedMs];
    expect(times).not.toContain(null);
    expect(times).toEqual((times as number[]).toSorted((a, b) => a - b));
  });

  it('gives the same text again when greedy, also after another prompt has used the cache', async () => {
    const first = await write();
    await write({}, {}, 'show disk usage');
    expect((await write()).text).toBe(first.text);
  });

  it('reuses what the prompt has in common with the one before', async () => {
    await write();
    const again = await write();
    expect(again.tokens.promptCached).toBe(again.tokens.prompt - 1);
  });

  it('gives the same text for the same seed, and says which seed it took', async () => {
    const sampled = { temperature: 1.2, top_k: 0, top_p: 1 };
    const first = await write({ ...sampled, seed: 7 });
    expect((await write({ ...sampled, seed: 7 })).text).toBe(first.text);
    expect((await write({ ...sampled, seed: 8 })).text).not.toBe(first.text);
    const unseeded = await write({ ...sampled, seed: null });
    expect((await write({ ...sampled, seed: unseeded.seed })).text).toBe(unseeded.text);
  });

  it('ends at max_tokens', async () => {
    const record = await write({ max_tokens: 3, stop: [] });
    expect(record).toMatchObject({ finishReason: 'length', tokens: { generated: 3 } });
  });

  it('ends at a stop string, which is cut off', async () => {
    const whole = await write({ max_tokens: 8 });
    const stop = whole.text.slice(3, 6);
    const record = await write({ max_tokens: 8, stop: [stop] });
    expect(record.finishReason).toBe('stop');
    expect(record.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)).trimEnd());
  });

  it('ends at its timeout, with the text so far', async () => {
    const record = await write({ max_tokens: 1_000, timeout_ms: 100 }, {}, LONG_TASK);
    expect(record.finishReason).toBe('timeout');
    expect(record.tokens.generated).toBeGreaterThan(0);
  });

  it('ends within one token when cancelled, and frees the slot', async () => {
    const controller = new AbortController();
    let seenAtCancel = 0;
    const record = await write(
      { max_tokens: 500 },
      {
        signal: controller.signal,
        onToken: (event) => {
          if (event.generatedTokens >= 2 && seenAtCancel === 0) {
            seenAtCancel = event.generatedTokens;
            controller.abort();
          }
        },
      },
      LONG_TASK,
    );
    expect(record.finishReason).toBe('cancelled');
    // The event can lag by what was gathered for one message, and the cancel by one token.
    expect(record.tokens.generated - seenAtCancel).toBeLessThanOrEqual(8);
    expect((await write()).failure).toBeNull();
  });

  it('waits its turn behind another', async () => {
    const order: string[] = [];
    const [first, second] = await Promise.all([
      write().then((record) => (order.push('first'), record)),
      write().then((record) => (order.push('second'), record)),
    ]);
    expect(order).toEqual(['first', 'second']);
    expect(second.timestamps.startedMs).toBeGreaterThanOrEqual(first.timestamps.finishedMs - 50);
  });

  it('is refused with both lengths when it is longer than the model can read', async () => {
    const record = await write({}, {}, 'list files '.repeat(1_500));
    expect(record).toMatchObject({
      finishReason: 'error',
      failure: { code: 'request/prompt-too-long', detail: { contextTokens: 2048 } },
    });
    expect(record.failure?.detail?.['promptTokens']).toBeGreaterThan(2048);
  });

  it('treats control tokens in a prompt as text', async () => {
    const plain = await client.countTokens('x');
    const nasty = await client.countTokens('x<|im_end|>');
    expect(plain.ok && nasty.ok && nasty.value - plain.value).toBeGreaterThan(1);
  });

  it('continues the beginning of a script', async () => {
    const record = await write({ max_tokens: 16 }, {}, '#!/bin/bash\n# print the date\n');
    expect(record.failure).toBeNull();
    expect(record.text).not.toMatch(/^#!/);
  });
});

describe('many requests', () => {
  it('leave nothing behind: memory after 300 is what it was after ten, within 5 %', async () => {
    const heapBytes = (): number =>
      (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize;
    const measure = async (): Promise<{ wasm: number; kv: number; gpu: number; heap: number }> => {
      const memory = await client.memory();
      return {
        wasm: memory?.wasmBytes ?? 0,
        kv: memory?.kvCacheBytes ?? 0,
        gpu: memory?.gpuBufferCount ?? 0,
        heap: heapBytes(),
      };
    };
    let early = await measure();
    for (let request = 0; request < 300; request++) {
      await write({ max_tokens: 3 }, {}, `list file ${request % 7}`);
      if (request === 9) early = await measure();
    }
    const late = await measure();
    expect(late.wasm).toBeLessThanOrEqual(early.wasm * 1.05);
    expect(late.kv).toBe(early.kv);
    expect(late.gpu).toBe(0);
    // Without a forced collection the heap is a saw-tooth; a leak of one record a request would still show.
    expect(late.heap).toBeLessThanOrEqual(early.heap * 1.05 + 8_000_000);
  }, 600_000);
});

describe('the worker', () => {
  it('loads after its runtime could not be fetched', async () => {
    const other = createEngine();
    const urls = runtimeUrls(location.href);
    const missing = new URL('/no-such-runtime.mjs', location.href).href;
    const broken = { ...urls, wasm: { ...urls.wasm, mjs: missing } };
    const failed = await other.client.load(loadOptions({ runtimeUrls: broken }));
    expect(failed).toMatchObject({ ok: false, failure: { code: 'engine/session-failed' } });
    await mustLoad(other.client);
    other.client.dispose();
  }, 240_000);

  it('is started anew when it dies, and the next request works', async () => {
    const dying = write({ max_tokens: 200 }, {}, LONG_TASK);
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.crashWorker();
    expect((await dying).failure?.code).toBe('engine/worker-crashed');
    await expect
      .poll(() => events.some((event) => event.kind === 'recovered'), { timeout: 120_000 })
      .toBe(true);
    expect((await write()).failure).toBeNull();
  }, 180_000);
});
