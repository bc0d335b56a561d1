/**
 * What a request for bash is, and the one record that every request becomes, however it ends.
 * Everything else (metrics, traces, logs, exports) is a view of records.
 */
import type { Failure } from './failure.ts';
import type { SyntaxResult } from './syntax.ts';

/** Names as every model service spells them; they are what `window.shellwright.generate` and `POST generate` take. */
export interface GenerationParameters {
  /** 0 is greedy; [0, 2]. */
  readonly temperature: number;
  /** How many of the likeliest tokens stay; 0 is off; integer in [0, 1000]. */
  readonly top_k: number;
  /** Probability mass that stays; 1 is off; (0, 1]. */
  readonly top_p: number;
  /** Least probability relative to the likeliest token; 0 is off; [0, 1]. */
  readonly min_p: number;
  /** Divides the logits of tokens seen in the last 64; 1 is off; [1, 2]. */
  readonly repetition_penalty: number;
  /** The same seed, model and backend give the same text, in int8 nearly always; null picks one, and the record says which. */
  readonly seed: number | null;
  /** Tokens to write at most; integer in [1, the model's context length]. */
  readonly max_tokens: number;
  /** Texts that end the generation and are cut from it; at most 8, each at most 64 characters. */
  readonly stop: readonly string[];
  /** From the start of decoding, in milliseconds; [100, 3600000]. */
  readonly timeout_ms: number;
  /** Whether tokens that would make the script invalid are refused. */
  readonly guard: boolean;
}

/** A request as the engine takes it: checked, with every parameter present. */
export interface GenerationRequest {
  readonly id: string;
  readonly prompt: string;
  readonly parameters: GenerationParameters;
}

export type FinishReason = 'stop' | 'length' | 'cancelled' | 'timeout' | 'error';

export type BackendName = 'webgpu' | 'wasm';

/** Element type of the activations. `int8` has int8 weights and fp32 activations. */
export type Precision = 'f16' | 'f32' | 'int8';

/** What wrote the text. */
export interface EngineDescription {
  readonly modelId: string;
  readonly modelName: string;
  /** `pack` is our own decode loop, `hub` a model of the Hugging Face hub through transformers.js. */
  readonly source: 'pack' | 'hub';
  readonly backend: BackendName;
  readonly precision: Precision | (string & {});
  /** WASM threads; 1 on WebGPU. */
  readonly threads: number;
  /** The graphics adapter in words; null on WASM. */
  readonly adapter: string | null;
  /** Why this backend runs, for people. */
  readonly reason: string;
  readonly contextLength: number;
  readonly vocabularySize: number | null;
  /** Transformer blocks; null where the model's description does not say. */
  readonly layers: number | null;
  /** Width of the hidden state; null where the model's description does not say. */
  readonly width: number | null;
}

/**
 * When each phase ended, in milliseconds on the monotonic clock since the request was accepted.
 * null: the request ended before that phase did.
 */
export interface PhaseTimestamps {
  readonly startedMs: number | null;
  readonly tokenizedMs: number | null;
  readonly prefilledMs: number | null;
  readonly firstTokenMs: number | null;
  readonly lastTokenMs: number | null;
  /** Always there: when the outcome was known. */
  readonly finishedMs: number;
}

/** What the syntax guard did. Figures of guarded and unguarded generations must not be mixed. */
export interface GuardReport {
  /** Off where it was switched off, where the beginning was invalid already, and for models of the hub. */
  readonly on: boolean;
  /** Candidate tokens that were not taken. */
  readonly refusedTokens: number;
  /** The end was cut back to where the script was complete. */
  readonly cutBack: boolean;
}

/** bash's verdict on the whole script, a given beginning included. */
export interface RecordedSyntax {
  readonly result: SyntaxResult;
  /** 1-based, of the first error; null where there is none. */
  readonly line: number | null;
}

export interface TokenCounts {
  readonly prompt: number;
  /** Prompt tokens whose KV was still there from the request before. */
  readonly promptCached: number;
  readonly generated: number;
}

export interface GenerationRecord {
  readonly schemaVersion: 1;
  readonly id: string;
  /** Wall clock when the request was accepted. */
  readonly acceptedAtEpochMs: number;
  readonly prompt: string;
  readonly text: string;
  readonly parameters: GenerationParameters;
  /** The seed that was used, also where the request left it open. null before decoding began. */
  readonly seed: number | null;
  readonly engine: EngineDescription | null;
  readonly finishReason: FinishReason;
  readonly failure: Failure | null;
  readonly tokens: TokenCounts;
  readonly guard: GuardReport;
  /** null where the request failed or was stopped before the first token, and where the checker could not be loaded. */
  readonly syntax: RecordedSyntax | null;
  /** Ids of the rules for destructive commands that the script meets, each once. */
  readonly dangers: readonly string[];
  readonly timestamps: PhaseTimestamps;
  /** Milliseconds between one token and the next; one fewer than `tokens.generated`. */
  readonly tokenGapsMs: readonly number[];
}
