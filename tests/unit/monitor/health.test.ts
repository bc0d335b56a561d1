import { describe, expect, it } from 'vitest';
import { failure, type Failure } from '../../../src/contracts/failure.ts';
import type { RollupDelta } from '../../../src/contracts/rollup.ts';
import type { ParsedRequest } from '../../../src/core/prompt/parse-parameters.ts';
import {
  DEEP_INTERVAL_MS,
  DEEP_LIMIT_MS,
  Health,
  type HealthEngine,
} from '../../../src/monitor/health.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { ENGINE } from '../../fixtures/records.ts';

const TOKENS = { prompt: 3, promptCached: 0, generated: 4 };

interface Probe {
  readonly input: ParsedRequest;
  readonly signal: AbortSignal;
  start(): void;
  end(outcome?: { failure?: Failure; generated?: number }): void;
}

function setUp(change: Partial<HealthEngine> = {}) {
  const host = new FakeHost();
  host.nowMs = 5_000;
  const engine: { -readonly [Key in keyof HealthEngine]: HealthEngine[Key] } = {
    state: { kind: 'ready' },
    engine: ENGINE,
    loadedAtEpochMs: 1_700_000_001_000,
    ...change,
  };
  const probes: Probe[] = [];
  const deltas: RollupDelta[] = [];
  const health = new Health({
    engine,
    client: {
      generate: (input, { signal, onStart }) =>
        new Promise((resolve) => {
          const end: Probe['end'] = ({ failure: cause, generated = 4 } = {}) =>
            resolve({ failure: cause ?? null, tokens: { ...TOKENS, generated } });
          signal.addEventListener('abort', () => end({ generated: 0 }));
          probes.push({ input, signal, start: onStart, end });
        }),
    },
    store: {
      add: (added) => {
        deltas.push(...added);
        return Promise.resolve({ ok: true, value: undefined });
      },
    },
    readEnvironment: () =>
      Promise.resolve({
        storage: { usedBytes: 10, quotaBytes: 100, isPersistent: true },
        serviceWorker: 'active',
        isCrossOriginIsolated: true,
      }),
    versions: { app: '1', onnxRuntime: '2', userAgent: '3' },
    startedAtEpochMs: host.epochNow(),
    startedAtMs: host.now(),
    now: () => host.now(),
    epochNow: () => host.epochNow(),
    after: (ms, callback) => host.after(ms, callback),
  });
  const counted = (): string[] => deltas.flatMap(({ counters }) => counters.map(([key]) => key));
  return { health, host, engine, probes, deltas, counted };
}

describe('a shallow check', () => {
  it('tells what runs, on what and since when, and infers nothing', async () => {
    const { health, host, probes, deltas } = setUp();
    host.pass(2_500);
    expect(await health.check()).toEqual({
      status: 'healthy',
      failure: null,
      modelLoaded: true,
      modelId: 'tiny',
      backend: 'wasm',
      device: 'WASM, 2 threads',
      loadedAtEpochMs: 1_700_000_001_000,
      startedAtEpochMs: 1_700_000_005_000,
      uptimeSeconds: 2.5,
      atEpochMs: 1_700_000_007_500,
      deep: null,
    });
    expect(probes).toEqual([]);
    expect(deltas).toMatchObject([
      {
        atEpochMs: host.epochNow(),
        counters: [['health_checks_total{kind="shallow",result="healthy"}', 1]],
      },
    ]);
  });

  it('is counted once for each that asked', async () => {
    const { health, deltas } = setUp();
    await health.check({ askers: 3 });
    expect(deltas).toMatchObject([
      { counters: [['health_checks_total{kind="shallow",result="healthy"}', 3]] },
    ]);
  });

  it.each([
    ['idle', { kind: 'idle' }, 'engine/not-loaded'],
    ['loading', { kind: 'loading' }, 'engine/not-loaded'],
    ['paused', { kind: 'paused' }, 'engine/not-loaded'],
    ['recovering', { kind: 'recovering', cause: 'device-lost' }, 'engine/device-lost'],
    ['failed', { kind: 'failed', failure: failure('model/offline') }, 'model/offline'],
  ] as const)('is never healthy while the engine is %s', async (_, state, code) => {
    const { health } = setUp({ state, engine: null, loadedAtEpochMs: null });
    expect(await health.check()).toMatchObject({
      status: 'unhealthy',
      failure: { code },
      modelLoaded: false,
      device: null,
      loadedAtEpochMs: null,
    });
  });
});

