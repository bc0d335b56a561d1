/** Loading our own model here instead of in a worker, where a test can get at the graphics device and at the garbage. */
import { cdp } from 'vitest/browser';
import { afterEach, expect, test, vi } from 'vitest';
import { FailureError, failure } from '../../src/contracts/failure.ts';
import type { LoadOptions } from '../../src/contracts/engine.ts';
import { loadPackModel, type LoadedPackModel } from '../../src/engine/pack/load-pack-model.ts';
import { WebgpuDecoder } from '../../src/engine/pack/webgpu-decoder.ts';
import { loadOptions, MODEL_URL } from './support/engine.ts';

afterEach(() => vi.restoreAllMocks());

async function load(change: Partial<LoadOptions>): Promise<LoadedPackModel> {
  const source = { kind: 'pack', baseUrl: MODEL_URL } as const;
  const result = await loadPackModel(
    { ...loadOptions({ precision: 'f32', ...change }), source },
    {
      onProgress: () => {},
      onEvent: () => {},
      signal: new AbortController().signal,
      isRecovery: false,
    },
  );
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

test('a driver that refuses the model at its first run leaves it to WASM, where the choice is automatic', async () => {
  vi.spyOn(GPUAdapterInfo.prototype, 'isFallbackAdapter', 'get').mockReturnValue(false);
  const refused = new FailureError(failure('engine/inference-failed'));
  vi.spyOn(WebgpuDecoder.prototype, 'run').mockRejectedValue(refused);
  const release = vi.spyOn(WebgpuDecoder.prototype, 'release');
  const { model, report } = await load({ backend: 'auto' });
  expect(report.engine).toMatchObject({ backend: 'wasm', precision: 'f32' });
  expect(report.engine.reason).toBe('WebGPU could not run this model here.');
  expect(report.runtimeBuild).toBe('wasm');
  expect(release).toHaveBeenCalledOnce();
  await model.release();
}, 600_000);

test('a model that is loaded keeps none of its files in memory', async () => {
  const files: WeakRef<object>[] = [];
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, 'digest').mockImplementation((algorithm, file) => {
    files.push(new WeakRef(file));
    return digest(algorithm, file);
  });
  const { model } = await load({ backend: 'wasm' });
  expect(files.length).toBeGreaterThan(5);
  vi.restoreAllMocks();
  await expect
    .poll(async () => {
      await cdp().send('HeapProfiler.collectGarbage');
      return files.filter((file) => file.deref() !== undefined).length;
    })
    .toBe(0);
  expect(model.countTokens('list files')).toMatchObject({ ok: true });
  await model.release();
}, 300_000);
