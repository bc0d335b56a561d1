import { describe, expect, test, vi } from 'vitest';
import type { GenerateHooks, GenerateInput } from '../../../src/bridge/engine-client.ts';
import { failure, FailureError } from '../../../src/contracts/failure.ts';
import type { GenerationRecord } from '../../../src/contracts/generation.ts';
import type { EngineState, LoadChoice } from '../../../src/state/engine-status.svelte.ts';
import type { MetricsSnapshot } from '../../../src/core/metrics/snapshot-shape.ts';
import type { ExportMetrics } from '../../../src/monitor/metrics-export.ts';
import type { PageTools } from '../../../src/monitor/page-tools.ts';
import { Requests } from '../../../src/state/requests.ts';
import {
  createScriptingApi,
  GenerationError,
  type ScriptingRequest,
} from '../../../src/state/scripting-api.ts';
import { ENGINE, makeRecord } from '../../fixtures/records.ts';

function setUp(state: EngineState = { kind: 'ready' }) {
  const inputs: GenerateInput[] = [];
  const next: { record: GenerationRecord; hooks: GenerateHooks } = {
    record: makeRecord(),
    hooks: {},
  };
  const engine = {
    state,
    engine: state.kind === 'ready' ? ENGINE : null,
    waitingCount: 2,
    ensureLoaded: vi.fn(() => Promise.resolve()),
    load: vi.fn((_: LoadChoice) => Promise.resolve({ ok: true, value: { totalMs: 5 } } as unknown)),
  };
  const added: GenerationRecord[] = [];
  const refused: { code: string; prompt: string; isValid: boolean }[] = [];
  const requests = new Requests({
    client: {
      generate: (input, hooks) => {
        inputs.push(input);
        next.hooks = hooks ?? {};
        return Promise.resolve(next.record);
      },
    },
    engine: engine as never,
    history: {
      add: (record: GenerationRecord) => {
        added.push(record);
        return Promise.resolve();
      },
    } as never,
    syntax: {
      ensureLoaded: () => Promise.resolve(),
      judge: ({ failure: cause, syntax }) =>
        Promise.resolve(cause === null ? { result: 'invalid', line: 3 } : syntax),
    },
    findDangers: () => Promise.resolve([]),
    recorder: () => ({
      accept: () => {},
      end: () => {},
      refuse: ({ code }, { prompt, parameters }) => {
        refused.push({ code, prompt, isValid: parameters !== null });
      },
    }),
    now: () => 0,
    after: () => () => {},
  });
  const tools = {
    checkHealth: vi.fn((query?: { deep?: boolean }) => Promise.resolve({ asked: query } as never)),
    exportMetrics: vi.fn<ExportMetrics>(() =>
      Promise.resolve({
        ok: true,
        value: { fileName: 'm.json', text: '{}\n', recordCount: 0, omittedRecordCount: 0 },
      }),
    ),
    metrics: vi.fn<PageTools['metrics']>(() =>
      Promise.resolve({ ok: true, value: { schemaVersion: 1 } as MetricsSnapshot }),
    ),
    records: vi.fn<PageTools['records']>(() => Promise.resolve({ ok: true, value: [] })),
  };
  const api = createScriptingApi({
    version: '1.2.3',
    requests,
    engine: engine as never,
    packUrl: (id) => `https://example.org/models/${id}/`,
    loadTools: () => Promise.resolve(tools),
    testing: null,
  });
  return { api, engine, inputs, next, added, refused, tools };
}

async function failureOf(promise: Promise<unknown>): Promise<FailureError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FailureError)) throw new Error('it did not fail as it should');
  return error;
}

