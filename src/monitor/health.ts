/**
 * Tells whether the model is there and, asked for a deep check, whether it really answers: by a short inference that goes
 * to the engine directly, so that it is no request and changes no figure but `health_checks_total`.
 */
import { failure, type Failure } from '../contracts/failure.ts';
import type { EngineDescription, GenerationRecord } from '../contracts/generation.ts';
import type { DeepHealth, HealthQuery, HealthReport } from '../contracts/health.ts';
import { healthChecked } from '../core/metrics/event-deltas.ts';
import type { HealthCheckKind, HealthCheckResult } from '../core/metrics/metric-labels.ts';
import { DEFAULT_PARAMETERS, type ParsedRequest } from '../core/prompt/parse-parameters.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { ReadEnvironment } from './page-environment.ts';

/** The engine as the page sees it: src/state/engine-status.svelte.ts. */
export interface HealthEngine {
  readonly state: { readonly kind: string; readonly cause?: string; readonly failure?: Failure };
  /** null while no model is ready. */
  readonly engine: EngineDescription | null;
  /** Wall clock; null while no model is ready. */
  readonly loadedAtEpochMs: number | null;
}

/** Generates past the recorder: src/bridge/engine-client.ts. */
export interface HealthProbe {
  generate(
    input: ParsedRequest,
    hooks: { readonly signal: AbortSignal; readonly onStart: () => void },
  ): Promise<Pick<GenerationRecord, 'failure' | 'tokens'>>;
}

export interface HealthOptions {
  readonly engine: HealthEngine;
  readonly client: HealthProbe;
  readonly store: Pick<MonitorStore, 'add'>;
  readonly readEnvironment: ReadEnvironment;
  readonly versions: DeepHealth['versions'];
  /** Wall clock: when the page was opened. */
  readonly startedAtEpochMs: number;
  /** The same by the monotonic clock. */
  readonly startedAtMs: number;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  readonly epochNow: () => number;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

/** A deep check costs the reader's device: in between, the last result is given again. */
export const DEEP_INTERVAL_MS = 30_000;

/** From asking to the last token, waiting behind other requests included. */
export const DEEP_LIMIT_MS = 30_000;

const PROBE: ParsedRequest = {
  prompt: 'list files',
  parameters: { ...DEFAULT_PARAMETERS, max_tokens: 4, guard: false, timeout_ms: DEEP_LIMIT_MS },
};

interface Inference {
  readonly failure: Failure | null;
  readonly inferenceMs: number;
  readonly generatedTokens: number;
  /** Monotonic. */
  readonly endedAtMs: number;
  /** Which load of which model it tells of. */
  readonly loadedAtEpochMs: number | null;
}

export class Health {
  readonly #options: HealthOptions;
  #last: Inference | null = null;
  #running: Promise<Inference> | null = null;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** Never rejects. `healthy` in a deep check means that the last inference went well, at most 30 s ago. */
  async check({ deep = false, askers = 1 }: HealthQuery = {}): Promise<HealthReport> {
    if (!deep) {
      const report = this.#report(null, null);
      this.#count('shallow', report.status, askers);
      return report;
    }
    const isLoaded = this.#options.engine.engine !== null;
    const recent = isLoaded ? this.#recent() : null;
    const inference = isLoaded ? (recent ?? (await this.#infer())) : null;
    const report = this.#report(inference, await this.#describe(inference));
    this.#count('deep', recent === null ? report.status : 'throttled', askers);
    return report;
  }

  #report(inference: Inference | null, deep: DeepHealth | null): HealthReport {
    const { engine, startedAtEpochMs, startedAtMs, now, epochNow } = this.#options;
    // Looked at after the inference: the model can have been lost meanwhile.
    const running = engine.engine;
    const cause = running === null ? whyNoModel(engine.state) : (inference?.failure ?? null);
    return {
      status: cause === null ? 'healthy' : 'unhealthy',
      failure: cause,
      modelLoaded: running !== null,
      modelId: running?.modelId ?? null,
      backend: running?.backend ?? null,
      device: running === null ? null : describeDevice(running),
      loadedAtEpochMs: running === null ? null : engine.loadedAtEpochMs,
      startedAtEpochMs,
      uptimeSeconds: (now() - startedAtMs) / 1000,
      atEpochMs: epochNow(),
      deep,
    };
  }

  async #describe(inference: Inference | null): Promise<DeepHealth> {
    const { readEnvironment, versions, now } = this.#options;
    const environment = await readEnvironment();
    return {
      inferenceMs: inference === null ? null : inference.inferenceMs,
      generatedTokens: inference?.generatedTokens ?? 0,
      ageMs: inference === null ? 0 : Math.max(0, now() - inference.endedAtMs),
      ...environment,
      versions,
    };
  }

  /** The last inference, if it is of the same model and at most 30 s old; null while one is running. */
  #recent(): Inference | null {
    const { engine, now } = this.#options;
    const last = this.#last;
    if (this.#running !== null || last?.loadedAtEpochMs !== engine.loadedAtEpochMs) return null;
    return now() - last.endedAtMs < DEEP_INTERVAL_MS ? last : null;
  }

  /** Callers that come in meanwhile share it. */
  #infer(): Promise<Inference> {
    this.#running ??= this.#probe().then((inference) => {
      this.#running = null;
      this.#last = inference;
      return inference;
    });
    return this.#running;
  }

  async #probe(): Promise<Inference> {
    const { client, engine, now, after } = this.#options;
    const { loadedAtEpochMs } = engine;
    const askedAtMs = now();
    const abort = new AbortController();
    let hasStarted = false;
    const callOff = after(DEEP_LIMIT_MS, () => abort.abort());
    const record = await client.generate(PROBE, {
      signal: abort.signal,
      onStart: () => (hasStarted = true),
    });
    callOff();
    const endedAtMs = now();
    return {
      failure: judge(record, abort.signal.aborted, hasStarted),
      inferenceMs: endedAtMs - askedAtMs,
      generatedTokens: record.tokens.generated,
      endedAtMs,
      loadedAtEpochMs,
    };
  }

  /** Not waited for: a check answers also where nothing can be stored. */
  #count(kind: HealthCheckKind, result: HealthCheckResult, checks = 1): void {
    const { store, epochNow } = this.#options;
    void store.add([healthChecked(epochNow(), kind, result, checks)]);
  }
}

function judge(
  record: Pick<GenerationRecord, 'failure' | 'tokens'>,
  isOverdue: boolean,
  hasStarted: boolean,
): Failure | null {
  if (record.failure !== null) return record.failure;
  if (isOverdue) {
    const limit = `${DEEP_LIMIT_MS / 1000} s`;
    return failure(
      'engine/inference-failed',
      hasStarted
        ? `The model gave no answer within ${limit}.`
        : `The model was busy with other requests for ${limit}.`,
      { limitMs: DEEP_LIMIT_MS },
    );
  }
  return record.tokens.generated > 0
    ? null
    : failure('engine/inference-failed', 'The model wrote nothing.');
}

function whyNoModel({ kind, cause, failure: known }: HealthEngine['state']): Failure {
  if (known !== undefined) return known;
  if (kind !== 'recovering') return failure('engine/not-loaded');
  return failure(cause === 'device-lost' ? 'engine/device-lost' : 'engine/worker-crashed');
}

function describeDevice({ backend, adapter, threads }: EngineDescription): string {
  if (backend === 'webgpu') return adapter ?? 'WebGPU, adapter not told';
  return threads === 1 ? 'WASM, 1 thread' : `WASM, ${threads} threads`;
}
