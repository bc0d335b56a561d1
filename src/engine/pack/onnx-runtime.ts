/** Loads the build of ONNX Runtime that fits the backend; nothing of it is fetched before. */
import type * as Ort from 'onnxruntime-web';
import type { RuntimeBuild, RuntimeUrls } from '../../contracts/engine.ts';
import type { BackendName } from '../../contracts/generation.ts';
import { unpackedWasmUrl } from '../unpack-runtime.ts';

export type OnnxRuntime = typeof Ort;

/** JSPI suspends WASM without rewriting it, which starts twice as fast as asyncify; WASM alone needs neither. */
export function runtimeBuildFor(backend: BackendName): RuntimeBuild {
  if (backend === 'wasm') return 'wasm';
  return 'Suspending' in WebAssembly ? 'jspi' : 'asyncify';
}

/** Must run before any session is made: threads and addresses are fixed when the first one is. */
export async function loadRuntime(
  build: RuntimeBuild,
  urls: RuntimeUrls,
  threads: number,
): Promise<OnnxRuntime> {
  const ort = await importBuild(build);
  const { mjs, wasm } = urls[build];
  ort.env.wasm.wasmPaths = { mjs, wasm: await unpackedWasmUrl(wasm) };
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  // Its threads are workers; one whose file cannot be fetched would keep it waiting for ever.
  ort.env.wasm.initTimeout = 120_000;
  return ort;
}

function importBuild(build: RuntimeBuild): Promise<OnnxRuntime> {
  switch (build) {
    case 'jspi':
      return import('onnxruntime-web/jspi');
    case 'asyncify':
      return import('onnxruntime-web/webgpu');
    case 'wasm':
      return import('onnxruntime-web/wasm');
  }
}

/** Page's cores up to 8 where it is cross-origin isolated, else 1: without isolation WASM has no shared memory. */
export function defaultThreads(): number {
  return crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
}
