/**
 * Loads any text-generation model of the Hugging Face hub that has ONNX files, by the name of its repository, through
 * transformers.js. Files are kept in that library's cache.
 */
import type {
  PreTrainedModel,
  PreTrainedTokenizer,
  PretrainedConfig,
  ProgressInfo,
} from '@huggingface/transformers';
import { env } from 'onnxruntime-web/webgpu';
import type { LoadOptions, LoadReport } from '../../contracts/engine.ts';
import { FailureError, failure, type FailureCode, type Result } from '../../contracts/failure.ts';
import type { EngineDescription } from '../../contracts/generation.ts';
import { isPersisted } from '../files/open-storage.ts';
import { LoadTracker } from '../load-tracker.ts';
import { sleep } from '../next-task.ts';
import { chooseBackend, planWasm, type BackendPlan } from '../pack/choose-backend.ts';
import { WatchedDevice } from '../pack/gpu-device.ts';
import { defaultThreads } from '../pack/onnx-runtime.ts';
import type { LoadHooks, TextModel } from '../text-model.ts';
import { chooseFiles, usableDtypes, type HubFiles } from './choose-files.ts';
import { toFailure, withFailure } from './hub-failure.ts';
import { createHubFetch, type HubFetch } from './hub-fetch.ts';
import { HubModel } from './hub-model.ts';
import {
  contextLength,
  endTokens,
  hiddenWidth,
  layerCount,
  vocabularySize,
  type ConfigFields,
} from './model-config.ts';
import { guardSessionCreation, type SessionGuard } from './session-guard.ts';
import { loadTransformers, type TransformersLibrary } from './transformers-library.ts';

export type HubLoadOptions = LoadOptions & {
  readonly source: Extract<LoadOptions['source'], { readonly kind: 'hub' }>;
};

export interface LoadedHubModel {
  readonly model: TextModel;
  readonly report: LoadReport;
}

/** As the hub allows: an owner and a name. Anything else would end up in an address unchecked. */
const REPOSITORY = /^[\w.-]+\/[\w.-]+$/;

/** Failures of WebGPU after which WASM may still work. */
const WORTH_ANOTHER_BACKEND: readonly FailureCode[] = [
  'engine/session-failed',
  'engine/inference-failed',
  'engine/device-lost',
];

/**
 * Loads a repository. Fails with `model/not-found` (also for private ones), `model/unsupported` (no ONNX file that runs
 * here, or no text generation), `model/download-failed`, `model/offline`, `model/load-cancelled`, `tokenizer/invalid`,
 * `engine/backend-unavailable`, `engine/session-failed` or `engine/out-of-memory`.
 */
export function loadHubModel(
  options: HubLoadOptions,
  hooks: LoadHooks,
): Promise<Result<LoadedHubModel>> {
  // The library keeps one address, one fetch and one ONNX Runtime for all, so that loads must not overlap.
  const load = lastLoad.then(() => loadAlone(options, hooks));
  lastLoad = load;
  return load;
}

let lastLoad: Promise<unknown> = Promise.resolve();

/** Never rejects. */
async function loadAlone(
  options: HubLoadOptions,
  hooks: LoadHooks,
): Promise<Result<LoadedHubModel>> {
  const tracker = new LoadTracker(hooks.onProgress);
  const hub = createHubFetch({
    fetch: (input, init) => fetch(input, init),
    sleep,
    signal: hooks.signal,
    onDownloaded: (bytes) => tracker.add(0, bytes),
  });
  const load = new HubLoad(options, hooks, tracker);
  try {
    // The library leaves some downloads waiting for ever when one beside them fails; `failed` does not.
    return { ok: true, value: await Promise.race([load.run(hub), hub.failed]) };
  } catch (error) {
    await load.abandon();
    return {
      ok: false,
      failure: hooks.signal.aborted
        ? failure('model/load-cancelled')
        : toFailure(error, 'engine/session-failed'),
    };
  }
}

