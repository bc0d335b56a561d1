/** The wire between the page and the worker that computes sentence embeddings. Failures are data, as in engine.ts. */
import type { Result } from './failure.ts';

export interface EmbeddingOptions {
  /** Absolute URL of the folder that holds manifest.json, with a trailing slash. */
  readonly baseUrl: string;
  /** Absolute URLs of ONNX Runtime's build for the processor. */
  readonly runtime: { readonly mjs: string; readonly wasm: string };
}

/** What the worker offers. No call throws. */
export interface EmbeddingApi {
  /** Fails as the engine's load does: `model/offline`, `model/checksum-mismatch`, `engine/session-failed`, … */
  load(options: EmbeddingOptions): Promise<Result<void>>;
  /** Cosine of the two texts' embeddings, in [-1, 1]; of long texts the beginning counts. */
  similarity(a: string, b: string): Promise<Result<number>>;
}
