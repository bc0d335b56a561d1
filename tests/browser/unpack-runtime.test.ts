import { afterEach, expect, test, vi } from 'vitest';
import { unpackedWasmUrl } from '../../src/engine/unpack-runtime.ts';

/** The smallest module: magic number and version. */
const emptyModule = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

function gzipped(bytes: Uint8Array<ArrayBuffer>): ReadableStream {
  return new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
}

afterEach(() => {
  vi.restoreAllMocks();
});

test('leaves alone what is not packed, and fetches nothing', async () => {
  const fetch = vi.spyOn(globalThis, 'fetch');
  expect(await unpackedWasmUrl('https://example.test/ort.wasm')).toBe(
    'https://example.test/ort.wasm',
  );
  expect(fetch).not.toHaveBeenCalled();
});

test('unpacks once into something that the browser compiles as it arrives', async () => {
  const packedUrl = 'https://example.test/once.wasm-packed';
  const network = vi
    .spyOn(globalThis, 'fetch')
    .mockResolvedValueOnce(new Response(gzipped(emptyModule)));

  const [url, again] = await Promise.all([unpackedWasmUrl(packedUrl), unpackedWasmUrl(packedUrl)]);

  expect(network).toHaveBeenCalledTimes(1);
  expect(again).toBe(url);
  network.mockRestore();
  await expect(WebAssembly.compileStreaming(fetch(url))).resolves.toBeInstanceOf(
    WebAssembly.Module,
  );
});

test('takes what a server has unpacked already', async () => {
  const network = vi.spyOn(globalThis, 'fetch').mockResolvedValueOnce(new Response(emptyModule));
  const url = await unpackedWasmUrl('https://example.test/plain.wasm-packed');
  network.mockRestore();
  expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(emptyModule);
});

test('tries again after a failure', async () => {
  const url = 'https://example.test/flaky.wasm-packed';
  vi.spyOn(globalThis, 'fetch')
    .mockResolvedValueOnce(new Response('', { status: 503 }))
    .mockResolvedValueOnce(new Response(gzipped(emptyModule)));

  await expect(unpackedWasmUrl(url)).rejects.toThrow(TypeError);
  expect(await unpackedWasmUrl(url)).toMatch(/^blob:/);
});