describe('a deep check', () => {
  it('infers a few tokens past the recorder, and measures how long that took', async () => {
    const { health, host, probes, counted } = setUp();
    const report = health.check({ deep: true });
    expect(probes[0]?.input.parameters).toMatchObject({ max_tokens: 4, temperature: 0 });
    host.pass(120);
    probes[0]?.end();
    expect(await report).toMatchObject({
      status: 'healthy',
      deep: {
        inferenceMs: 120,
        generatedTokens: 4,
        ageMs: 0,
        storage: { usedBytes: 10, quotaBytes: 100, isPersistent: true },
        serviceWorker: 'active',
        isCrossOriginIsolated: true,
        versions: { app: '1', onnxRuntime: '2', userAgent: '3' },
      },
    });
    expect(counted()).toEqual(['health_checks_total{kind="deep",result="healthy"}']);
    expect(host.timerCount).toBe(0);
  });

  it('is shared by callers that come in meanwhile, and its result by those of the next 30 s', async () => {
    const { health, host, probes, deltas } = setUp();
    const reports = [health.check({ deep: true }), health.check({ deep: true, askers: 3 })];
    probes[0]?.end();
    await Promise.all(reports);
    host.pass(DEEP_INTERVAL_MS - 1);
    expect((await health.check({ deep: true })).deep?.ageMs).toBe(DEEP_INTERVAL_MS - 1);
    expect(probes).toHaveLength(1);
    expect(deltas.flatMap(({ counters }) => counters)).toEqual([
      ['health_checks_total{kind="deep",result="healthy"}', 1],
      ['health_checks_total{kind="deep",result="healthy"}', 3],
      ['health_checks_total{kind="deep",result="throttled"}', 1],
    ]);
    host.pass(1);
    void health.check({ deep: true });
    expect(probes).toHaveLength(2);
  });

  it('infers anew when the model was loaded anew', async () => {
    const { health, engine, probes } = setUp();
    const first = health.check({ deep: true });
    probes[0]?.end();
    await first;
    engine.loadedAtEpochMs = 1_700_000_099_000;
    void health.check({ deep: true });
    expect(probes).toHaveLength(2);
  });

  it('infers nothing and is not healthy while no model is loaded', async () => {
    const { health, probes, counted } = setUp({ state: { kind: 'idle' }, engine: null });
    expect(await health.check({ deep: true })).toMatchObject({
      status: 'unhealthy',
      failure: { code: 'engine/not-loaded' },
      deep: { inferenceMs: null, serviceWorker: 'active' },
    });
    expect(probes).toEqual([]);
    expect(counted()).toEqual(['health_checks_total{kind="deep",result="unhealthy"}']);
  });

  it('is not healthy where the model is lost between an inference and the next check', async () => {
    const { health, engine, probes } = setUp();
    const first = health.check({ deep: true });
    probes[0]?.end();
    await first;
    engine.engine = null;
    engine.state = { kind: 'recovering', cause: 'worker-crashed' };
    expect(await health.check({ deep: true })).toMatchObject({
      status: 'unhealthy',
      failure: { code: 'engine/worker-crashed' },
      deep: { inferenceMs: null },
    });
  });

  it('tells why an inference failed', async () => {
    const { health, probes, counted } = setUp();
    const report = health.check({ deep: true });
    probes[0]?.end({ failure: failure('engine/out-of-memory'), generated: 0 });
    expect(await report).toMatchObject({
      status: 'unhealthy',
      failure: { code: 'engine/out-of-memory' },
      modelLoaded: true,
    });
    expect(counted()).toEqual(['health_checks_total{kind="deep",result="unhealthy"}']);
  });

  it('is not healthy where the model writes nothing', async () => {
    const { health, probes } = setUp();
    const report = health.check({ deep: true });
    probes[0]?.end({ generated: 0 });
    expect((await report).failure?.message).toBe('The model wrote nothing.');
  });

  it('ends after its time limit, and tells whether the model hung or was busy', async () => {
    const busy = setUp();
    const waiting = busy.health.check({ deep: true });
    busy.host.pass(DEEP_LIMIT_MS);
    expect((await waiting).failure).toMatchObject({
      code: 'engine/inference-failed',
      message: 'The model was busy with other requests for 30 s.',
    });
    const hanging = setUp();
    const started = hanging.health.check({ deep: true });
    hanging.probes[0]?.start();
    hanging.host.pass(DEEP_LIMIT_MS);
    expect((await started).failure?.message).toBe('The model gave no answer within 30 s.');
  });
});
