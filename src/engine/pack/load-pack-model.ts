/** Loads one of our own models: files, weights for the chosen graph, session, decoder, warm-up. */
import type {
  EngineMemory,
  LoadOptions,
  LoadReport,
  RuntimeBuild,
} from '../../contracts/engine.ts';
import { FailureError, failure, type Result } from '../../contracts/failure.ts';
import type { EngineDescription } from '../../contracts/generation.ts';
import type { GraphName, ManifestGraph, ModelManifest } from '../../contracts/model-manifest.ts';
import type { IncrementalParser } from '../../core/bash/incremental-parser.ts';
import { expandExternalData } from '../../core/weights/expand.ts';
import { freeBytes, isPersisted, openStorage } from '../files/open-storage.ts';
import { LoadTracker } from '../load-tracker.ts';
import { nextTask } from '../next-task.ts';
import type { LoadHooks } from '../text-model.ts';
import { wasmMemoryBytes } from '../wasm-memory.ts';
import { bringModel, type BroughtModel } from './bring-model.ts';
import { chooseBackend, planWasm, type BackendPlan } from './choose-backend.ts';
import { createWasmSession, createWebgpuSession, type ExternalFile } from './create-session.ts';
import type { Decoder } from './decoder.ts';
import { loadParser } from '../load-parser.ts';
import { gpuBuffers } from './gpu-buffers.ts';
import { WatchedDevice } from './gpu-device.ts';
import { loadRuntime, runtimeBuildFor } from './onnx-runtime.ts';
import { PackModel } from './pack-model.ts';
import { PackTokenizer } from './pack-tokenizer.ts';
import { WasmDecoder } from './wasm-decoder.ts';
import { WebgpuDecoder } from './webgpu-decoder.ts';

export type PackLoadOptions = LoadOptions & {
  readonly source: Extract<LoadOptions['source'], { readonly kind: 'pack' }>;
};

export interface LoadedPackModel {
  readonly model: PackModel;
  readonly report: LoadReport;
}

/**
 * Loads the model that lies in a folder of this site.
 * Failures: those of bringModel, `tokenizer/invalid`, `engine/backend-unavailable`,
 * `engine/session-failed`, `engine/out-of-memory`.
 */
export async function loadPackModel(
  options: PackLoadOptions,
  hooks: LoadHooks,
): Promise<Result<LoadedPackModel>> {
  const tracker = new LoadTracker(hooks.onProgress);
  const plan = await chooseBackend(options, hooks.isRecovery);
  if (!plan.ok) return plan;
  try {
    const files = await bringModel({
      baseUrl: options.source.baseUrl,
      storage: await openStorage(),
      freeBytes,
      tracker,
      signal: hooks.signal,
      prefersStored: hooks.isRecovery,
    });
    const tokenizer = PackTokenizer.parse(files.tokenizer);
    if (!tokenizer.ok) return tokenizer;
    const start = (chosen: BackendPlan): Promise<StartedModel> =>
      startModel({ files, tokenizer: tokenizer.value, options, tracker, hooks }, chosen);
    let started: StartedModel;
    try {
      started = await start(plan.value);
    } catch (error) {
      // A driver that refuses the graph is no reason to have no model, unless WebGPU was asked for.
      const fallback = planWasm(options, 'WebGPU could not run this model here.');
      const isFinal = plan.value.backend === 'wasm' || options.backend === 'webgpu';
      if (isFinal || hooks.signal.aborted || !fallback.ok) throw error;
      started = await start(fallback.value);
    }
    const { model, runtimeBuild } = started;
    const report: LoadReport = {
      ...tracker.finish(),
      engine: model.description,
      storage: files.storage,
      persisted: await isPersisted(),
      runtimeBuild,
    };
    return { ok: true, value: { model, report } };
  } catch (error) {
    return { ok: false, failure: asLoadFailure(error) };
  }
}

interface ModelParts {
  readonly files: BroughtModel;
  readonly tokenizer: PackTokenizer;
  readonly options: PackLoadOptions;
  readonly tracker: LoadTracker;
  readonly hooks: LoadHooks;
}

interface StartedModel {
  readonly model: PackModel;
  readonly runtimeBuild: RuntimeBuild;
}

