/** What the decode loop needs of a model: logits for tokens, with a KV cache that can be cut back. */

export interface Decoder {
  /** Tokens that fit into the KV cache. */
  readonly capacity: number;
  /** Tokens that are in the KV cache. */
  readonly length: number;
  /** Tokens that one `run` may take; longer prompts go in pieces, between which a request can be cancelled. */
  readonly maxTokensPerRun: number;
  /**
   * Appends tokens to the KV cache.
   * @param tokens at least one, at most `maxTokensPerRun`, and `length + tokens.length <= capacity`
   * @returns Float32Array of [vocab]: logits after the last token. The caller may change it; the next run overwrites it.
   * Throws FailureError with `engine/device-lost` or `engine/inference-failed`; the cache then holds what it held before.
   */
  run(tokens: readonly number[]): Promise<Float32Array>;
  /** Forgets the tokens from `length` on; costs nothing. */
  rollback(length: number): void;
  readonly kvCacheBytes: number;
  release(): Promise<void>;
}