describe('window.shellwright.generate', () => {
  test('resolves to the record, which is in the history like any other', async () => {
    const { api, inputs, added } = setUp();
    const record = await api.generate({ prompt: 'ls', temperature: 0.5, stop: '\n\n' });
    expect(record.text).toBe('ls\n');
    expect(record.syntax).toEqual({ result: 'invalid', line: 3 });
    expect(added).toEqual([record]);
    expect(inputs[0]?.parameters).toMatchObject({ temperature: 0.5, stop: ['\n\n'], top_k: 40 });
  });

  test.each(['stop', 'length', 'cancelled', 'timeout'] as const)(
    'resolves where it ended with %s',
    async (finishReason) => {
      const { api, next } = setUp();
      next.record = makeRecord({ finishReason });
      expect((await api.generate({ prompt: 'ls' })).finishReason).toBe(finishReason);
    },
  );

  test('rejects with the code, the failure and the record where it failed', async () => {
    const { api, next, added } = setUp();
    const cause = failure('request/prompt-too-long', undefined, { tokens: 3_000, context: 2_048 });
    next.record = makeRecord({ finishReason: 'error', failure: cause });
    const error = await failureOf(api.generate({ prompt: 'ls' }));
    expect(error).toBeInstanceOf(GenerationError);
    expect(error).toMatchObject({ code: cause.code, failure: cause, record: next.record });
    expect(added).toHaveLength(1);
  });

  test.each([
    ['temperature', { prompt: 'ls', temperature: -1 }],
    ['top_k', { prompt: 'ls', top_k: 1.5 }],
    ['max_tokens', { prompt: 'ls', max_tokens: 0 }],
    ['stop', { prompt: 'ls', stop: [''] }],
    ['prompt', { prompt: '  ' }],
    ['prompt', {}],
    ['prompt', undefined],
    ['maxTokens', { prompt: 'ls', maxTokens: 5 }],
  ])(
    'refuses a bad %s by its name, has it counted, and asks nothing of the engine',
    async (field, request) => {
      const { api, inputs, refused } = setUp();
      const error = await failureOf(api.generate(request as ScriptingRequest));
      expect(error.code).toBe('request/invalid-parameter');
      expect(error.failure.detail?.['field']).toBe(field);
      expect(inputs).toHaveLength(0);
      const prompt = (request as Partial<ScriptingRequest> | undefined)?.prompt ?? '';
      expect(refused).toEqual([{ code: error.code, prompt, isValid: false }]);
    },
  );

  test('hands its signal and its listener on', async () => {
    const { api, next } = setUp();
    const { signal } = new AbortController();
    const onToken = vi.fn();
    await api.generate({ prompt: 'ls', signal, onToken });
    expect(next.hooks).toMatchObject({ signal, onToken });
  });

  test.each([
    ['idle', 1],
    ['paused', 1],
    ['ready', 0],
    ['recovering', 0],
  ] as const)('while the engine is %s, starts a load %d times', async (kind, times) => {
    const { api, engine } = setUp({ kind, cause: 'device-lost' });
    await api.generate({ prompt: 'ls' });
    expect(engine.ensureLoaded).toHaveBeenCalledTimes(times);
  });

  test('says at once that this browser cannot', async () => {
    const cause = failure('engine/unsupported-browser');
    const { api, inputs, refused } = setUp({ kind: 'unsupported', failure: cause });
    expect((await failureOf(api.generate({ prompt: 'ls' }))).code).toBe(cause.code);
    expect(inputs).toHaveLength(0);
    expect(refused).toEqual([{ code: cause.code, prompt: 'ls', isValid: true }]);
  });
});

describe('window.shellwright.engine', () => {
  test('describes what runs', () => {
    expect(setUp().api.engine()).toEqual({ ...ENGINE, state: 'ready', failure: null, waiting: 2 });
  });

  test('has nulls while nothing runs, and says what went wrong', () => {
    const cause = failure('model/not-found');
    expect(setUp({ kind: 'failed', failure: cause }).api.engine()).toMatchObject({
      state: 'failed',
      failure: cause,
      backend: null,
      modelId: null,
    });
  });
});

