/** The entry of the worker that computes embeddings: its own, so that neither the page nor a generation waits for it. */
import { expose } from 'comlink';
import type { EmbeddingApi } from '../../contracts/embedding.ts';
import { failure, FailureError, type Failure } from '../../contracts/failure.ts';
import { cosine, SentenceEncoder } from './sentence-encoder.ts';

let encoder: SentenceEncoder | null = null;

const api: EmbeddingApi = {
  async load(options) {
    try {
      encoder = await SentenceEncoder.load(options);
      return { ok: true, value: undefined };
    } catch (error) {
      return { ok: false, failure: toFailure(error, 'engine/session-failed') };
    }
  },
  async similarity(a, b) {
    if (encoder === null) return { ok: false, failure: failure('engine/not-loaded') };
    try {
      return { ok: true, value: cosine(await encoder.embed(a), await encoder.embed(b)) };
    } catch (error) {
      return { ok: false, failure: toFailure(error, 'engine/inference-failed') };
    }
  },
};

/** The message of an unknown error stays here: it may hold a text. */
function toFailure(
  error: unknown,
  code: 'engine/session-failed' | 'engine/inference-failed',
): Failure {
  return error instanceof FailureError ? error.failure : failure(code);
}

expose(api);
