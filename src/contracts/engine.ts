/**
 * The wire between the page and the engine's worker. Everything here is structured-cloneable: failures are data,
 * cancelling is a call, and callbacks are Comlink proxies.
 */
import type { Failure, Result } from './failure.ts';
import type {
  BackendName,
  EngineDescription,
  FinishReason,
  GenerationRequest,
  GuardReport,
  Precision,
  TokenCounts,
} from './generation.ts';

export type BackendChoice = 'auto' | BackendName;

/** Where a model comes from: our own pack on this site, or a repository of the Hugging Face hub. */
export type ModelSource =
  | {
      readonly kind: 'pack';
      /** Absolute URL of the folder that holds manifest.json, with a trailing slash. */
      readonly baseUrl: string;
    }
  | {
      readonly kind: 'hub';
      /** For example `onnx-community/Qwen2.5-Coder-0.5B-Instruct`. */
      readonly repository: string;
      /** Host that lays out files as the hub does; null is the hub itself. */
      readonly host: string | null;
    };

export interface LoadOptions {
  readonly source: ModelSource;
  readonly backend: BackendChoice;
  /** null picks: f16 where the adapter has shader-f16; int8 on WASM with little memory; else f32. */
  readonly precision: Precision | null;
  /** WASM threads; null picks the number of cores (at most 8), and 1 where the page is not cross-origin isolated. */
  readonly threads: number | null;
  /** Absolute URLs of the WASM that the engine runs. */
  readonly runtimeUrls: RuntimeUrls;
}

export type RuntimeBuild = 'jspi' | 'asyncify' | 'wasm';

/** ONNX Runtime's files by build, and the bash recogniser. */
export type RuntimeUrls = Readonly<
  Record<RuntimeBuild, { readonly mjs: string; readonly wasm: string }>
> & { readonly bashParser: string };

/** `checking` looks at what is stored; `verifying` hashes it; `compiling` makes the sessions. */
export type LoadPhase =
  'checking' | 'downloading' | 'verifying' | 'expanding' | 'compiling' | 'warming-up';

export interface LoadProgress {
  readonly phase: LoadPhase;
  /** Bytes of the model that are here, and that there are. In phases without bytes both keep their last value. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** Bytes that came over the network in this load; the rest was on the device. */
  readonly downloadedBytes: number;
}

/** How long each part of loading took, in milliseconds, and where the model came from. */
export interface LoadReport {
  readonly engine: EngineDescription;
  readonly source: 'network' | 'cache' | 'mixed';
  readonly storage: 'opfs' | 'cache-api' | 'memory' | 'library';
  readonly persisted: boolean;
  readonly runtimeBuild: RuntimeBuild;
  readonly bytes: number;
  readonly phaseMs: Readonly<Partial<Record<LoadPhase, number>>>;
  readonly totalMs: number;
}

/** A piece of text as it is written. */
export interface TokenEvent {
  readonly requestId: string;
  /** Text that has become certain since the last event; may be empty. */
  readonly text: string;
  readonly generatedTokens: number;
  /** Milliseconds since decoding began. */
  readonly elapsedMs: number;
}

/**
 * How a request ended in the worker. Times are milliseconds on the worker's monotonic clock since the call arrived;
 * the bridge adds the time before that.
 */
export interface EngineOutcome {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly failure: Failure | null;
  readonly seed: number | null;
  readonly tokens: TokenCounts;
  readonly guard: GuardReport;
  readonly tokenizedMs: number | null;
  readonly prefilledMs: number | null;
  readonly firstTokenMs: number | null;
  readonly lastTokenMs: number | null;
  readonly finishedMs: number;
  readonly tokenGapsMs: readonly number[];
  /** Which engine wrote it: after a device loss it can differ from the one that was loaded. */
  readonly engine: EngineDescription | null;
}

/** News that no call asked for. */
export type EngineEvent =
  | { readonly kind: 'device-lost'; readonly message: string; readonly count: number }
  | { readonly kind: 'recovered'; readonly engine: EngineDescription }
  | { readonly kind: 'recovery-failed'; readonly failure: Failure };

/** What the worker offers. No call throws: what can go wrong is in the result. */
export interface EngineApi {
  load(
    options: LoadOptions,
    onProgress: (progress: LoadProgress) => void,
    onEvent: (event: EngineEvent) => void,
  ): Promise<Result<LoadReport>>;
  /** Stops a load at the next chunk; what has arrived is kept. */
  cancelLoad(): Promise<void>;
  generate(
    request: GenerationRequest,
    onToken: (event: TokenEvent) => void,
  ): Promise<EngineOutcome>;
  /** Ends the request within one token; does nothing if it has ended already. */
  cancel(requestId: string): Promise<void>;
  /** Prompt length in tokens, as `generate` would count it. */
  countTokens(prompt: string): Promise<Result<number>>;
  /** Bytes held: wasm memory, KV cache, GPU buffers made by us. For tests of leaks and for the monitor. */
  memory(): Promise<EngineMemory>;
  /** Destroys the graphics device, as a driver crash does. For tests only. */
  loseDevice(): Promise<boolean>;
  /** Frees the model and its device. */
  unload(): Promise<void>;
}

export interface EngineMemory {
  /** null where the page is not cross-origin isolated or the browser does not tell. */
  readonly wasmBytes: number | null;
  readonly kvCacheBytes: number;
  readonly gpuBufferBytes: number;
  readonly gpuBufferCount: number;
}
