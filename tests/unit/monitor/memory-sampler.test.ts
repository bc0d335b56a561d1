import { describe, expect, test } from 'vitest';
import type { EngineMemory } from '../../../src/contracts/engine.ts';
import { MemorySampler, type MemorySamplerOptions } from '../../../src/monitor/memory-sampler.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';

const GIB = 2 ** 30;
const engineBytes = (wasmBytes: number | null): EngineMemory => ({
  wasmBytes,
  kvCacheBytes: 0,
  gpuBufferBytes: 0,
  gpuBufferCount: 0,
});

function setUp(change: Partial<MemorySamplerOptions> = {}) {
  const host = new FakeHost();
  const store = new MemoryMonitor();
  const sampler = new MemorySampler({
    store,
    epochNow: () => host.epochNow(),
    after: (ms, callback) => host.after(ms, callback),
    isVisible: () => true,
    heap: () => null,
    engineMemory: () => Promise.resolve(null),
    estimateStorage: () => Promise.resolve(null),
    ...change,
  });
  const gauges = async (): Promise<Readonly<Record<string, number>>> => {
    const rows = await store.rollups({ resolution: 'total', fromMs: 0, toMs: 1 });
    const row = rows.ok ? rows.value[0] : undefined;
    return Object.fromEntries(
      Object.entries(row?.gauges ?? {}).map(([name, { max }]) => [name, max]),
    );
  };
  return { sampler, host, gauges };
}

describe('a sample', () => {
  test('has the fuller of both heaps, and the storage', async () => {
    const { sampler, gauges } = setUp({
      heap: () => ({ usedBytes: 100, limitBytes: 1_000 }),
      engineMemory: () => Promise.resolve(engineBytes(GIB)),
      estimateStorage: () => Promise.resolve({ usedBytes: 30, quotaBytes: 100 }),
    });
    await sampler.sample();
    expect(await gauges()).toEqual({
      active_generation_requests: 0,
      memory_used_ratio: 0.25,
      storage_used_ratio: 0.3,
    });
  });

  test.each([
    ['no model is there', { heap: () => ({ usedBytes: 1, limitBytes: 2 }) }, 0.5],
    [
      'the browser tells of WASM only',
      { engineMemory: () => Promise.resolve(engineBytes(GIB)) },
      0.25,
    ],
    [
      'the browser tells nothing',
      { engineMemory: () => Promise.resolve(engineBytes(null)) },
      undefined,
    ],
  ] as const)('tells what is known where %s', async (_, change, ratio) => {
    const { sampler, gauges } = setUp(change);
    await sampler.sample();
    expect((await gauges())['memory_used_ratio']).toBe(ratio);
  });

  test('is not taken while the page is hidden', async () => {
    const { sampler, gauges } = setUp({ isVisible: () => false });
    await sampler.sample();
    expect(await gauges()).toEqual({});
  });

  test('does not wait for a worker that died', async () => {
    const { sampler, host, gauges } = setUp({
      heap: () => ({ usedBytes: 1, limitBytes: 2 }),
      engineMemory: () => new Promise(() => {}),
    });
    const sampled = sampler.sample();
    await sampler.sample();
    host.pass(5_000);
    await sampled;
    expect(await gauges()).toMatchObject({ memory_used_ratio: 0.5 });
  });

  test('is left out where something cannot be read', async () => {
    const { sampler, gauges } = setUp({ estimateStorage: () => Promise.reject(new Error('no')) });
    await sampler.sample();
    expect(await gauges()).toEqual({});
  });
});