/** A repository's description, and the parts of the library that read it. */
interface Repository {
  readonly name: string;
  readonly library: TransformersLibrary;
  readonly config: PretrainedConfig;
}

/** What is to run, and on what. */
interface Choice {
  readonly plan: BackendPlan;
  readonly files: HubFiles;
}

class HubLoad {
  readonly #options: HubLoadOptions;
  readonly #hooks: LoadHooks;
  readonly #tracker: LoadTracker;
  /** Bytes that are here, by file. */
  readonly #loadedBytes = new Map<string, number>();
  #guard: SessionGuard | null = null;

  constructor(options: HubLoadOptions, hooks: LoadHooks, tracker: LoadTracker) {
    this.#options = options;
    this.#hooks = hooks;
    this.#tracker = tracker;
  }

  async run(hub: HubFetch): Promise<LoadedHubModel> {
    const { source, runtimeUrls, threads } = this.#options;
    this.#hooks.signal.throwIfAborted();
    if (!REPOSITORY.test(source.repository)) {
      const message = 'A model of the hub is named by its owner and its name, as in owner/name.';
      throw new FailureError(failure('model/not-found', message));
    }
    const library = await loadTransformers({
      runtimeUrls,
      threads: threads ?? defaultThreads(),
      host: source.host,
      fetch: hub.fetch,
    });
    const config = await this.#loadConfig(library);
    const repository = { name: source.repository, library, config };
    const plan = unwrap(await chooseBackend(this.#options, this.#hooks.isRecovery));
    const choice = await this.#choose(repository, plan);
    this.#tracker.enter('downloading');
    const tokenizer = await withFailure('tokenizer/invalid', () =>
      library.AutoTokenizer.from_pretrained(repository.name, {
        progress_callback: this.#onProgress,
      }),
    );
    const model = await this.#startOrFallBack(repository, choice, tokenizer);
    const report: LoadReport = {
      ...this.#tracker.finish(),
      engine: model.description,
      storage: 'library',
      persisted: await isPersisted(),
      runtimeBuild: 'asyncify',
    };
    return { model, report };
  }

  /** Frees what a load that failed has made. */
  async abandon(): Promise<void> {
    await this.#guard?.abandon();
  }

  async #loadConfig(library: TransformersLibrary): Promise<PretrainedConfig> {
    const { repository } = this.#options.source;
    let config: PretrainedConfig;
    try {
      config = await library.AutoConfig.from_pretrained(repository, {
        progress_callback: this.#onProgress,
      });
    } catch (error) {
      if (error instanceof library.ModelFileNotFoundError) {
        const message = `There is no model “${repository}” on the hub, or it is not public.`;
        throw new FailureError(failure('model/not-found', message), { cause: error });
      }
      throw new FailureError(
        toFailure(error, 'model/unsupported', 'The config.json of the model cannot be read.'),
        { cause: error },
      );
    }
    const kind = config.model_type ?? 'unknown';
    if (!library.AutoModelForCausalLM.supports(kind)) {
      throw unsupported(`This is no model for text generation: its kind is “${kind}”.`);
    }
    return config;
  }

  /** Picks the variant of the model; where WebGPU was not asked for and no variant fits it, WASM. */
  async #choose(repository: Repository, plan: BackendPlan): Promise<Choice> {
    const { backend, precision } = this.#options;
    const hasF16 = plan.backend === 'webgpu' && plan.adapter.hasF16;
    const { library, name, config } = repository;
    const dtypes = usableDtypes(plan.backend, hasF16, precision);
    const files = await chooseFiles(library, name, config, dtypes);
    if (files !== null) {
      this.#tracker.expect(files.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
      return { plan, files };
    }
    if (plan.backend === 'wasm' || backend === 'webgpu') {
      throw unsupported(`The repository has no ONNX file that runs on ${plan.backend} here.`);
    }
    const reason = 'The repository has no ONNX file for WebGPU.';
    return this.#choose(repository, unwrap(planWasm(this.#options, reason)));
  }

