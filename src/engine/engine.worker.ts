/** The worker's entry: exposes the engine, and nothing else. */
import { expose, releaseProxy, type Remote } from 'comlink';
import type { EngineApi, LoadOptions } from '../contracts/engine.ts';
import { Engine, type LoadModel } from './engine.ts';
import { trackGpuBuffers } from './pack/gpu-buffers.ts';
import { trackWasmMemory } from './wasm-memory.ts';

trackWasmMemory();
trackGpuBuffers();

/** Each kind of model is a chunk of its own: who uses our pack never loads transformers.js. */
const loadModel: LoadModel = async (options, hooks) => {
  const { source } = options;
  if (source.kind === 'hub') {
    const { loadHubModel } = await import('./hub/load-hub-model.ts');
    return loadHubModel({ ...options, source }, hooks);
  }
  const { loadPackModel } = await import('./pack/load-pack-model.ts');
  return loadPackModel({ ...options, source }, hooks);
};

const engine = new Engine(loadModel);

const api: EngineApi = {
  // The callbacks of a load stay: a device can be lost at any time after it.
  load: (options: LoadOptions, onProgress, onEvent) => engine.load(options, onProgress, onEvent),
  cancelLoad: () => engine.cancelLoad(),
  async generate(request, onToken) {
    try {
      return await engine.generate(request, onToken);
    } finally {
      // Each callback is a message port; hundreds of requests would leave hundreds behind.
      (onToken as unknown as Remote<typeof onToken>)[releaseProxy]();
    }
  },
  cancel: (requestId) => engine.cancel(requestId),
  countTokens: (prompt) => engine.countTokens(prompt),
  memory: () => engine.memory(),
  loseDevice: () => engine.loseDevice(),
  unload: () => engine.unload(),
};

expose(api);