describe('window.shellwright.load', () => {
  test('takes a model of this site, or a repository of the hub', async () => {
    const { api, engine } = setUp();
    await api.load({ model: 'tiny', backend: 'wasm', threads: 1 });
    expect(engine.load).toHaveBeenLastCalledWith({
      source: { kind: 'pack', baseUrl: 'https://example.org/models/tiny/' },
      backend: 'wasm',
      threads: 1,
    });
    await api.load({ model: 'owner/model', host: 'http://localhost:1/', precision: 'int8' });
    expect(engine.load).toHaveBeenLastCalledWith({
      source: { kind: 'hub', repository: 'owner/model', host: 'http://localhost:1/' },
      precision: 'int8',
    });
  });

  test.each([
    ['backend', { backend: 'cuda' }],
    ['precision', { precision: 'q4' }],
    ['threads', { threads: 0 }],
    ['model', { model: '../secret' }],
    ['model', { model: 'https://example.org/a' }],
  ])('refuses a bad %s by its name', async (field, options) => {
    const { api, engine } = setUp();
    const error = await failureOf(api.load(options as never));
    expect(error.failure.detail?.['field']).toBe(field);
    expect(engine.load).not.toHaveBeenCalled();
  });

  test('rejects with the failure', async () => {
    const { api, engine } = setUp();
    const cause = failure('model/offline');
    engine.load.mockResolvedValueOnce({ ok: false, failure: cause });
    expect((await failureOf(api.load())).code).toBe('model/offline');
  });
});

describe('what window.shellwright tells of monitoring', () => {
  test('health, shallow unless a deep check is asked for', async () => {
    const { api } = setUp();
    expect(await api.health()).toEqual({ asked: { deep: false } });
    expect(await api.health({ deep: true })).toEqual({ asked: { deep: true } });
  });

  test('every metric as it stands', async () => {
    expect(await setUp().api.metrics()).toEqual({ schemaVersion: 1 });
  });

  test('records since a moment or a Date, at most so many', async () => {
    const { api, tools } = setUp();
    await api.records();
    expect(tools.records).toHaveBeenLastCalledWith({ sinceEpochMs: 0, limit: 100 });
    await api.records({ since: new Date(5_000), limit: 7 });
    expect(tools.records).toHaveBeenLastCalledWith({ sinceEpochMs: 5_000, limit: 7 });
  });

  test.each([
    ['since', { since: 'yesterday' }],
    ['limit', { limit: 0 }],
    ['limit', { limit: 1.5 }],
    ['limit', { limit: 10_001 }],
  ])('refuses a bad %s by its name', async (field, query) => {
    const { api, tools } = setUp();
    const error = await failureOf(api.records(query as never));
    expect(error.failure.detail?.['field']).toBe(field);
    expect(tools.records).not.toHaveBeenCalled();
  });

  test('the export, without records and content unless they are asked for', async () => {
    const { api, tools } = setUp();
    expect(await api.exportMetrics()).toBe('{}\n');
    expect(tools.exportMetrics).toHaveBeenLastCalledWith({ records: false, content: false });
    await api.exportMetrics({ records: true });
    expect(tools.exportMetrics).toHaveBeenLastCalledWith({ records: true, content: false });
  });

  test('rejects as the store fails', async () => {
    const { api, tools } = setUp();
    const cause = failure('store/unavailable');
    tools.exportMetrics.mockResolvedValueOnce({ ok: false, failure: cause });
    tools.records.mockResolvedValueOnce({ ok: false, failure: cause });
    tools.metrics.mockResolvedValueOnce({ ok: false, failure: cause });
    expect((await failureOf(api.metrics())).code).toBe('store/unavailable');
    expect((await failureOf(api.exportMetrics())).code).toBe('store/unavailable');
    expect((await failureOf(api.records())).code).toBe('store/unavailable');
  });
});

test('the tools for tests are there only where the page was asked for them', () => {
  expect(setUp().api.testing).toBeUndefined();
});
