/** Brings transformers.js into the worker, on demand, and sets it up to use our copies of ONNX Runtime's files. */
import type * as Transformers from '@huggingface/transformers';
import type { RuntimeUrls } from '../../contracts/engine.ts';
import { FailureError } from '../../contracts/failure.ts';
import { unpackedWasmUrl } from '../unpack-runtime.ts';

export type TransformersLibrary = typeof Transformers;

export interface LibraryOptions {
  readonly runtimeUrls: RuntimeUrls;
  readonly threads: number;
  /** Base URL of the hub; null is the hub itself. */
  readonly host: string | null;
  readonly fetch: typeof fetch;
}

const HUB = 'https://huggingface.co/';

/**
 * Imports the library and sets what it keeps per realm; a later load sets it anew. Threads and addresses of ONNX Runtime
 * are fixed by the first session.
 */
export async function loadTransformers(options: LibraryOptions): Promise<TransformersLibrary> {
  const library = await import('@huggingface/transformers');
  const { env, LogLevel } = library;
  env.allowLocalModels = false;
  env.remoteHost = options.host ?? HUB;
  env.fetch = options.fetch;
  env.useBrowserCache = 'caches' in globalThis;
  // The page's own cache keeps ONNX Runtime's files, for this and for our own models.
  env.useWasmCache = false;
  // It would print the prompt's tokens when a run fails.
  env.logLevel = LogLevel.NONE;
  const wasm = env.backends.onnx.wasm;
  if (wasm !== undefined) {
    const { mjs, wasm: packedUrl } = options.runtimeUrls.asyncify;
    wasm.wasmPaths = { mjs, wasm: await unpackedWasmUrl(packedUrl) };
    wasm.numThreads = options.threads;
    wasm.proxy = false;
  }
  ignoreOrphans();
  return library;
}

let ignoresOrphans = false;

/**
 * When one of several downloads fails, the library leaves the promises of the others to nobody. Their failure is known
 * already: it is the one that the load returned.
 */
function ignoreOrphans(): void {
  if (ignoresOrphans) return;
  ignoresOrphans = true;
  addEventListener('unhandledrejection', (event) => {
    if (event.reason instanceof FailureError) event.preventDefault();
  });
}
