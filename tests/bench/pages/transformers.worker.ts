/** transformers.js as its documentation shows it: `generate()` with a streamer, greedy, on WASM. */
import { expose } from 'comlink';
import {
  AutoModelForCausalLM,
  AutoTokenizer,
  BaseStreamer,
  env,
  type DataType,
  type PreTrainedModel,
  type PreTrainedTokenizer,
} from '@huggingface/transformers';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import type { Sample } from './decode-page.ts';

let tokenizer: PreTrainedTokenizer;
let model: PreTrainedModel;

const api = {
  async load(options: {
    threads: number;
    host: string;
    repository: string;
    dtype: string;
  }): Promise<{ loadMs: number }> {
    const startedAtMs = performance.now();
    env.remoteHost = options.host;
    env.useBrowserCache = false;
    env.useWasmCache = false;
    const wasmSettings = env.backends.onnx.wasm;
    if (wasmSettings === undefined) throw new Error('no WASM backend');
    // The build that transformers.js itself chooses in a browser, from this site instead of a CDN.
    wasmSettings.wasmPaths = {
      mjs: new URL(mjs, location.href).href,
      wasm: new URL(wasm, location.href).href,
    };
    wasmSettings.numThreads = options.threads;
    tokenizer = await AutoTokenizer.from_pretrained(options.repository);
    model = await AutoModelForCausalLM.from_pretrained(options.repository, {
      dtype: options.dtype as DataType,
      device: 'wasm',
    });
    return { loadMs: performance.now() - startedAtMs };
  },

  /** @param prompt the whole text that the model reads, control tokens included */
  async run(prompt: string, maxTokens: number): Promise<Sample> {
    const startedAtMs = performance.now();
    const inputs = tokenizer(prompt, { add_special_tokens: false }) as Record<string, unknown>;
    const times: number[] = [];
    const ids: bigint[] = [];
    class Clock extends BaseStreamer {
      #isPrompt = true;
      override put(value: bigint[][]): void {
        if (this.#isPrompt) {
          this.#isPrompt = false;
          return;
        }
        times.push(performance.now());
        ids.push(...(value[0] ?? []));
      }
      override end(): void {}
    }
    await model.generate({
      ...inputs,
      max_new_tokens: maxTokens,
      do_sample: false,
      streamer: new Clock(),
    } as never);
    const first = times[0] ?? 0;
    const last = times.at(-1) ?? 0;
    return {
      text: tokenizer.decode(ids, { skip_special_tokens: true }),
      generatedTokens: ids.length,
      ttftMs: first - startedAtMs,
      decodeTokensPerSecond: ((times.length - 1) / (last - first)) * 1000,
    };
  },
};

export type TransformersBench = typeof api;

expose(api);
