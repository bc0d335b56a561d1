/** What a health check answers. `healthy` is never said while no model is loaded. */
import type { Failure } from './failure.ts';
import type { BackendName } from './generation.ts';

export interface HealthReport {
  readonly status: 'healthy' | 'unhealthy';
  /** Why it is unhealthy: `engine/not-loaded` while no model is there; null where it is healthy. */
  readonly failure: Failure | null;
  readonly modelLoaded: boolean;
  readonly modelId: string | null;
  readonly backend: BackendName | null;
  /** What computes, in words: the graphics adapter, or WASM and its threads; null while no model is loaded. */
  readonly device: string | null;
  /** Wall clock; null while no model is loaded. */
  readonly loadedAtEpochMs: number | null;
  /** Wall clock: when the page was opened. */
  readonly startedAtEpochMs: number;
  /** By the monotonic clock. */
  readonly uptimeSeconds: number;
  readonly atEpochMs: number;
  /** null in a shallow check. */
  readonly deep: DeepHealth | null;
}

/** What a deep check adds. It infers for real, at most once in 30 s; in between the last result is given again. */
export interface DeepHealth {
  /** From asking to the last of a few tokens, queue included; null where no inference took place. */
  readonly inferenceMs: number | null;
  readonly generatedTokens: number;
  /** How old the result is; 0 for a new one. */
  readonly ageMs: number;
  readonly storage: {
    readonly usedBytes: number;
    readonly quotaBytes: number;
    readonly isPersistent: boolean;
  } | null;
  readonly serviceWorker: 'active' | 'installing' | 'none';
  readonly isCrossOriginIsolated: boolean;
  readonly versions: {
    readonly app: string;
    readonly onnxRuntime: string;
    readonly userAgent: string;
  };
}

export interface HealthQuery {
  /** Infers for real; left out is false. */
  readonly deep?: boolean;
  /** How many ask at once for one answer, each of them counted; left out is 1. */
  readonly askers?: number;
}

/** Checks the health of the page; never rejects. */
export type CheckHealth = (options?: HealthQuery) => Promise<HealthReport>;
