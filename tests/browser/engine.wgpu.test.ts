/**
 * The real model on WebGPU, emulated by SwiftShader in tests: slow, but the same code and results as on hardware.
 * Few tokens each.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine, mustLoad, parameters } from './support/engine.ts';

const { client, events } = createEngine();
afterAll(() => client.dispose());

const write = (max_tokens: number) =>
  client.generate({
    prompt: 'find all files over 100 MB in /var/log and sort them by size',
    parameters: parameters({ max_tokens }),
  });

describe('WebGPU', () => {
  it('writes, in fp32 where the adapter has no shader-f16', async () => {
    const report = await mustLoad(client, { backend: 'webgpu' });
    expect(report.engine).toMatchObject({ backend: 'webgpu', precision: 'f32', threads: 1 });
    expect(report.engine.adapter).toMatch(/swiftshader/i);
    const record = await write(3);
    expect(record).toMatchObject({ failure: null, finishReason: 'length' });
  }, 600_000);

  it('keeps keys and values on the device, and makes no buffers per request', async () => {
    const before = await client.memory();
    await write(2);
    const after = await client.memory();
    // 30 layers of keys and values, 3 heads x 2,048 slots x 64 channels in fp32
    expect(after?.kvCacheBytes).toBe(2 * 30 * 3 * 2048 * 64 * 4);
    expect(after?.gpuBufferCount).toBeLessThanOrEqual((before?.gpuBufferCount ?? 0) * 1.05);
  }, 600_000);

  it('survives the loss of its device: one failed request, then the next works', async () => {
    const lost = write(50);
    setTimeout(() => void client.loseDevice(), 500);
    expect(await lost).toMatchObject({
      finishReason: 'error',
      failure: { code: 'engine/device-lost' },
      engine: { backend: 'webgpu' },
    });
    const record = await write(1);
    expect(record).toMatchObject({ failure: null, engine: { backend: 'webgpu' } });
    expect(events.map((event) => event.kind)).toContain('recovered');
  }, 600_000);

  it('falls back to WASM when it is lost again', async () => {
    expect(await client.loseDevice()).toBe(true);
    await expect.poll(() => client.engine?.backend, { timeout: 120_000 }).toBe('wasm');
    const record = await write(2);
    expect(record).toMatchObject({ failure: null, engine: { backend: 'wasm' } });
  }, 600_000);
});

describe('choosing a backend', () => {
  it('prefers WASM to a graphics adapter that is emulated, and says so', async () => {
    const other = createEngine();
    const report = await mustLoad(other.client, { backend: 'auto' });
    expect(report.engine.backend).toBe('wasm');
    expect(report.engine.reason).toMatch(/emulated/);
    other.client.dispose();
  }, 300_000);

  it('refuses fp16 on an adapter without it', async () => {
    const other = createEngine();
    await expect(mustLoad(other.client, { backend: 'webgpu', precision: 'f16' })).rejects.toThrow(
      'engine/backend-unavailable',
    );
    other.client.dispose();
  }, 60_000);
});
