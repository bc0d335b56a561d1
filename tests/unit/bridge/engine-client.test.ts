import { describe, expect, it, vi } from 'vitest';
import {
  EngineClient,
  MAX_WAITING,
  type EngineClientEvent,
  type EngineWorker,
} from '../../../src/bridge/engine-client.ts';
import type {
  EngineApi,
  EngineEvent,
  EngineOutcome,
  LoadOptions,
  LoadReport,
} from '../../../src/contracts/engine.ts';
import { failure, type Result } from '../../../src/contracts/failure.ts';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';

const engine = {
  modelId: 'm',
  modelName: 'M',
  source: 'pack',
  backend: 'wasm',
  precision: 'f32',
  threads: 1,
  adapter: null,
  reason: '',
  contextLength: 10,
  vocabularySize: 10,
  layers: 2,
  width: 8,
} as const;

const outcome: EngineOutcome = {
  text: 'ls',
  finishReason: 'stop',
  failure: null,
  seed: 1,
  tokens: { prompt: 3, promptCached: 1, generated: 2 },
  guard: { on: false, refusedTokens: 0, cutBack: false },
  tokenizedMs: 1,
  prefilledMs: 5,
  firstTokenMs: 6,
  lastTokenMs: 9,
  finishedMs: 10,
  tokenGapsMs: [3],
  engine,
};

const loaded = Promise.resolve({ ok: true, value: { engine } as LoadReport } as const);

