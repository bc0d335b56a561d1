/** The engine as the page sees it: one model at a time, one request at a time, and recovery when the device is lost. */
import type {
  EngineApi,
  EngineEvent,
  EngineMemory,
  EngineOutcome,
  LoadOptions,
  LoadProgress,
  LoadReport,
  TokenEvent,
} from '../contracts/engine.ts';
import { failure, type Failure, type Result } from '../contracts/failure.ts';
import type { GenerationRequest } from '../contracts/generation.ts';
import { unstartedOutcome } from '../core/generation/unstarted-outcome.ts';
import type { LoadHooks, TextModel } from './text-model.ts';

/** Loads a model; which loader it is depends on where the model comes from. */
export type LoadModel = (
  options: LoadOptions,
  hooks: LoadHooks,
) => Promise<Result<{ readonly model: TextModel; readonly report: LoadReport }>>;

/** After so many losses the device is given up, and WASM takes over. */
const MAX_DEVICE_LOSSES = 2;

/** Why a load was aborted that another one has taken the place of. */
const REPLACED = 'replaced';

type LoadCall = Omit<LoadHooks, 'signal'> & { readonly controller: AbortController };

export class Engine implements EngineApi {
  readonly #loadModel: LoadModel;
  #model: TextModel | null = null;
  #loading: AbortController | null = null;
  #running: { readonly id: string; readonly controller: AbortController } | null = null;
  #recovery: Promise<void> | null = null;
  #lastRun: Promise<unknown> = Promise.resolve();
  #lastLoad: Promise<unknown> = Promise.resolve();
  #losses = 0;
  #lossFailure: Failure | null = null;

  constructor(loadModel: LoadModel) {
    this.#loadModel = loadModel;
  }

  async load(
    options: LoadOptions,
    onProgress: (progress: LoadProgress) => void,
    onEvent: (event: EngineEvent) => void,
  ): Promise<Result<LoadReport>> {
    const controller = this.#beginLoading();
    await this.unload();
    this.#losses = 0;
    return this.#load(options, { controller, isRecovery: false, onProgress, onEvent });
  }

  cancelLoad(): Promise<void> {
    this.#loading?.abort();
    return Promise.resolve();
  }

  async generate(
    request: GenerationRequest,
    onToken: (event: TokenEvent) => void,
  ): Promise<EngineOutcome> {
    const startedAtMs = performance.now();
    const running = { id: request.id, controller: new AbortController() };
    const { signal } = running.controller;
    this.#running = running;
    if (this.#recovery !== null) await Promise.race([this.#recovery, whenAborted(signal)]);
    const outcome = signal.aborted
      ? unstartedOutcome('cancelled', null)
      : await this.#generate(request, onToken, signal, startedAtMs);
    if (this.#running === running) this.#running = null;
    return outcome;
  }

  cancel(requestId: string): Promise<void> {
    if (this.#running?.id === requestId) this.#running.controller.abort('cancelled');
    return Promise.resolve();
  }

  async countTokens(prompt: string): Promise<Result<number>> {
    return this.#model === null
      ? { ok: false, failure: failure('engine/not-loaded') }
      : this.#model.countTokens(prompt);
  }

  memory(): Promise<EngineMemory> {
    return Promise.resolve(
      this.#model?.memory() ?? {
        wasmBytes: null,
        kvCacheBytes: 0,
        gpuBufferBytes: 0,
        gpuBufferCount: 0,
      },
    );
  }

  loseDevice(): Promise<boolean> {
    return Promise.resolve(this.#model?.loseDevice?.() ?? false);
  }

  async unload(): Promise<void> {
    this.#running?.controller.abort('cancelled');
    await this.#lastRun;
    const model = this.#model;
    this.#model = null;
    await model?.release();
  }

  async #generate(
    request: GenerationRequest,
    onToken: (event: TokenEvent) => void,
    signal: AbortSignal,
    startedAtMs: number,
  ): Promise<EngineOutcome> {
    if (this.#model === null) {
      return unstartedOutcome('error', this.#lossFailure ?? failure('engine/not-loaded'));
    }
    const run = this.#model.generate(request, onToken, signal, startedAtMs);
    this.#lastRun = run;
    return run;
  }

  /** In place of the load before. It can be cancelled from here on, whatever it waits for first. */
  #beginLoading(): AbortController {
    this.#loading?.abort(REPLACED);
    this.#loading = new AbortController();
    return this.#loading;
  }

  /** After the load before: ONNX Runtime cannot make the sessions of two models at once, nor has every device room for both. */
  #load(options: LoadOptions, call: LoadCall): Promise<Result<LoadReport>> {
    const load = this.#lastLoad.then(() => this.#loadNow(options, call));
    this.#lastLoad = load;
    return load;
  }

  async #loadNow(
    options: LoadOptions,
    { controller, onEvent, ...others }: LoadCall,
  ): Promise<Result<LoadReport>> {
    const { signal } = controller;
    const cancelled = { ok: false, failure: failure('model/load-cancelled') } as const;
    const hooks: LoadHooks = {
      ...others,
      signal,
      onEvent: (event) => {
        if (event.kind === 'device-lost') this.#onDeviceLost(event.message, options, onEvent);
        else onEvent(event);
      },
    };
    try {
      const result = signal.aborted ? cancelled : await this.#loadModel(options, hooks);
      if (!result.ok) return signal.aborted ? cancelled : result;
      if (signal.aborted) {
        await result.value.model.release();
        return cancelled;
      }
      this.#model = result.value.model;
      return { ok: true, value: result.value.report };
    } catch (error) {
      return { ok: false, failure: signal.aborted ? cancelled.failure : missingLoader(error) };
    } finally {
      if (this.#loading === controller) this.#loading = null;
    }
  }

  #onDeviceLost(
    message: string,
    options: LoadOptions,
    onEvent: (event: EngineEvent) => void,
  ): void {
    // While a model is being loaded, the load itself fails and says so, and the one before is on its way out.
    if (this.#model === null || this.#loading !== null) return;
    this.#losses += 1;
    onEvent({ kind: 'device-lost', message, count: this.#losses });
    this.#recovery = this.#recover(options, onEvent).finally(() => {
      this.#recovery = null;
    });
  }

  /** Frees what hung on the lost device and loads the model again, from disk. */
  async #recover(options: LoadOptions, onEvent: (event: EngineEvent) => void): Promise<void> {
    const controller = this.#beginLoading();
    // The request that was running ends by itself, with a failure of its own.
    await this.#lastRun;
    const lost = this.#model;
    this.#model = null;
    await lost?.release();
    const isGivenUp = this.#losses >= MAX_DEVICE_LOSSES;
    const result = await this.#load(
      isGivenUp ? { ...options, backend: 'wasm', precision: null } : options,
      { controller, isRecovery: true, onProgress: () => {}, onEvent },
    );
    // The load that was asked for meanwhile tells its own ending.
    if (controller.signal.reason === REPLACED) return;
    this.#lossFailure = result.ok ? null : result.failure;
    onEvent(
      result.ok
        ? { kind: 'recovered', engine: result.value.engine }
        : { kind: 'recovery-failed', failure: result.failure },
    );
  }
}

/** The loader is a part of the app that is fetched when it is needed first; what it does itself comes as a result. */
function missingLoader(error: unknown): Failure {
  if (!navigator.onLine) return failure('model/offline');
  return failure('engine/session-failed', undefined, {
    cause: error instanceof Error ? error.message.slice(0, 300) : 'unknown',
  });
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
