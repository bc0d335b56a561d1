import { expect, test } from 'vitest';

test('tests run cross-origin isolated, as the app does, so that WASM threads work', () => {
  expect(crossOriginIsolated).toBe(true);
  expect(new SharedArrayBuffer(8).byteLength).toBe(8);
});

test('tests have a WebGPU adapter, on the CPU where there is no GPU', async () => {
  const adapter = await navigator.gpu.requestAdapter();
  expect(adapter).not.toBeNull();
});