/** Workers whose requests end when the test says so; their loads end as `loads` says, and then well. */
function setUp(loads: Promise<Result<LoadReport>>[] = []) {
  let nowMs = 1_000;
  const events: EngineClientEvent[] = [];
  const spawned: {
    crash: (message: string) => void;
    tell: (event: EngineEvent) => void;
    terminated: boolean;
  }[] = [];
  const running: {
    id: string;
    write: (text: string, generatedTokens: number) => void;
    end: (change?: Partial<EngineOutcome>) => void;
  }[] = [];
  const cancelled: string[] = [];
  const client = new EngineClient({
    now: () => nowMs,
    epochNow: () => 1_700_000_000_000,
    newId: (() => {
      let id = 0;
      return () => `id-${++id}`;
    })(),
    onEvent: (event) => events.push(event),
    spawn: (crash): EngineWorker => {
      const worker = { crash, tell: (_: EngineEvent): void => {}, terminated: false };
      spawned.push(worker);
      const api: Partial<EngineApi> = {
        load: (_options, _onProgress, onEvent) => {
          worker.tell = onEvent;
          return loads.shift() ?? loaded;
        },
        generate: (request, onToken) =>
          new Promise((resolve) => {
            running.push({
              id: request.id,
              write: (text, generatedTokens) => {
                onToken({ requestId: request.id, text, generatedTokens, elapsedMs: 1 });
              },
              end: (change = {}) => {
                resolve({ ...outcome, ...change });
              },
            });
          }),
        cancel: (id) => {
          cancelled.push(id);
          return Promise.resolve();
        },
      };
      return {
        api: api as never,
        terminate: () => {
          worker.terminated = true;
        },
      };
    },
  });
  const ask = (signal?: AbortSignal) =>
    client.generate(
      { prompt: 'p', parameters: DEFAULT_PARAMETERS },
      signal === undefined ? {} : { signal },
    );
  return {
    client,
    events,
    spawned,
    running,
    cancelled,
    ask,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

const OPTIONS = { source: { kind: 'pack', baseUrl: 'https://example.org/' } } as LoadOptions;
const load = (client: EngineClient) => client.load(OPTIONS);
const settle = () => new Promise((resolve) => setTimeout(resolve));

describe('the queue before the engine', () => {
  it('refuses requests before a model is loaded', async () => {
    const { ask } = setUp();
    expect(await ask()).toMatchObject({
      finishReason: 'error',
      failure: { code: 'engine/not-loaded' },
    });
  });

  it('runs one request at a time, in order, and counts times from acceptance', async () => {
    const { client, ask, running, advance } = setUp();
    await load(client);
    const first = ask();
    const second = ask();
    await settle();
    expect(running.map((job) => job.id)).toEqual(['id-1']);
    expect(client.waitingCount).toBe(1);
    advance(50);
    running[0]?.end();
    expect((await first).timestamps).toMatchObject({ startedMs: 0, finishedMs: 50 });
    await settle();
    advance(10);
    running[1]?.end();
    expect((await second).timestamps).toEqual({
      startedMs: 50,
      tokenizedMs: 51,
      prefilledMs: 55,
      firstTokenMs: 56,
      lastTokenMs: 59,
      finishedMs: 60,
    });
  });

  it('takes a waiting request out when it is cancelled', async () => {
    const { client, ask, running } = setUp();
    await load(client);
    void ask();
    const controller = new AbortController();
    const waiting = ask(controller.signal);
    controller.abort();
    expect(await waiting).toMatchObject({ finishReason: 'cancelled', failure: null });
    await settle();
    expect(running).toHaveLength(1);
  });

  it('passes a cancel of the running request on, and frees the slot when it has ended', async () => {
    const { client, ask, running, cancelled } = setUp();
    await load(client);
    const controller = new AbortController();
    const first = ask(controller.signal);
    const second = ask();
    await settle();
    controller.abort();
    expect(cancelled).toEqual(['id-1']);
    running[0]?.end({ finishReason: 'cancelled' });
    expect((await first).finishReason).toBe('cancelled');
    await settle();
    running[1]?.end();
    expect((await second).finishReason).toBe('stop');
  });

  it('refuses what would wait too long', async () => {
    const { client, ask } = setUp();
    await load(client);
    for (let index = 0; index <= MAX_WAITING; index++) void ask();
    expect((await ask()).failure?.code).toBe('request/queue-full');
  });
});

describe('a worker that dies', () => {
  it('fails the running request, loads again in a new worker and runs those that wait', async () => {
    const { client, ask, spawned, running, events } = setUp();
    await load(client);
    const first = ask();
    const second = ask();
    await settle();
    spawned[0]?.crash('killed');
    expect(await first).toMatchObject({
      finishReason: 'error',
      failure: { code: 'engine/worker-crashed' },
    });
    expect(spawned[0]?.terminated).toBe(true);
    await settle();
    expect(spawned).toHaveLength(2);
    expect(events.map((event) => event.kind)).toContain('recovered');
    running[1]?.end();
    expect((await second).finishReason).toBe('stop');
  });

  it('leaves what has arrived of the script', async () => {
    const { client, ask, spawned, running } = setUp();
    await load(client);
    const record = ask();
    await settle();
    running[0]?.write('ls', 1);
    running[0]?.write(' -l', 3);
    spawned[0]?.crash('killed');
    expect(await record).toMatchObject({
      finishReason: 'error',
      text: 'ls -l',
      tokens: { generated: 3 },
    });
  });

  it.each([
    ['on', 'pack', DEFAULT_PARAMETERS, true],
    ['off where it was not wanted', 'pack', { ...DEFAULT_PARAMETERS, guard: false }, false],
    ['off with a model that has none', 'hub', DEFAULT_PARAMETERS, false],
  ] as const)('leaves the guard %s', async (_, source, parameters, on) => {
    const report = { engine: { ...engine, source } } as LoadReport;
    const { client, spawned, running } = setUp([Promise.resolve({ ok: true, value: report })]);
    await load(client);
    const record = client.generate({ prompt: 'p', parameters });
    const waiting = client.generate({ prompt: 'p', parameters });
    await settle();
    running[0]?.write('ls', 1);
    spawned[0]?.crash('killed');
    expect((await record).guard).toEqual({ on, refusedTokens: 0, cutBack: false });
    client.dispose();
    expect((await waiting).guard.on).toBe(false);
  });

  it('is not being recovered where it had no model', async () => {
    const cancelled = { ok: false, failure: failure('model/load-cancelled') } as const;
    const { client, spawned, events } = setUp([Promise.resolve(cancelled)]);
    await load(client);
    spawned[0]?.crash('killed');
    await settle();
    expect(events.map((event) => event.kind)).toEqual([
      'queue',
      'worker-crashed',
      'queue',
      'recovery-failed',
    ]);
    expect(spawned).toHaveLength(1);
  });

  it('takes the load along that was in it, which tells it alone', async () => {
    const { client, spawned, events } = setUp([new Promise(() => {})]);
    const loading = load(client);
    await settle();
    spawned[0]?.crash('killed');
    expect(await loading).toMatchObject({ failure: { code: 'engine/worker-crashed' } });
    expect(events.map((event) => event.kind)).not.toContain('recovery-failed');
  });

  it('is given up after six deaths, and everything that waits fails', async () => {
    const { client, ask, spawned } = setUp();
    await load(client);
    const waiting = [ask(), ask()];
    for (let death = 0; death < 6; death++) {
      await settle();
      spawned.at(-1)?.crash('again');
    }
    const records = await Promise.all(waiting);
    expect(records.map((record) => record.failure?.code)).toEqual([
      'engine/worker-crashed',
      'engine/worker-crashed',
    ]);
    expect(spawned).toHaveLength(6);
  });

  it('is ended when it does not obey a cancel', async () => {
    vi.useFakeTimers();
    try {
      const { client, ask, spawned } = setUp();
      await load(client);
      const controller = new AbortController();
      const record = ask(controller.signal);
      await vi.advanceTimersByTimeAsync(1);
      controller.abort();
      await vi.advanceTimersByTimeAsync(15_000);
      expect((await record).failure?.code).toBe('engine/worker-crashed');
      expect(spawned[0]?.terminated).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a worker that is closed', () => {
  it('ends what runs and what waits as cancelled, with what has arrived, and is no crash', async () => {
    const { client, ask, spawned, running, events } = setUp();
    await load(client);
    const records = [ask(), ask()];
    await settle();
    running[0]?.write('ls', 1);
    client.dispose();
    expect(await Promise.all(records)).toMatchObject([
      { finishReason: 'cancelled', failure: null, text: 'ls', tokens: { generated: 1 } },
      { finishReason: 'cancelled', failure: null, text: '', tokens: { generated: 0 } },
    ]);
    expect(spawned[0]?.terminated).toBe(true);
    expect(client.engine).toBeNull();
    expect(client.restartCount).toBe(0);
    expect(new Set(events.map((event) => event.kind))).toEqual(new Set(['queue']));
  });

  it('ends the load as cancelled', async () => {
    const { client, spawned } = setUp([new Promise(() => {})]);
    const loading = load(client);
    await settle();
    client.dispose();
    expect(await loading).toMatchObject({ failure: { code: 'model/load-cancelled' } });
    await load(client);
    expect(spawned.map((worker) => worker.terminated)).toEqual([true, false]);
  });
});

describe('a load that fails', () => {
  const failed = { ok: false, failure: failure('engine/session-failed') } as const;
  const paused = { ok: false, failure: failure('model/load-cancelled') } as const;

  it('takes its worker along, so that the next one can succeed', async () => {
    const { client, spawned, events, ask, running } = setUp([Promise.resolve(failed)]);
    const loading = load(client);
    const waiting = ask();
    expect(await loading).toEqual(failed);
    expect((await waiting).failure?.code).toBe('engine/session-failed');
    expect(spawned[0]?.terminated).toBe(true);
    expect(await load(client)).toMatchObject({ ok: true });
    expect(spawned).toHaveLength(2);
    const record = ask();
    await settle();
    running[0]?.end();
    expect((await record).finishReason).toBe('stop');
    expect(client.restartCount).toBe(0);
    expect(events.map((event) => event.kind)).not.toContain('worker-crashed');
  });

  it('keeps its worker where it was only stopped', async () => {
    const { client, spawned } = setUp([Promise.resolve(paused)]);
    expect(await load(client)).toEqual(paused);
    await load(client);
    expect(spawned).toHaveLength(1);
    expect(spawned[0]?.terminated).toBe(false);
  });

  it('does not touch the one that has taken its place', async () => {
    let fail = (): void => {};
    const { client, spawned, ask, running } = setUp([
      new Promise((resolve) => (fail = () => resolve(failed))),
    ]);
    const first = load(client);
    const record = ask();
    const second = load(client);
    fail();
    expect(await first).toEqual(paused);
    expect(await second).toMatchObject({ ok: true });
    await settle();
    running[0]?.end();
    expect((await record).finishReason).toBe('stop');
    expect(spawned[0]?.terminated).toBe(false);
  });

  it('takes its worker along after a lost device too, with the request that waits in it', async () => {
    const { client, spawned, events, ask } = setUp();
    await load(client);
    const record = ask();
    await settle();
    const cause = failure('engine/session-failed');
    spawned[0]?.tell({ kind: 'recovery-failed', failure: cause });
    expect((await record).failure).toEqual(cause);
    expect(spawned[0]?.terminated).toBe(true);
    expect(events).toContainEqual({ kind: 'recovery-failed', failure: cause });
    await load(client);
    spawned[0]?.tell({ kind: 'recovery-failed', failure: cause });
    expect(client.engine).not.toBeNull();
  });
});

describe('a load that asks for other threads, another backend or another kind of model', () => {
  const loadWith = (client: EngineClient, change: Partial<LoadOptions>) =>
    client.load({ ...OPTIONS, threads: 1, backend: 'wasm', ...change });

  it('has a worker of its own, and only then', async () => {
    const { client, spawned } = setUp();
    await loadWith(client, {});
    await loadWith(client, { precision: 'int8' });
    expect(spawned).toHaveLength(1);
    await loadWith(client, { threads: 2 });
    expect(spawned.map((worker) => worker.terminated)).toEqual([true, false]);
    await loadWith(client, { threads: 2, backend: 'auto' });
    expect(spawned.map((worker) => worker.terminated)).toEqual([true, true, false]);
    const source = { kind: 'hub', repository: 'owner/model', host: null } as const;
    await loadWith(client, { threads: 2, backend: 'auto', source });
    expect(spawned.map((worker) => worker.terminated)).toEqual([true, true, true, false]);
    await loadWith(client, {
      threads: 2,
      backend: 'auto',
      source: { ...source, repository: 'owner/other' },
    });
    expect(spawned).toHaveLength(4);
    expect(client.restartCount).toBe(0);
  });

  it('lets the request that runs end with the text it has, and those that wait run after it', async () => {
    const { client, spawned, ask, running, cancelled } = setUp();
    await loadWith(client, {});
    const first = ask();
    const second = ask();
    await settle();
    const loading = loadWith(client, { threads: 2 });
    await settle();
    expect(cancelled).toEqual(['id-1']);
    expect(spawned[0]?.terminated).toBe(false);
    running[0]?.end({ finishReason: 'cancelled' });
    expect(await first).toMatchObject({ finishReason: 'cancelled', text: 'ls' });
    expect(await loading).toMatchObject({ ok: true });
    expect(spawned.map((worker) => worker.terminated)).toEqual([true, false]);
    await settle();
    running[1]?.end();
    expect((await second).finishReason).toBe('stop');
  });

  it('can be stopped before that request has ended', async () => {
    const { client, spawned, ask, running } = setUp();
    await loadWith(client, {});
    const record = ask();
    await settle();
    const loading = loadWith(client, { threads: 2 });
    client.cancelLoad();
    expect(await loading).toMatchObject({ failure: { code: 'model/load-cancelled' } });
    running[0]?.end({ finishReason: 'cancelled' });
    await record;
    await settle();
    expect(spawned).toHaveLength(1);
  });
});