/** Makes the sessions and runs them once: some drivers refuse a graph only then, when it is compiled. Frees all if one does. */
async function startModel(parts: ModelParts, plan: BackendPlan): Promise<StartedModel> {
  const { files, tokenizer, options, tracker, hooks } = parts;
  const started = await startDecoder(files, plan, options, tracker, hooks);
  try {
    tracker.enter('warming-up');
    const parser = await loadParser(options.runtimeUrls.bashParser);
    const model = buildModel(started, files.manifest, tokenizer, parser);
    await model.warmUp();
    return { model, runtimeBuild: started.runtimeBuild };
  } catch (error) {
    // What freeing it fails with says less.
    await started.decoder.release().catch(() => {});
    throw error;
  }
}

/** Where the files are not in reach: functions that live as long as the model would keep them in memory. */
function buildModel(
  { decoder, plan }: StartedDecoder,
  manifest: ModelManifest,
  tokenizer: PackTokenizer,
  parser: IncrementalParser | null,
): PackModel {
  return new PackModel({
    description: describe(manifest, plan),
    decoder,
    tokenizer,
    prompt: manifest.prompt,
    parser,
    memory: () => measureMemory(decoder),
    loseDevice: () => {
      if (!(decoder instanceof WebgpuDecoder)) return false;
      decoder.loseDevice();
      return true;
    },
  });
}

interface StartedDecoder {
  readonly decoder: Decoder;
  readonly plan: BackendPlan;
  readonly runtimeBuild: RuntimeBuild;
}

async function startDecoder(
  files: BroughtModel,
  plan: BackendPlan,
  options: PackLoadOptions,
  tracker: LoadTracker,
  hooks: LoadHooks,
): Promise<StartedDecoder> {
  const { manifest } = files;
  const graphName: GraphName = `${plan.backend}-${plan.precision}` as GraphName;
  const graph = manifest.graphs[graphName];
  const graphBytes = files.graphs.get(graph.path) as Uint8Array<ArrayBuffer>;
  tracker.enter('expanding');
  await nextTask();
  const externalData = expandAll(manifest, graph, files.pack);
  tracker.enter('compiling');
  await nextTask();
  const runtimeBuild = runtimeBuildFor(plan.backend);
  const threads = plan.backend === 'wasm' ? plan.threads : 1;
  const ort = await loadRuntime(runtimeBuild, options.runtimeUrls, threads);
  const shape = manifest.architecture;
  if (plan.backend === 'wasm') {
    const session = await createWasmSession(ort, graphBytes, externalData);
    return { decoder: new WasmDecoder(ort, session, shape), plan, runtimeBuild };
  }
  const created = await createWebgpuSession(ort, graphBytes, externalData);
  const gpu = new WatchedDevice(created.device, (message) =>
    hooks.onEvent({ kind: 'device-lost', message, count: 0 }),
  );
  const decoder = new WebgpuDecoder({
    ...created,
    ort,
    gpu,
    shape,
    precision: plan.precision,
    subgroupMaxSize: plan.adapter.subgroupMaxSize,
  });
  return { decoder, plan, runtimeBuild };
}

function expandAll(
  manifest: ModelManifest,
  graph: ManifestGraph,
  pack: Uint8Array<ArrayBuffer>,
): ExternalFile[] {
  return graph.externalData.map((file) => ({
    path: file.path,
    data: file.kind === 'pack' ? pack : expandExternalData(pack, manifest.pack.tensors, file),
  }));
}

function describe(manifest: ModelManifest, plan: BackendPlan): EngineDescription {
  return {
    modelId: manifest.id,
    modelName: manifest.name,
    source: 'pack',
    backend: plan.backend,
    precision: plan.precision,
    threads: plan.backend === 'wasm' ? plan.threads : 1,
    adapter: plan.backend === 'webgpu' ? plan.adapter.name : null,
    reason: plan.reason,
    contextLength: manifest.architecture.contextLength,
    vocabularySize: manifest.architecture.vocabSize,
    layers: manifest.architecture.layers,
    width: manifest.architecture.width,
  };
}

function measureMemory(decoder: Decoder): EngineMemory {
  const gpu = gpuBuffers();
  return {
    wasmBytes: wasmMemoryBytes(),
    kvCacheBytes: decoder.kvCacheBytes,
    gpuBufferBytes: gpu.bytes,
    gpuBufferCount: gpu.count,
  };
}

function asLoadFailure(error: unknown): ReturnType<typeof failure> {
  if (error instanceof FailureError) return error.failure;
  // Allocating a large array that does not fit is a RangeError in every engine.
  if (error instanceof RangeError) return failure('engine/out-of-memory');
  return failure('engine/session-failed', undefined, {
    cause: error instanceof Error ? error.message.slice(0, 300) : 'unknown',
  });
}
