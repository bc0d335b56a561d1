import { flushSync } from 'svelte';
import { afterEach, expect, test } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import type { DeepHealth, HealthQuery, HealthReport } from '../../../src/contracts/health.ts';
import type { EngineState } from '../../../src/state/engine-status.svelte.ts';
import { HealthCheck } from '../../../src/state/health-check.svelte.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { waitFor } from '../support/wait-for.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const DEEP: DeepHealth = {
  inferenceMs: 210,
  generatedTokens: 4,
  ageMs: 0,
  storage: null,
  serviceWorker: 'active',
  isCrossOriginIsolated: true,
  versions: { app: '1', onnxRuntime: '1', userAgent: 'x' },
};

const HEALTHY: HealthReport = {
  status: 'healthy',
  failure: null,
  modelLoaded: true,
  modelId: 'tiny',
  backend: 'wasm',
  device: 'WASM, 2 threads',
  loadedAtEpochMs: 1,
  startedAtEpochMs: 0,
  uptimeSeconds: 5,
  atEpochMs: 2,
  deep: null,
};

const FAILED: HealthReport = {
  ...HEALTHY,
  status: 'unhealthy',
  failure: failure('engine/inference-failed'),
  deep: DEEP,
};

class FakeEngine {
  state = $state.raw<EngineState>({ kind: 'ready' });
}

async function setUp(answer: (query: HealthQuery) => HealthReport) {
  const host = new FakeHost();
  const engine = new FakeEngine();
  const asked: HealthQuery[] = [];
  const health = new HealthCheck({
    check: (query = {}) => {
      asked.push(query);
      return Promise.resolve(query).then(answer);
    },
    engine,
    host,
  });
  stops.push(health.start());
  flushSync();
  await waitFor(() => expect(health.report).not.toBeNull());
  return { host, engine, health, asked };
}

test('is looked at at once, and again when the model comes or goes', async () => {
  let isLoaded = true;
  const { engine, health, asked } = await setUp(() =>
    isLoaded
      ? HEALTHY
      : {
          ...HEALTHY,
          status: 'unhealthy',
          modelLoaded: false,
          failure: failure('engine/not-loaded'),
        },
  );
  expect(health.report?.status).toBe('healthy');
  isLoaded = false;
  engine.state = { kind: 'idle' };
  flushSync();
  await waitFor(() => expect(health.report?.failure?.code).toBe('engine/not-loaded'));
  expect(asked).toEqual([{}, {}]);
});

test('counts the time of the page, the age of a result, and the time until the next one', async () => {
  const { host, health } = await setUp(({ deep = false }) =>
    deep ? { ...HEALTHY, deep: { ...DEEP, ageMs: 4_000 } } : HEALTHY,
  );
  host.pass(3_000);
  expect(health.uptimeMs).toBe(8_000);
  expect(health.nextInMs).toBe(0);
  await health.checkDeep();
  host.pass(6_000);
  expect([health.deepAgeMs, health.nextInMs]).toEqual([10_000, 20_000]);
  host.pass(60_000);
  expect(health.nextInMs).toBe(0);
});

test('does not take back what a failed inference said, until the model is another', async () => {
  let loadedAtEpochMs = 1;
  const { engine, health } = await setUp(({ deep = false }) =>
    deep ? FAILED : { ...HEALTHY, loadedAtEpochMs },
  );
  await health.checkDeep();
  expect(health.report?.failure?.code).toBe('engine/inference-failed');
  engine.state = { kind: 'loading', progress: null };
  flushSync();
  await Promise.resolve();
  expect(health.report?.status).toBe('unhealthy');
  loadedAtEpochMs = 2;
  engine.state = { kind: 'ready' };
  flushSync();
  await waitFor(() => expect(health.report?.status).toBe('healthy'));
  expect(health.deep).toBeNull();
});

test('a check that cannot be fetched is said, and can be tried again', async () => {
  let isOnline = true;
  const { health } = await setUp(() => {
    if (!isOnline) throw new Error('offline');
    return HEALTHY;
  });
  isOnline = false;
  await health.checkDeep();
  expect(health.isRunning).toBe(false);
  expect(health.failure?.message).toBe('This part of the page could not be loaded.');
  expect(health.report?.status).toBe('healthy');
  isOnline = true;
  await health.check();
  expect(health.failure).toBeNull();
});
