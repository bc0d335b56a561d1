/**
 * Sole owner of the engine's worker on the page's side: starts it, queues requests, cancels, restarts it when it dies,
 * and turns every request into a generation record. One request runs at a time, the others wait in order.
 */
import type { Remote } from 'comlink';
import { proxy } from 'comlink';
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
import type {
  EngineDescription,
  GenerationParameters,
  GenerationRecord,
  GenerationRequest,
} from '../contracts/generation.ts';
import { unstartedOutcome } from '../core/generation/unstarted-outcome.ts';

/** A running worker and the way to end it. `onCrash` is called at most once, with what the browser said. */
export interface EngineWorker {
  readonly api: Remote<EngineApi>;
  terminate(): void;
}

export type SpawnEngine = (onCrash: (message: string) => void) => EngineWorker;

export interface EngineClientOptions {
  readonly spawn: SpawnEngine;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  /** Wall clock in milliseconds since 1970. */
  readonly epochNow: () => number;
  readonly newId: () => string;
  readonly onEvent: (event: EngineClientEvent) => void;
}

export type EngineClientEvent =
  | EngineEvent
  | {
      readonly kind: 'worker-crashed';
      readonly reason: 'crashed' | 'unresponsive';
      readonly message: string;
      readonly restarts: number;
    }
  | { readonly kind: 'queue'; readonly waiting: number; readonly running: boolean };

export interface GenerateInput {
  readonly prompt: string;
  /** Checked already (core/prompt/parse-parameters.ts). */
  readonly parameters: GenerationParameters;
}

/** A request as it was accepted, however soon it ends. */
export interface AcceptedRequest {
  readonly id: string;
  /** Wall clock. */
  readonly acceptedAtEpochMs: number;
  /** By the monotonic clock. */
  readonly acceptedAtMs: number;
}

export interface GenerateHooks {
  /** Called before anything else, and before `generate` returns. */
  readonly onAccepted?: (accepted: AcceptedRequest) => void;
  readonly onToken?: (event: TokenEvent) => void;
  /** How many requests are ahead, the running one included; again whenever that changes. */
  readonly onPosition?: (ahead: number) => void;
  /** The request has left the queue. */
  readonly onStart?: () => void;
  readonly signal?: AbortSignal;
}

interface Job {
  readonly request: GenerationRequest;
  readonly hooks: GenerateHooks;
  readonly acceptedAtMs: number;
  readonly acceptedAtEpochMs: number;
  readonly resolve: (record: GenerationRecord) => void;
  startedAtMs: number | null;
  /** What has arrived of its script: all that is left of it when the worker dies. */
  text: string;
  generatedTokens: number;
  /** Whether the model that writes has the syntax guard, and was to use it. */
  isGuarded: boolean;
  settled: boolean;
}

interface LoadInProgress {
  /** Ends it before the worker does. */
  end: (cause: Failure) => void;
  isOver: boolean;
  /** False while it waits for the worker before to end. */
  isInWorker: boolean;
}

/** Requests that may wait at once; further ones are refused rather than kept waiting for minutes. */
export const MAX_WAITING = 100;

/** How long the worker may take to obey a cancel before it is ended and started anew. */
const CANCEL_GRACE_MS = 15_000;

export class EngineClient {
  readonly #options: EngineClientOptions;
  #worker: EngineWorker | null = null;
  /** What the last load in this worker asked for. */
  #workerOptions: LoadOptions | null = null;
  #loaded: { options: LoadOptions; engine: EngineDescription } | null = null;
  #waiting: Job[] = [];
  #running: Job | null = null;
  #lastRun: Promise<void> = Promise.resolve();
  /** Ends the request that runs before the worker does. */
  #endRun: ((outcome: EngineOutcome) => void) | null = null;
  #loading: LoadInProgress | null = null;
  #restarts = 0;

  constructor(options: EngineClientOptions) {
    this.#options = options;
  }

  get engine(): EngineDescription | null {
    return this.#loaded?.engine ?? null;
  }

