/**
 * What a loaded model offers, whichever way it runs: our own decode loop (`pack/`) or transformers.js (`hub/`).
 * The engine above it knows nothing else.
 */
import type {
  EngineEvent,
  EngineMemory,
  EngineOutcome,
  LoadProgress,
  TokenEvent,
} from '../contracts/engine.ts';
import type { EngineDescription, GenerationRequest } from '../contracts/generation.ts';
import type { Result } from '../contracts/failure.ts';

export interface TextModel {
  readonly description: EngineDescription;
  /**
   * Writes text until a stop, a limit or an abort. Never throws for an expected failure: a device loss, a prompt that
   * is too long or a failing computation come back as `finishReason: 'error'` with the text and timings so far.
   * @param signal cancels within one token; the reason `'timeout'` makes the finish reason `timeout`.
   * @param startedAtMs `performance.now()` when the call arrived; every timestamp in the outcome counts from it.
   */
  generate(
    request: GenerationRequest,
    onToken: (event: TokenEvent) => void,
    signal: AbortSignal,
    startedAtMs: number,
  ): Promise<EngineOutcome>;
  countTokens(prompt: string): Result<number> | Promise<Result<number>>;
  memory(): EngineMemory;
  /** For tests: destroys the graphics device. Absent, or false, where there is none. */
  loseDevice?(): boolean;
  /** Frees sessions, buffers and the device. The model cannot be used afterwards. */
  release(): Promise<void>;
}

/** What loading tells while it goes on, and how it is stopped. */
export interface LoadHooks {
  readonly onProgress: (progress: LoadProgress) => void;
  readonly onEvent: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
  /** Loads again what was lost: what is on the device, without a look for anything newer. */
  readonly isRecovery: boolean;
}
