/** A model of the Hugging Face hub that writes bash through transformers.js. */
import type {
  DynamicCache,
  LogitsProcessor,
  PreTrainedModel,
  PreTrainedTokenizer,
  StoppingCriteria,
  Tensor,
} from '@huggingface/transformers';
import type { EngineMemory, EngineOutcome, TokenEvent } from '../../contracts/engine.ts';
import { FailureError, failure, type Failure, type Result } from '../../contracts/failure.ts';
import type {
  EngineDescription,
  FinishReason,
  GenerationRequest,
} from '../../contracts/generation.ts';
import { DEFAULT_PARAMETERS } from '../../core/prompt/parse-parameters.ts';
import { StopFilter } from '../../core/prompt/stop-filter.ts';
import { seededRandom } from '../../core/sampling/random.ts';
import { REPETITION_WINDOW, TokenSampler } from '../../core/sampling/token-sampler.ts';
import { abortReason, GenerationRun, promptTooLong } from '../generation-run.ts';
import { forgetGpuBuffers, gpuBuffers } from '../pack/gpu-buffers.ts';
import type { WatchedDevice } from '../pack/gpu-device.ts';
import type { TextModel } from '../text-model.ts';
import { wasmMemoryBytes } from '../wasm-memory.ts';
import { toFailure } from './hub-failure.ts';
import { buildHubPrompt, type HubPrompt } from './hub-prompt.ts';
import { GuardedRuns } from './session-guard.ts';
import { TokenText } from './token-text.ts';
import type { TransformersLibrary } from './transformers-library.ts';

export interface HubModelOptions {
  readonly library: TransformersLibrary;
  readonly model: PreTrainedModel;
  readonly tokenizer: PreTrainedTokenizer;
  /** Token ids that end a text. */
  readonly endTokens: readonly number[];
  readonly description: EngineDescription;
  /** null on WASM. */
  readonly gpu: WatchedDevice | null;
}

/**
 * Switches off what transformers.js would take from the repository's generation_config.json: a request says what it wants
 * itself. The library's types do not know that null is its own word for "off".
 */
const LIBRARY_DEFAULTS_OFF: object = {
  do_sample: false,
  num_beams: 1,
  temperature: 1,
  repetition_penalty: 1,
  no_repeat_ngram_size: 0,
  min_length: 0,
  min_new_tokens: 0,
  guidance_scale: 1,
  bad_words_ids: null,
  forced_bos_token_id: null,
  forced_eos_token_id: null,
};

export class HubModel implements TextModel {
  readonly description: EngineDescription;
  readonly #options: HubModelOptions;
  readonly #runs: GuardedRuns;
  #cache: DynamicCache | null = null;

  constructor(options: HubModelOptions) {
    this.#options = options;
    this.description = options.description;
    this.#runs = new GuardedRuns(options.model.sessions);
  }

  countTokens(prompt: string): Result<number> {
    try {
      return { ok: true, value: this.#encode(this.#buildPrompt(prompt)).input_ids.size };
    } catch (error) {
      return { ok: false, failure: toFailure(error, 'tokenizer/invalid') };
    }
  }

  memory(): EngineMemory {
    const gpu = gpuBuffers();
    return {
      wasmBytes: wasmMemoryBytes(),
      kvCacheBytes: this.#cache === null ? 0 : cacheBytes(this.#cache),
      gpuBufferBytes: gpu.bytes,
      gpuBufferCount: gpu.count,
    };
  }

  loseDevice(): boolean {
    this.#options.gpu?.device.destroy();
    return this.#options.gpu !== null;
  }

  async release(): Promise<void> {
    const { gpu, model } = this.#options;
    gpu?.expectEnd();
    // A lost device lets a session go only with complaints; it must go all the same, or the next one reuses it.
    await model.dispose().catch(() => undefined);
    gpu?.device.destroy();
    forgetGpuBuffers();
  }

  /** Compiles what runs compile, so that the first request does not wait for it. Throws FailureError. */
  async warmUp(signal: AbortSignal): Promise<void> {
    const parameters = { ...DEFAULT_PARAMETERS, max_tokens: 2 };
    const request = { id: 'warm-up', prompt: 'list files', parameters };
    const outcome = await this.generate(request, () => undefined, signal, performance.now());
    if (outcome.failure !== null) throw new FailureError(outcome.failure);
  }

  async generate(
    request: GenerationRequest,
    onToken: (event: TokenEvent) => void,
    signal: AbortSignal,
    startedAtMs: number,
  ): Promise<EngineOutcome> {
    const run = new GenerationRun(request, this.description, onToken, startedAtMs);
    const { contextLength } = this.description;
    let writer: Writer | null = null;
    try {
      const prompt = this.#buildPrompt(request.prompt);
      const inputs = this.#encode(prompt);
      const promptTokens = inputs.input_ids.size;
      run.tokenized(promptTokens);
      const room = contextLength - promptTokens;
      if (room < 1) return run.end('error', promptTooLong(promptTokens, contextLength));
      const limit = Math.min(request.parameters.max_tokens, room);
      writer = new Writer({ ...this.#options, run, signal, limit, stops: prompt.stops });
      await this.#write(inputs, writer, limit, signal);
      return run.end(writer.finish());
    } catch (error) {
      writer?.finish();
      if (signal.aborted) return run.end(abortReason(signal));
      return run.end('error', await this.#describeFailure(this.#runs.error ?? error));
    } finally {
      await this.#cache?.dispose();
      this.#cache = null;
    }
  }

  async #write(
    inputs: EncodedPrompt,
    writer: Writer,
    limit: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { library, model } = this.#options;
    // Ours, so that it is freed also where the library throws half-way.
    this.#cache = new library.DynamicCache();
    this.#runs.watch(signal);
    const processors = new library.LogitsProcessorList();
    // The library calls what is in its lists as a function; deriving from its classes would say the same with more words.
    processors.push(((ids: bigint[][], logits: Tensor) =>
      writer.choose(ids, logits)) as unknown as LogitsProcessor);
    const criteria = new library.StoppingCriteriaList();
    criteria.push(((ids: bigint[][]) => [writer.take(ids)]) as unknown as StoppingCriteria);
    await model.generate({
      ...inputs,
      ...LIBRARY_DEFAULTS_OFF,
      max_new_tokens: limit,
      past_key_values: this.#cache,
      logits_processor: processors,
      stopping_criteria: criteria,
    });
  }

  #buildPrompt(prompt: string): HubPrompt {
    return buildHubPrompt(prompt, this.#options.tokenizer);
  }

  #encode(prompt: HubPrompt): EncodedPrompt {
    const { input_ids, attention_mask } = this.#options.tokenizer(prompt.text, {
      add_special_tokens: prompt.addsSpecialTokens,
    }) as EncodedPrompt;
    return { input_ids, attention_mask };
  }

