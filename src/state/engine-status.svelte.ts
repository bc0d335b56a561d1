/**
 * The engine as the page sees it: whether a model is here, on its way, or in trouble; loading, pausing and deleting it.
 * The client of the worker (src/bridge) does the work.
 */
import type { EngineClient, EngineClientEvent } from '../bridge/engine-client.ts';
import type {
  BackendChoice,
  LoadOptions,
  LoadPhase,
  LoadProgress,
  LoadReport,
  ModelSource,
  RuntimeUrls,
} from '../contracts/engine.ts';
import { failure, type Failure, type Result } from '../contracts/failure.ts';
import type { EngineDescription, Precision } from '../contracts/generation.ts';
import { formatBytes } from '../core/format/quantities.ts';
import type { ModelOffer } from '../core/model/model-offer.ts';
import { TransferRate } from '../core/progress/transfer-rate.ts';
import type { LoadMark } from '../store/load-mark.ts';
import type { BrowserHost } from './browser-host.ts';
import type { Notices } from './notices.svelte.ts';
import type { Settings } from './settings.svelte.ts';

export type EngineState =
  /** Nothing is loaded, and nobody has asked for it. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'unsupported'; readonly failure: Failure }
  /** `progress` is null until the worker has started. */
  | { readonly kind: 'loading'; readonly progress: LoadProgress | null }
  /** Stopped by the reader; what has arrived is kept. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'recovering'; readonly cause: 'device-lost' | 'worker-crashed' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Files of models on this device; `src/store/model-storage.ts` in the product. */
export interface ModelFilesPort {
  /** Reads what this site's model is. */
  readOffer(modelId: string): Promise<Result<ModelOffer>>;
  storedBytes(offer: ModelOffer): Promise<number>;
  deleteAll(): Promise<Result<void>>;
}

/** What to load; what is left out is as the settings say. */
export interface LoadChoice {
  readonly backend?: BackendChoice;
  readonly precision?: Precision | null;
  readonly threads?: number | null;
  readonly source?: ModelSource;
}

export interface EngineStatusOptions {
  readonly client: Pick<EngineClient, 'load' | 'cancelLoad' | 'dispose'>;
  readonly settings: Settings;
  readonly notices: Notices;
  readonly files: ModelFilesPort;
  readonly mark: Pick<LoadMark, 'begin' | 'hasDied' | 'forgetDead'>;
  readonly host: Pick<BrowserHost, 'now' | 'epochNow' | 'every' | 'persistStorage'>;
  /** What this browser lacks; null where it can run the model. */
  readonly unsupported: Failure | null;
  readonly siteModelId: string;
  /** Address of a model's folder on this site, absolute, with a trailing slash. */
  readonly packUrl: (modelId: string) => string;
  readonly runtimeUrls: RuntimeUrls;
  /** Called when a model has been loaded. */
  readonly onLoaded: (report: LoadReport) => void;
  /** Called when one could not be loaded, or its reader stopped it. */
  readonly onLoadFailed?: (failure: Failure) => void;
}

/** The speed on screen: often enough to be live, seldom enough to be read. */
const MEASURE_EVERY_MS = 500;
/** A download that breaks off is simply gone on with, also where the tab died. */
const HARMLESS_PHASES: readonly LoadPhase[] = ['checking', 'downloading', 'verifying'];

export class EngineStatus {
  readonly #options: EngineStatusOptions;
  readonly #rate = new TransferRate();
  #state: EngineState;
  #offer = $state.raw<ModelOffer | null>(null);
  #offerFailure = $state.raw<Failure | null>(null);
  #storedBytes = $state.raw(0);
  #bytesPerSecond = $state.raw<number | null>(null);
  #secondsLeft = $state.raw<number | null>(null);
  #engine = $state.raw<EngineDescription | null>(null);
  #loadedAtEpochMs = $state.raw<number | null>(null);
  #report = $state.raw<LoadReport | null>(null);
  #waitingCount = $state.raw(0);
  #isPausing = $state.raw(false);
  #loading: Promise<Result<LoadReport>> | null = null;
  /** Loads begun until now: one that another has taken the place of must not touch what is that one's. */
  #loadCount = 0;
  #announcedQuarter = 0;
  #announcedPhases: LoadPhase[] = [];
  #unmark: (() => void) | null = null;

  constructor(options: EngineStatusOptions) {
    this.#options = options;
    this.#state = $state.raw(withoutModel(options.unsupported));
  }

  get state(): EngineState {
    return this.#state;
  }

  /** This site's model; null until its manifest has been read. */
  get offer(): ModelOffer | null {
    return this.#offer;
  }

  /** Why this site's model could not be looked up; null where it could. */
  get offerFailure(): Failure | null {
    return this.#offerFailure;
  }

