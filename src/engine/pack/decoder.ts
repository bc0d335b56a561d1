/** What the decode loop needs of a model: logits for tokens, with a KV cache that can be cut back. */

export interface Decoder {
  /** Tokens that fit into the KV cache. */
  readonly capacity: number;
  /** Tokens that are in the KV cache. */
  readonly length: number;
  /** Tokens that one `run` may take; longer prompts go in pieces, between which a request can be cancelled. */
  readonly maxTokensPerRun: number;
  /** Rows of logits that one `run` may return; 1 where checking guesses does not pay. */
  readonly maxLogitRows: number;
  /**
   * Appends tokens to the KV cache.
   * @param tokens at least one, at most `maxTokensPerRun`, and `length + tokens.length <= capacity`
   * @param logitRows how many of the last tokens' logits are wanted: 1 to `maxLogitRows`, at most `tokens.length`
   * @returns Float32Array of [logitRows, vocab]: logits after each of the last tokens. The caller may change it; the
   * next run overwrites it.
   * Throws FailureError with `engine/device-lost` or `engine/inference-failed`; the cache then holds what it held before.
   */
  run(tokens: readonly number[], logitRows: number): Promise<Float32Array>;
  /** Forgets the tokens from `length` on; costs nothing. */
  rollback(length: number): void;
  readonly kvCacheBytes: number;
  release(): Promise<void>;
}