  async #startOrFallBack(
    repository: Repository,
    choice: Choice,
    tokenizer: PreTrainedTokenizer,
  ): Promise<HubModel> {
    try {
      return await this.#start(repository, choice, tokenizer);
    } catch (error) {
      const { code } = toFailure(error, 'engine/session-failed');
      const isFinal = choice.plan.backend === 'wasm' || this.#options.backend === 'webgpu';
      if (isFinal || this.#hooks.signal.aborted || !WORTH_ANOTHER_BACKEND.includes(code)) {
        throw error;
      }
      await this.abandon();
      const plan = unwrap(planWasm(this.#options, 'WebGPU could not run this model here.'));
      return this.#start(repository, await this.#choose(repository, plan), tokenizer);
    }
  }

  /** Downloads and compiles the model and runs it once. Frees everything if that fails. */
  async #start(
    repository: Repository,
    { plan, files }: Choice,
    tokenizer: PreTrainedTokenizer,
  ): Promise<HubModel> {
    this.#tracker.enter('downloading');
    const loaded = await this.#createModel(repository, { plan, files });
    const { config, library } = repository;
    const fields = config as unknown as ConfigFields;
    const model = new HubModel({
      library,
      tokenizer,
      model: loaded,
      gpu: plan.backend === 'webgpu' ? await this.#watchDevice() : null,
      endTokens: endTokens(fields, loaded.generation_config as ConfigFields | null, {
        eos_token_id: tokenizer.eos_token_id,
      }),
      description: describe(repository.name, { plan, files }, fields, tokenizer),
    });
    try {
      this.#hooks.signal.throwIfAborted();
      this.#tracker.enter('warming-up');
      await model.warmUp(this.#hooks.signal);
      return model;
    } catch (error) {
      await model.release();
      throw error;
    }
  }

  /** ONNX Runtime has made a device for the model's sessions. */
  async #watchDevice(): Promise<WatchedDevice> {
    return new WatchedDevice(await env.webgpu.device, (message) =>
      this.#hooks.onEvent({ kind: 'device-lost', message, count: 0 }),
    );
  }

  async #createModel(repository: Repository, { plan, files }: Choice): Promise<PreTrainedModel> {
    const { library, name, config } = repository;
    const guard = guardSessionCreation(() => this.#tracker.enter('compiling'));
    this.#guard = guard;
    // Given by path here, the library downloads them so that a failure reaches its caller.
    const { externalData } = files;
    const dataOptions =
      externalData.length === 0
        ? {}
        : { use_external_data_format: false, session_options: { externalData } };
    const model = await library.AutoModelForCausalLM.from_pretrained(name, {
      config,
      device: plan.backend,
      dtype: files.dtype,
      ...dataOptions,
      progress_callback: this.#onProgress,
    });
    if (guard.error !== null) {
      throw new FailureError(toFailure(guard.error, 'engine/session-failed'), {
        cause: guard.error,
      });
    }
    guard.stop();
    return model;
  }

  readonly #onProgress = (info: ProgressInfo): void => {
    if (info.status !== 'progress') return;
    const before = this.#loadedBytes.get(info.file) ?? 0;
    this.#loadedBytes.set(info.file, info.loaded);
    this.#tracker.add(info.loaded - before, 0);
  };
}

function describe(
  repository: string,
  { plan, files }: Choice,
  config: ConfigFields,
  tokenizer: PreTrainedTokenizer,
): EngineDescription {
  return {
    modelId: repository,
    modelName: repository.split('/')[1] ?? repository,
    source: 'hub',
    backend: plan.backend,
    precision: files.dtype,
    threads: plan.backend === 'wasm' ? plan.threads : 1,
    adapter: plan.backend === 'webgpu' ? plan.adapter.name : null,
    reason: plan.reason,
    contextLength: contextLength(config, tokenizer.model_max_length),
    vocabularySize: vocabularySize(config),
    layers: layerCount(config),
    width: hiddenWidth(config),
  };
}

function unsupported(message: string): FailureError {
  return new FailureError(failure('model/unsupported', message));
}

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new FailureError(result.failure);
  return result.value;
}