  /** Bytes of this site's model that were on the device when it was last looked up. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** The whole of this site's model is on the device. */
  get isOnDevice(): boolean {
    return this.#offer !== null && this.#storedBytes >= this.#offer.downloadBytes;
  }

  get bytesPerSecond(): number | null {
    return this.#bytesPerSecond;
  }

  get secondsLeft(): number | null {
    return this.#secondsLeft;
  }

  /** What runs now; null while nothing does. */
  get engine(): EngineDescription | null {
    return this.#engine;
  }

  /** Wall clock: since when it runs; null while nothing does. */
  get loadedAtEpochMs(): number | null {
    return this.#engine === null ? null : this.#loadedAtEpochMs;
  }

  /** How the last load went; null before one succeeded. */
  get report(): LoadReport | null {
    return this.#report;
  }

  /** Requests that wait behind the running one. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Pausing has been asked for and the worker has not stopped yet. */
  get isPausing(): boolean {
    return this.#isPausing;
  }

  /** Looks up the model, and loads it where that needs no question: it is on the device, or was asked for before. */
  async start(): Promise<void> {
    if (this.#state.kind === 'unsupported') return;
    const { settings, mark } = this.#options;
    const isHub = settings.model?.kind === 'hub';
    if ((await mark.hasDied()) && this.#loading === null) {
      this.#fail(failure('engine/tab-died'));
      return this.#lookUp();
    }
    // Asked for before: nothing to look up first, and offline the look-up could take a while to fail.
    if (settings.loadsAtStart) void this.ensureLoaded();
    await this.#lookUp();
    if (this.#state.kind === 'idle' && !isHub && this.isOnDevice) void this.ensureLoaded();
  }

  /** Waits for the load in progress, or starts one; does nothing if a model is ready. */
  ensureLoaded(): Promise<Result<LoadReport>> {
    if (this.#loading !== null) return this.#loading;
    if (this.#state.kind === 'ready' && this.#report !== null) {
      return Promise.resolve({ ok: true, value: this.#report });
    }
    return this.load();
  }

  /**
   * Loads a model in place of the one before. A load in progress ends as cancelled; requests that wait for it wait for
   * this one.
   */
  load(choice: LoadChoice = {}): Promise<Result<LoadReport>> {
    if (this.#options.unsupported !== null) {
      return Promise.resolve({ ok: false, failure: this.#options.unsupported });
    }
    const loading = this.#load(choice);
    this.#loading = loading;
    void loading.finally(() => {
      if (this.#loading === loading) this.#loading = null;
    });
    return loading;
  }

  /** Stops the load; what has arrived is kept, also over a reload. Resolves when it has ended. */
  async pause(): Promise<void> {
    if (this.#loading === null) return;
    this.#isPausing = true;
    this.#options.settings.loadsAtStart = false;
    this.#options.client.cancelLoad();
    await this.#loading;
  }

  /** Frees the model and deletes it, and every other one, from this device. */
  async deleteModels(): Promise<Result<void>> {
    this.#options.client.dispose();
    await this.#loading;
    const result = await this.#options.files.deleteAll();
    this.#options.settings.loadsAtStart = false;
    this.#engine = null;
    this.#report = null;
    this.#state = withoutModel(this.#options.unsupported);
    await this.#lookUp();
    return result;
  }

  /** Hook for the client's events. */
  readonly onClientEvent = (event: EngineClientEvent): void => {
    const { notices } = this.#options;
    switch (event.kind) {
      case 'queue':
        this.#waitingCount = event.waiting;
        return;
      case 'device-lost':
      case 'worker-crashed':
        // During a load it is the load that fails.
        if (this.#loading !== null) return;
        this.#engine = null;
        this.#state = { kind: 'recovering', cause: event.kind };
        notices.announce('The model stopped and is being started anew.');
        return;
      case 'recovered':
        this.#setEngine(event.engine);
        this.#state = { kind: 'ready' };
        notices.show('The model stopped and has been started anew.');
        return;
      case 'recovery-failed':
        this.#engine = null;
        this.#state = { kind: 'failed', failure: event.failure };
        notices.announce(event.failure.message);
    }
  };

  async #load(choice: LoadChoice): Promise<Result<LoadReport>> {
    const { client, settings, host, notices } = this.#options;
    const count = ++this.#loadCount;
    this.#state = { kind: 'loading', progress: null };
    this.#engine = null;
    this.#isPausing = false;
    this.#endMark();
    this.#announcedQuarter = 0;
    this.#announcedPhases = [];
    this.#rate.reset();
    const loading = client.load(this.#toLoadOptions(choice), (progress) => {
      if (count === this.#loadCount) this.#onProgress(progress);
    });
    settings.loadsAtStart = true;
    void host.persistStorage();
    // A download that stalls sends no progress: the speed has to fall by itself.
    const stopMeasuring = host.every(MEASURE_EVERY_MS, () => this.#measure());
    const result = await loading;
    stopMeasuring();
    if (count !== this.#loadCount) return result;
    this.#endMark();
    this.#bytesPerSecond = null;
    this.#secondsLeft = null;
    this.#isPausing = false;
    if (result.ok) {
      void this.#options.mark.forgetDead();
      this.#report = result.value;
      this.#setEngine(result.value.engine);
      this.#state = { kind: 'ready' };
      notices.announce(`The model is ready. ${result.value.engine.reason}`);
      this.#options.onLoaded(result.value);
    } else {
      this.#fail(result.failure);
    }
    void this.#lookUp();
    return result;
  }

  #endMark(): void {
    this.#unmark?.();
    this.#unmark = null;
  }

  #fail(cause: Failure): void {
    const isPaused = cause.code === 'model/load-cancelled';
    this.#state = isPaused ? { kind: 'paused' } : { kind: 'failed', failure: cause };
    this.#options.notices.announce(isPaused ? 'Loading has been paused.' : cause.message);
    this.#options.onLoadFailed?.(cause);
  }

  #setEngine(engine: EngineDescription): void {
    this.#engine = engine;
    this.#loadedAtEpochMs = this.#options.host.epochNow();
  }

  #toLoadOptions(choice: LoadChoice): LoadOptions {
    const { settings, runtimeUrls } = this.#options;
    return {
      source: choice.source ?? this.#chosenSource(),
      backend: choice.backend ?? settings.backend,
      precision: choice.precision ?? settings.overrides.precision,
      threads: choice.threads ?? settings.threads,
      runtimeUrls,
    };
  }

  #chosenSource(): ModelSource {
    const { settings, siteModelId, packUrl } = this.#options;
    const model = settings.model;
    return model?.kind === 'hub'
      ? { kind: 'hub', repository: model.repository, host: null }
      : { kind: 'pack', baseUrl: packUrl(model?.id ?? siteModelId) };
  }

  #onProgress(progress: LoadProgress): void {
    // The worker's last messages can arrive after the result.
    if (this.#state.kind !== 'loading') return;
    this.#rate.add(progress.downloadedBytes, this.#options.host.now());
    this.#state = { kind: 'loading', progress };
    if (!HARMLESS_PHASES.includes(progress.phase)) this.#unmark ??= this.#options.mark.begin();
    if (!this.#announcedPhases.includes(progress.phase)) this.#announcePhase(progress);
    if (progress.phase === 'downloading') this.#announceQuarter(progress);
  }

  #measure(): void {
    if (this.#state.kind !== 'loading' || this.#state.progress === null) return;
    const { loadedBytes, totalBytes } = this.#state.progress;
    const nowMs = this.#options.host.now();
    this.#bytesPerSecond = this.#rate.bytesPerSecond(nowMs);
    this.#secondsLeft = this.#rate.secondsLeft(totalBytes - loadedBytes, nowMs);
  }

  /** Once a load: files are downloaded and verified in turn. */
  #announcePhase({ phase, totalBytes }: LoadProgress): void {
    this.#announcedPhases.push(phase);
    if (phase === 'downloading') {
      this.#options.notices.announce(`Downloading the model, ${formatBytes(totalBytes)}.`);
    } else if (phase === 'compiling') {
      this.#options.notices.announce('Preparing the model for this device.');
    }
  }

  #announceQuarter({ loadedBytes, totalBytes }: LoadProgress): void {
    const quarter = totalBytes === 0 ? 0 : Math.floor((loadedBytes / totalBytes) * 4);
    if (quarter <= this.#announcedQuarter || quarter >= 4) return;
    this.#announcedQuarter = quarter;
    this.#options.notices.announce(`${quarter * 25} percent of the model is here.`);
  }

  async #lookUp(): Promise<void> {
    const { files, settings, siteModelId } = this.#options;
    const id = settings.model?.kind === 'pack' ? settings.model.id : siteModelId;
    const result = await files.readOffer(id);
    if (result.ok) this.#storedBytes = await files.storedBytes(result.value);
    this.#offer = result.ok ? result.value : null;
    this.#offerFailure = result.ok ? null : result.failure;
  }
}

function withoutModel(unsupported: Failure | null): EngineState {
  return unsupported === null ? { kind: 'idle' } : { kind: 'unsupported', failure: unsupported };
}

/** What a browser must have to run any model here. */
export function missingFeature(features: {
  readonly hasWebAssembly: boolean;
  readonly hasWorkers: boolean;
}): Failure | null {
  if (!features.hasWebAssembly) {
    return failure('engine/unsupported-browser', undefined, { missing: 'WebAssembly' });
  }
  return features.hasWorkers
    ? null
    : failure('engine/unsupported-browser', undefined, { missing: 'module workers' });
}
