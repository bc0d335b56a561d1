/**
 * Computes how near scripts are to their prompts, in time that nobody else needs: only while the engine is idle, in a
 * worker of its own, one pair after the other. Prompt and script are in memory until then, and nowhere else.
 */
import type { Failure, Result } from '../contracts/failure.ts';
import type { GenerationRecord } from '../contracts/generation.ts';
import { telemetryDropped } from '../core/metrics/event-deltas.ts';
import { similarityDelta } from '../core/metrics/request-deltas.ts';
import type { MonitorStore } from '../store/monitor-port.ts';

/** The worker: src/bridge/spawn-embedding.ts. */
export interface SimilarityWorker {
  load(): Promise<Result<void>>;
  similarity(a: string, b: string): Promise<Result<number>>;
  terminate(): void;
}

/** `waiting`: for the first request that has ended, or for the engine to be idle. */
export type SimilarityStatus =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface SimilarityOptions {
  readonly spawn: () => SimilarityWorker;
  readonly store: Pick<MonitorStore, 'record' | 'amend' | 'add'>;
  /** Whether a request runs or waits, or a model is being loaded. */
  readonly isBusy: () => boolean;
  readonly epochNow: () => number;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly onStatus: (status: SimilarityStatus) => void;
}

export type SimilarityInput = Pick<GenerationRecord, 'id' | 'prompt' | 'text' | 'finishReason'>;

interface Pair {
  readonly id: string;
  readonly prompt: string;
  readonly text: string;
  /** How often its record had not reached the store yet. */
  readonly tries: number;
}

/** Pairs that may wait; then the oldest is dropped and counted. */
export const MAX_PAIRS = 100;
/** The engine has been idle for so long: the next request of a row has had time to come. */
export const IDLE_MS = 1_000;
/** After the last pair: the worker holds some 80 MB. */
export const KEEP_WORKER_MS = 120_000;
/** After a load that failed, offline for example; each time twice as long, up to an hour. */
export const RETRY_MS = 60_000;
const MAX_RETRY_MS = 3_600_000;
const MAX_TRIES = 3;

export class Similarity {
  readonly #options: SimilarityOptions;
  #pairs: Pair[] = [];
  #worker: SimilarityWorker | null = null;
  #isLoaded = false;
  #isWorking = false;
  #isWanted = false;
  #isDisposed = false;
  #callOff: (() => void) | null = null;
  #callOffEnd: (() => void) | null = null;
  #retryAtMs = 0;
  #failedLoads = 0;

  constructor(options: SimilarityOptions) {
    this.#options = options;
    options.onStatus({ kind: 'waiting' });
  }

  /** Of requests that were cut off, the script says little about the prompt: only whole ones count, and those at the limit. */
  offer({ id, prompt, text, finishReason }: SimilarityInput): void {
    const isWhole = finishReason === 'stop' || finishReason === 'length';
    if (this.#isDisposed || !isWhole || text.trim() === '' || prompt.trim() === '') return;
    this.#pairs.push({ id, prompt, text, tries: 0 });
    if (this.#pairs.length > MAX_PAIRS) {
      this.#pairs.shift();
      this.#countDropped('queue_overflow');
    }
    this.#wake();
  }

  /** Gets the model, once nobody else needs the processor, so that it is there when the first request has ended. */
  prepare(): void {
    this.#isWanted = true;
    this.#wake();
  }

  /**
   * To be called whenever what `isBusy` says may have changed. What the worker is at is broken off, and done again later: a
   * request must not share the processor.
   */
  onEngineChange(): void {
    if (!this.#options.isBusy()) {
      this.#wake();
      return;
    }
    this.#callOff?.();
    this.#callOff = null;
    if (this.#isWorking) this.#endWorker();
  }

  /** Forgets what waits and frees the worker. */
  dispose(): void {
    this.#isDisposed = true;
    this.#pairs = [];
    this.#callOff?.();
    this.#endWorker();
  }

  #wake(): void {
    if (!this.#hasWork || this.#isWorking || this.#isDisposed) return;
    const { after, epochNow } = this.#options;
    this.#callOff?.();
    const waitMs = Math.max(IDLE_MS, this.#retryAtMs - epochNow());
    this.#callOff = after(waitMs, () => {
      this.#callOff = null;
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#callOffEnd?.();
    while (this.#hasWork && this.#isFree() && (await this.#ensureLoaded())) {
      this.#isWanted = false;
      // Loading takes a while: a request may have come in meanwhile.
      if (!this.#isFree()) break;
      const pair = this.#pairs.shift();
      if (pair !== undefined && !(await this.#score(pair))) break;
    }
    this.#isWorking = false;
    if (this.#isDisposed) return;
    if (this.#isFree()) this.#wake();
    if (this.#worker !== null) {
      this.#callOffEnd = this.#options.after(KEEP_WORKER_MS, () => this.#endWorker());
    }
  }

  get #hasWork(): boolean {
    return this.#pairs.length > 0 || this.#isWanted;
  }

  #isFree(): boolean {
    return !this.#isDisposed && !this.#options.isBusy();
  }

  async #ensureLoaded(): Promise<boolean> {
    if (this.#worker !== null && this.#isLoaded) return true;
    const { spawn, onStatus, epochNow } = this.#options;
    onStatus({ kind: 'loading' });
    const worker = spawn();
    this.#worker = worker;
    const result = await worker.load();
    if (this.#worker !== worker) return false; // Broken off meanwhile.
    if (result.ok) {
      this.#isLoaded = true;
      this.#failedLoads = 0;
      onStatus({ kind: 'ready' });
      return true;
    }
    this.#endWorker();
    this.#retryAtMs = epochNow() + Math.min(RETRY_MS * 2 ** this.#failedLoads, MAX_RETRY_MS);
    this.#failedLoads += 1;
    onStatus({ kind: 'failed', failure: result.failure });
    return false;
  }

  /** Resolves to false where the next pair had better wait. */
  async #score(pair: Pair): Promise<boolean> {
    const { store } = this.#options;
    const worker = this.#worker;
    const result = await worker?.similarity(pair.prompt, pair.text);
    if (this.#isDisposed) return false;
    if (this.#worker !== worker) {
      this.#pairs.unshift(pair); // Broken off meanwhile.
      return false;
    }
    if (result?.ok !== true) {
      this.#countDropped('unavailable');
      // Whatever the worker failed at, a new one has the better chance.
      this.#endWorker();
      return true;
    }
    const found = await store.record(pair.id);
    const record = found.ok ? found.value : null;
    if (record === null || record.similarity !== null) return true;
    if (record.endedAtEpochMs === null) {
      // Its end is on its way to the store.
      if (pair.tries < MAX_TRIES) this.#pairs.push({ ...pair, tries: pair.tries + 1 });
      return false;
    }
    const change = { similarity: result.value };
    await store.amend(pair.id, change, similarityDelta(record, result.value));
    return true;
  }

  #endWorker(): void {
    this.#callOffEnd?.();
    this.#callOffEnd = null;
    if (this.#worker === null) return;
    this.#worker.terminate();
    this.#worker = null;
    this.#isLoaded = false;
    if (!this.#isDisposed) this.#options.onStatus({ kind: 'waiting' });
  }

  #countDropped(reason: 'queue_overflow' | 'unavailable'): void {
    const { store, epochNow } = this.#options;
    void store.add([telemetryDropped(epochNow(), 'similarity', reason, 1)]);
  }
}