  /** Requests that wait, without the one that runs. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  get restartCount(): number {
    return this.#restarts;
  }

  /**
   * Loads a model, in place of the one before. Requests that wait stay in the queue and use the new one; when it cannot
   * be loaded they fail as it did. A load in progress ends as cancelled.
   */
  async load(
    options: LoadOptions,
    onProgress: (progress: LoadProgress) => void = () => {},
  ): Promise<Result<LoadReport>> {
    this.#loaded = null;
    this.#loading?.end(failure('model/load-cancelled'));
    const loading: LoadInProgress = { end: () => {}, isOver: false, isInWorker: false };
    this.#loading = loading;
    const result = await this.#raceCrash<Result<LoadReport>>(
      () => this.#loadInWorker(options, onProgress, loading),
      (end) => {
        loading.end = (cause) => {
          loading.isOver = true;
          end({ ok: false, failure: cause });
        };
      },
      (cause) => ({ ok: false, failure: cause }),
    );
    // Another load has taken its place, and the requests that wait with it.
    if (this.#loading !== loading) return result;
    this.#loading = null;
    if (result.ok) {
      this.#loaded = { options, engine: result.value.engine };
      this.#pump();
      return result;
    }
    // ONNX Runtime refuses for good once it could not start, so that trying again takes a worker of its own.
    if (result.failure.code !== 'model/load-cancelled') this.#endWorker(result.failure);
    this.#failWaiting(result.failure);
    return result;
  }

  /** The load in progress, if any, ends as cancelled: at once, or as soon as the worker can stop. */
  cancelLoad(): void {
    const loading = this.#loading;
    if (loading?.isInWorker === false) loading.end(failure('model/load-cancelled'));
    // Not waited for: a worker that is ended meanwhile never answers.
    else void this.#worker?.api.cancelLoad();
  }

