/** Sentence embeddings by all-MiniLM-L6-v2, through transformers.js on one thread: it only fills time that nobody else needs. */
import type { PreTrainedModel, PreTrainedTokenizer } from '@huggingface/transformers';
import type { EmbeddingOptions } from '../../contracts/embedding.ts';
import { createVerifiedFetch } from './verified-fetch.ts';

/** The model was trained on texts of so many tokens. */
const MAX_TOKENS = 256;

interface HiddenState {
  /** One vector for each token: [1, tokens, width]. */
  readonly last_hidden_state: {
    readonly data: Float32Array;
    readonly dims: readonly number[];
    dispose(): void;
  };
}

export class SentenceEncoder {
  readonly #tokenizer: PreTrainedTokenizer;
  readonly #model: PreTrainedModel;

  private constructor(tokenizer: PreTrainedTokenizer, model: PreTrainedModel) {
    this.#tokenizer = tokenizer;
    this.#model = model;
  }

  /** Rejects with a FailureError where a file cannot be had, and with the library's errors. */
  static async load({ baseUrl, runtime }: EmbeddingOptions): Promise<SentenceEncoder> {
    const library = await import('@huggingface/transformers');
    const { env, LogLevel, AutoTokenizer, AutoModel } = library;
    const folder = new URL('..', baseUrl);
    const name = baseUrl.slice(folder.href.length, -1);
    // Laid out as the hub's, so that the library keeps the files in its cache, as those of other models.
    env.allowLocalModels = false;
    env.remoteHost = folder.href;
    env.remotePathTemplate = '{model}/';
    env.fetch = createVerifiedFetch({ baseUrl, fetch: (input, init) => fetch(input, init) });
    env.useBrowserCache = 'caches' in globalThis;
    env.useWasmCache = false;
    env.logLevel = LogLevel.NONE;
    const wasm = env.backends.onnx.wasm;
    if (wasm !== undefined) {
      wasm.wasmPaths = runtime;
      wasm.numThreads = 1;
      wasm.proxy = false;
    }
    const tokenizer = await AutoTokenizer.from_pretrained(name);
    const model = await AutoModel.from_pretrained(name, { dtype: 'q8', device: 'wasm' });
    return new SentenceEncoder(tokenizer, model);
  }

  /** Mean of the tokens' vectors, scaled to length 1. */
  async embed(text: string): Promise<Float32Array> {
    const inputs = this.#tokenizer(text, { truncation: true, max_length: MAX_TOKENS }) as object;
    const { last_hidden_state: state } = (await this.#model(inputs)) as HiddenState;
    const vectors = state.data;
    const width = state.dims[2] ?? 0;
    const mean = new Float32Array(width);
    for (let index = 0; index < vectors.length; index++) {
      mean[index % width] = (mean[index % width] ?? 0) + (vectors[index] ?? 0);
    }
    state.dispose();
    const length = Math.hypot(...mean);
    return mean.map((value) => value / length);
  }
}

/** Of vectors of length 1. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const product = a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  return Math.min(1, Math.max(-1, product));
}
