/**
 * Writes down every request: when it is accepted, and when it has ended. Nothing here waits for the store or lets its
 * trouble reach whoever generates.
 */
import type { Failure } from '../contracts/failure.ts';
import type {
  EngineDescription,
  GenerationParameters,
  GenerationRecord,
} from '../contracts/generation.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import { acceptDelta, endDeltas } from '../core/metrics/request-deltas.ts';
import {
  closedRequestRecord,
  openRequestRecord,
  refusedRequestRecord,
  type RequestEnd,
} from '../core/metrics/to-request-record.ts';
import { requestFigures } from '../core/metrics/request-figures.ts';
import { traceIdOf } from '../core/trace/trace-ids.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { Log } from './monitor-access.ts';

export interface RecorderOptions {
  readonly store: Pick<MonitorStore, 'open' | 'close'>;
  readonly log: Log;
  readonly pageId: string;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  readonly epochNow: () => number;
  readonly newId: () => string;
  /** What is loaded now. */
  readonly engine: () => EngineDescription | null;
  readonly isDebug: () => boolean;
}

export interface Acceptance {
  readonly id: string;
  readonly acceptedAtEpochMs: number;
  /** By the monotonic clock. */
  readonly acceptedAtMs: number;
  readonly prompt: string;
  readonly parameters: GenerationParameters;
}

export interface RefusedRequest {
  /** Empty where it was no text. */
  readonly prompt: string;
  /** null where they were what was wrong. */
  readonly parameters: GenerationParameters | null;
}

/** Wall clock and monotonic clock differ by more: the device slept, or its clock was set. */
const MAX_DIVERGENCE_MS = 1_000;

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #active = new Map<string, Pick<Acceptance, 'acceptedAtEpochMs' | 'acceptedAtMs'>>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  accept(acceptance: Acceptance): void {
    this.#quietly(() => {
      const { pageId, engine, log } = this.#options;
      const { id, acceptedAtEpochMs, acceptedAtMs, parameters } = acceptance;
      this.#active.set(id, { acceptedAtEpochMs, acceptedAtMs });
      const open = openRequestRecord({ ...acceptance, pageId, engine: engine() });
      this.#open(open);
      log(
        'info',
        'monitor',
        'request accepted',
        {
          promptChars: open.promptChars,
          maxTokens: parameters.max_tokens,
          guard: parameters.guard,
          modelId: open.engine?.modelId ?? null,
          backend: open.engine?.backend ?? null,
        },
        traceIdOf(id),
      );
    });
  }

  /** `record` is complete; `checkedMs` is since the request was accepted. */
  end(record: GenerationRecord, checkedMs: number | null): void {
    this.#quietly(() => {
      const { pageId, now, epochNow, isDebug, log } = this.#options;
      const accepted = this.#active.get(record.id);
      this.#active.delete(record.id);
      const endedAtEpochMs = epochNow();
      const passedMs = accepted === undefined ? 0 : now() - accepted.acceptedAtMs;
      const passedEpochMs =
        accepted === undefined ? 0 : endedAtEpochMs - accepted.acceptedAtEpochMs;
      const closed = closedRequestRecord(record, {
        pageId,
        // Where the clock was set back meanwhile, the order is kept.
        endedAtEpochMs: Math.max(endedAtEpochMs, record.acceptedAtEpochMs),
        checkedMs,
        isSuspended: Math.abs(passedEpochMs - passedMs) > MAX_DIVERGENCE_MS,
        debug: isDebug() ? debugDetail(record.engine) : null,
      });
      this.#close(closed, accepted?.acceptedAtMs ?? null);
      this.#logEnd(closed, log);
    });
  }

  /** A request that never reached the engine. */
  refuse(cause: Failure, { prompt, parameters }: RefusedRequest): void {
    this.#quietly(() => {
      const { pageId, newId, now, epochNow, engine, log } = this.#options;
      const acceptance = {
        id: newId(),
        acceptedAtEpochMs: epochNow(),
        acceptedAtMs: now(),
        prompt,
        parameters,
      };
      const open = openRequestRecord({ ...acceptance, pageId, engine: engine() });
      const closed = refusedRequestRecord(open, cause, acceptance.acceptedAtEpochMs);
      this.#open(open);
      this.#close(closed, null);
      const { code, field } = closed.failure ?? { code: cause.code, field: null };
      const fields = { code, field, promptChars: open.promptChars };
      log('warn', 'monitor', 'request refused', fields, traceIdOf(open.id));
    });
  }

  #open(open: RequestRecord): void {
    this.#options.store.open(open, acceptDelta(open)).catch(ignore);
  }

  #close(closed: RequestRecord, acceptedAtMs: number | null): void {
    const { store, now } = this.#options;
    const storedMs = acceptedAtMs === null ? null : now() - acceptedAtMs;
    const timestamps = { ...closed.timestamps, storedMs };
    store.close({ ...closed, timestamps }, endDeltas(closed)).catch(ignore);
  }

  #logEnd(closed: RequestRecord, log: Log): void {
    const { outcome, failure: cause, tokens, timestamps } = closed;
    const figures = requestFigures(closed);
    const level = outcome === 'error' ? 'error' : outcome === 'timeout' ? 'warn' : 'info';
    log(
      level,
      'monitor',
      'request ended',
      {
        outcome,
        code: cause?.code ?? null,
        promptTokens: tokens.prompt,
        generatedTokens: tokens.generated,
        totalTokens: tokens.prompt + tokens.generated,
        tokensPerSecond: rounded(figures.tokensPerSecond),
        latencyMs: rounded(timestamps.lastTokenMs ?? timestamps.finishedMs),
        firstTokenMs: rounded(timestamps.firstTokenMs),
        queueMs: rounded(timestamps.startedMs),
        outputChars: closed.outputChars,
        syntax: closed.syntax?.result ?? null,
        dangers: closed.dangers.length,
        isSuspended: closed.isSuspended,
      },
      traceIdOf(closed.id),
    );
    if (closed.debug === null) return;
    const { inputTokens, modelConfig, samplingParameters, totalProcessingTimeMs } = closed.debug;
    log(
      'debug',
      'monitor',
      'request detail',
      {
        inputTokens,
        ...modelConfig,
        ...samplingParameters,
        seed: closed.seed,
        totalProcessingTimeMs: rounded(totalProcessingTimeMs),
      },
      traceIdOf(closed.id),
    );
  }

  #quietly(work: () => void): void {
    try {
      work();
    } catch {
      // Monitoring never breaks generating.
    }
  }
}

/** A store must not throw; if one does, it has nothing to do with whoever generates. */
function ignore(): void {}

function debugDetail(engine: EngineDescription | null): RequestEnd['debug'] {
  return {
    modelConfig: {
      vocabularySize: engine?.vocabularySize ?? null,
      layers: engine?.layers ?? null,
      width: engine?.width ?? null,
    },
  };
}

/** Two decimals are enough to read. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}