  /**
   * Queues a request and returns its record when it has ended, however it ended: never rejects.
   * A failed request has `finishReason: 'error'` and a `failure`.
   */
  generate(input: GenerateInput, hooks: GenerateHooks = {}): Promise<GenerationRecord> {
    return new Promise((resolve) => {
      const job: Job = {
        request: { id: this.#options.newId(), prompt: input.prompt, parameters: input.parameters },
        hooks,
        acceptedAtMs: this.#options.now(),
        acceptedAtEpochMs: this.#options.epochNow(),
        resolve,
        startedAtMs: null,
        text: '',
        generatedTokens: 0,
        isGuarded: false,
        settled: false,
      };
      hooks.onAccepted?.({
        id: job.request.id,
        acceptedAtEpochMs: job.acceptedAtEpochMs,
        acceptedAtMs: job.acceptedAtMs,
      });
      if (this.#loaded === null && this.#loading === null) {
        this.#settle(job, unstartedOutcome('error', failure('engine/not-loaded')));
        return;
      }
      if (this.#waiting.length >= MAX_WAITING) {
        this.#settle(
          job,
          unstartedOutcome(
            'error',
            failure('request/queue-full', undefined, { waiting: MAX_WAITING }),
          ),
        );
        return;
      }
      if (hooks.signal?.aborted === true) {
        this.#settle(job, unstartedOutcome('cancelled', null));
        return;
      }
      hooks.signal?.addEventListener('abort', () => this.#cancel(job), { once: true });
      this.#waiting.push(job);
      this.#announceQueue();
      this.#pump();
    });
  }

  async countTokens(prompt: string): Promise<Result<number>> {
    if (this.#worker === null || this.#loaded === null) {
      return { ok: false, failure: failure('engine/not-loaded') };
    }
    return this.#worker.api.countTokens(prompt);
  }

  async memory(): Promise<EngineMemory | null> {
    return this.#worker === null ? null : this.#worker.api.memory();
  }

  /** For tests: destroys the graphics device as a driver crash does. Resolves to false where there is none. */
  async loseDevice(): Promise<boolean> {
    return this.#worker === null ? false : this.#worker.api.loseDevice();
  }

  /** For tests: ends the worker as a crash of its process does. */
  crashWorker(): void {
    this.#onCrash('ended by a test');
  }

  /** Ends the worker; the load and every request that runs or waits end as cancelled. */
  dispose(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const job of waiting) this.#settle(job, unstartedOutcome('cancelled', null));
    this.#loaded = null;
    this.#dropWorker();
    this.#loading?.end(failure('model/load-cancelled'));
    if (this.#running !== null) this.#endRun?.(cutShort(this.#running, 'cancelled', null));
  }

  #pump(): void {
    if (this.#running !== null || this.#loaded === null) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running = job;
    job.startedAtMs = this.#options.now();
    job.isGuarded = job.request.parameters.guard && this.#loaded.engine.source === 'pack';
    this.#announceQueue();
    job.hooks.onStart?.();
    this.#lastRun = this.#run(job);
  }

  async #run(job: Job): Promise<void> {
    const outcome = await this.#raceCrash<EngineOutcome>(
      () =>
        this.#startedWorker().api.generate(
          job.request,
          proxy((event: TokenEvent) => {
            if (job.settled) return;
            job.text += event.text;
            job.generatedTokens = event.generatedTokens;
            job.hooks.onToken?.(event);
          }),
        ),
      (end) => (this.#endRun = end),
      (cause) => cutShort(job, 'error', cause),
    );
    this.#endRun = null;
    this.#running = null;
    this.#settle(job, outcome);
    this.#announceQueue();
    this.#pump();
  }

  async #loadInWorker(
    options: LoadOptions,
    onProgress: (progress: LoadProgress) => void,
    loading: LoadInProgress,
  ): Promise<Result<LoadReport>> {
    if (this.#workerOptions !== null && !runAlike(this.#workerOptions, options)) {
      await this.#endRunning();
      if (loading.isOver) return { ok: false, failure: failure('model/load-cancelled') };
      this.#dropWorker();
    }
    const worker = this.#startedWorker();
    this.#workerOptions = options;
    loading.isInWorker = true;
    const onEvent = (event: EngineEvent): void => {
      // What a worker sent before it was ended can arrive after that.
      if (this.#worker === worker) this.#onEngineEvent(event);
    };
    return worker.api.load(options, proxy(onProgress), proxy(onEvent));
  }

  #startedWorker(): EngineWorker {
    this.#worker ??= this.#options.spawn((message) => this.#onCrash(message));
    return this.#worker;
  }

  /** The request that runs, if any, ends with the text it has. */
  async #endRunning(): Promise<void> {
    if (this.#running === null) return;
    this.#cancel(this.#running);
    await this.#lastRun;
  }

  #dropWorker(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#workerOptions = null;
  }

  /** Ends the worker, and with it the load and the request that are in it. */
  #endWorker(cause: Failure): void {
    this.#dropWorker();
    this.#loading?.end(cause);
    if (this.#running !== null) this.#endRun?.(cutShort(this.#running, 'error', cause));
  }

  /** Comlink leaves calls to a dead worker pending for ever; `expose` hands out what ends this one. */
  async #raceCrash<T>(
    call: () => Promise<T>,
    expose: (end: (value: T) => void) => void,
    toValue: (failure: Failure) => T,
  ): Promise<T> {
    const ended = new Promise<T>((resolve) => expose(resolve));
    try {
      return await Promise.race([call(), ended]);
    } catch (error) {
      return toValue(failure('engine/worker-crashed', undefined, { cause: describe(error) }));
    }
  }

  #cancel(job: Job): void {
    if (job.settled) return;
    const index = this.#waiting.indexOf(job);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
      this.#settle(job, unstartedOutcome('cancelled', null));
      this.#announceQueue();
      return;
    }
    if (this.#running !== job) return;
    void this.#worker?.api.cancel(job.request.id);
    setTimeout(() => {
      if (!job.settled) this.#onCrash('did not obey a cancel', 'unresponsive');
    }, CANCEL_GRACE_MS);
  }

  #onCrash(message: string, reason: 'crashed' | 'unresponsive' = 'crashed'): void {
    const cause = failure('engine/worker-crashed', undefined, { cause: message });
    const reload = this.#loaded;
    const isLoading = this.#loading !== null;
    this.#loaded = null;
    this.#endWorker(cause);
    this.#restarts += 1;
    const restarts = this.#restarts;
    this.#options.onEvent({ kind: 'worker-crashed', reason, message, restarts });
    // The load that was in it tells its own ending.
    if (reload === null && isLoading) return this.#failWaiting(cause);
    // A model that crashes the worker again and again must not keep the page busy for ever.
    if (reload === null || this.#restarts > 5) {
      this.#failWaiting(cause);
      this.#options.onEvent({ kind: 'recovery-failed', failure: cause });
      return;
    }
    void this.load(reload.options).then((result) => {
      if (result.ok) {
        this.#options.onEvent({ kind: 'recovered', engine: result.value.engine });
      } else if (result.failure.code !== 'model/load-cancelled') {
        this.#options.onEvent({ kind: 'recovery-failed', failure: result.failure });
      }
    });
  }

  #failWaiting(cause: Failure): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const job of waiting) this.#settle(job, unstartedOutcome('error', cause));
    this.#announceQueue();
  }

  #onEngineEvent(event: EngineEvent): void {
    if (event.kind === 'recovered' && this.#loaded !== null) {
      this.#loaded = { ...this.#loaded, engine: event.engine };
    }
    if (event.kind === 'recovery-failed') {
      // The load that is in progress in its place has an ending of its own.
      if (this.#loading !== null) return;
      this.#loaded = null;
      this.#endWorker(event.failure);
      this.#failWaiting(event.failure);
    }
    this.#options.onEvent(event);
  }

  #announceQueue(): void {
    const isBusy = this.#running !== null ? 1 : 0;
    for (const [index, job] of this.#waiting.entries()) job.hooks.onPosition?.(index + isBusy);
    this.#options.onEvent({
      kind: 'queue',
      waiting: this.#waiting.length,
      running: this.#running !== null,
    });
  }

  #settle(job: Job, outcome: EngineOutcome): void {
    if (job.settled) return;
    job.settled = true;
    const finishedAtMs = this.#options.now() - job.acceptedAtMs;
    const offsetMs = job.startedAtMs === null ? null : job.startedAtMs - job.acceptedAtMs;
    const shifted = (ms: number | null): number | null =>
      ms === null || offsetMs === null ? null : offsetMs + ms;
    job.resolve({
      schemaVersion: 1,
      id: job.request.id,
      acceptedAtEpochMs: job.acceptedAtEpochMs,
      prompt: job.request.prompt,
      text: outcome.text,
      parameters: job.request.parameters,
      seed: outcome.seed,
      engine: outcome.engine,
      finishReason: outcome.finishReason,
      failure: outcome.failure,
      tokens: outcome.tokens,
      guard: outcome.guard,
      // Whoever asked has the checkers: see state/requests.ts.
      syntax: null,
      dangers: [],
      timestamps: {
        startedMs: offsetMs,
        tokenizedMs: shifted(outcome.tokenizedMs),
        prefilledMs: shifted(outcome.prefilledMs),
        firstTokenMs: shifted(outcome.firstTokenMs),
        lastTokenMs: shifted(outcome.lastTokenMs),
        finishedMs: finishedAtMs,
      },
      tokenGapsMs: outcome.tokenGapsMs,
    });
  }
}

/**
 * ONNX Runtime makes its threads once per worker, with its first session, and keeps its memory as long; our own models
 * and those of the hub run on builds of their own.
 */
function runAlike(before: LoadOptions, after: LoadOptions): boolean {
  return (
    before.threads === after.threads &&
    before.backend === after.backend &&
    before.source.kind === after.source.kind
  );
}

/** How a request ends whose worker is gone: with what has arrived of its script. */
function cutShort(
  job: Job,
  finishReason: 'cancelled' | 'error',
  cause: Failure | null,
): EngineOutcome {
  const outcome = unstartedOutcome(finishReason, cause);
  const tokens = { ...outcome.tokens, generated: job.generatedTokens };
  const guard = { ...outcome.guard, on: job.isGuarded && job.generatedTokens > 0 };
  return { ...outcome, text: job.text, tokens, guard };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
