/** Starts the worker that computes embeddings, and ends it: also in the middle of a load, which no call could stop. */
import { releaseProxy, wrap } from 'comlink';
import type { EmbeddingApi, EmbeddingOptions } from '../contracts/embedding.ts';
import { failure, type Failure, type Result } from '../contracts/failure.ts';

export interface EmbeddingWorker {
  /** Resolves when it is ready; with a failure also where the worker dies or is ended. */
  load(): Promise<Result<void>>;
  similarity(a: string, b: string): Promise<Result<number>>;
  /** Nothing may be asked afterwards. */
  terminate(): void;
}

export function spawnEmbedding(options: EmbeddingOptions): EmbeddingWorker {
  const worker = new Worker(new URL('../engine/embedding/embedding.worker.ts', import.meta.url), {
    type: 'module',
    name: 'shellwright-embedding',
  });
  const api = wrap<EmbeddingApi>(worker);
  let end: (cause: Failure) => void = () => {};
  // Comlink leaves calls to a dead worker pending for ever.
  const ended = new Promise<{ readonly ok: false; readonly failure: Failure }>((resolve) => {
    end = (cause) => resolve({ ok: false, failure: cause });
  });
  let isTerminated = false;
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    end(failure('engine/worker-crashed'));
  });
  return {
    load: () => Promise.race([api.load(options), ended]),
    similarity: (a, b) => Promise.race([api.similarity(a, b), ended]),
    terminate() {
      if (isTerminated) return;
      isTerminated = true;
      end(failure('model/load-cancelled'));
      api[releaseProxy]();
      worker.terminate();
    },
  };
}