  async #describeFailure(error: unknown): Promise<Failure> {
    const { gpu } = this.#options;
    // The loss is announced in a task of its own, which may come after the run that failed because of it.
    for (let turn = 0; gpu !== null && turn < 10 && gpu.lostMessage === null; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return gpu !== null && gpu.lostMessage !== null
      ? failure('engine/device-lost')
      : toFailure(error, 'engine/inference-failed');
  }
}

/** Both int64, [1, tokens]. */
interface EncodedPrompt {
  readonly input_ids: Tensor;
  readonly attention_mask: Tensor;
}

interface WriterOptions {
  readonly run: GenerationRun;
  readonly signal: AbortSignal;
  readonly limit: number;
  readonly stops: readonly string[];
  readonly tokenizer: PreTrainedTokenizer;
  readonly endTokens: readonly number[];
}

/** Chooses each token in the library's stead and decides when to stop. */
class Writer {
  readonly #options: WriterOptions;
  readonly #sampler: TokenSampler;
  readonly #stops: StopFilter;
  readonly #text: TokenText;
  #finishReason: FinishReason | null = null;
  #isFirst = true;

  constructor(options: WriterOptions) {
    this.#options = options;
    const { run, stops, tokenizer } = options;
    const { parameters } = run.request;
    this.#sampler = new TokenSampler(parameters, seededRandom(run.chooseSeed()));
    this.#stops = new StopFilter([...stops, ...parameters.stop]);
    this.#text = new TokenText((ids) =>
      tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    );
  }

  /**
   * Draws a token and leaves it as the only possible one, so that the library's greedy choice takes it: the library
   * knows neither top_p nor min_p nor seeds.
   * @param logits [1, vocabulary], float32; changed in place.
   */
  choose(ids: readonly bigint[][], logits: Tensor): Tensor {
    if (this.#isFirst) this.#options.run.prefilled();
    this.#isFirst = false;
    const values = logits.data as Float32Array;
    const recent = (ids[0] ?? []).slice(-REPETITION_WINDOW).map(Number);
    this.#sampler.begin(values, recent);
    const token = this.#sampler.next();
    values.fill(-Infinity);
    values[token] = 0;
    return logits;
  }

  /** Takes the token that was chosen last; true ends the generation. */
  take(ids: readonly bigint[][]): boolean {
    const { run, signal, limit, endTokens } = this.#options;
    const token = Number(ids[0]?.at(-1));
    if (endTokens.includes(token)) {
      this.#finishReason = 'stop';
    } else {
      const piece = this.#stops.push(this.#text.push(token));
      run.token(piece.text);
      if (piece.stopped) this.#finishReason = 'stop';
      else if (signal.aborted) this.#finishReason = abortReason(signal);
      else if (run.generated >= limit) this.#finishReason = 'length';
      else if (run.decodeMs() > run.request.parameters.timeout_ms) this.#finishReason = 'timeout';
    }
    return this.#finishReason !== null;
  }

  /** Writes what was held back and says why it ended. */
  finish(): FinishReason {
    const rest = this.#stops.push(this.#text.flush());
    this.#options.run.write(rest.stopped ? rest.text : rest.text + this.#stops.flush());
    return this.#finishReason ?? 'length';
  }
}

function cacheBytes(cache: DynamicCache): number {
  const tensors = Object.values<Tensor>(cache);
  // Keys and values are float32, or float16 in the variants that say so.
  return tensors.reduce((sum, { size, type }) => sum + size * (type === 'float16' ? 2 : 4), 0);
}
