/**
 * Decoding on WASM. ONNX Runtime copies every input and output of a run between JavaScript and its own memory, so the
 * graph returns only the new tokens' keys and values and this class keeps the cache (docs/decisions/0005-wasm-kv-layout.md).
 */
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { FailureError, failure } from '../../contracts/failure.ts';
import type { ModelArchitecture } from '../../contracts/model-manifest.ts';
import type { Decoder } from './decoder.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';

/** The cache grows in these steps, so that a short text copies little. */
const CAPACITY_STEP = 64;

/** Large enough to be minus infinity for a softmax in fp32, without making NaN of a row that is masked whole. */
const MASKED = -1e9;

export class WasmDecoder implements Decoder {
  readonly capacity: number;
  readonly maxTokensPerRun = 128;
  /** Four tokens in one run cost 1.9 runs of one (docs/decisions/0005-wasm-kv-layout.md). */
  readonly maxLogitRows = 4;
  readonly #ort: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #shape: ModelArchitecture;
  /** By layer: keys [kvHeads, headDim, slots] and values [kvHeads, slots, headDim]. */
  #keys: Float32Array[];
  #values: Float32Array[];
  #slots = CAPACITY_STEP;
  #length = 0;

  constructor(ort: OnnxRuntime, session: InferenceSession, shape: ModelArchitecture) {
    this.#ort = ort;
    this.#session = session;
    this.#shape = shape;
    this.capacity = shape.contextLength;
    this.#keys = this.#emptyCache();
    this.#values = this.#emptyCache();
  }

  get length(): number {
    return this.#length;
  }

  get kvCacheBytes(): number {
    const { layers, kvHeads, headDim } = this.#shape;
    return 2 * layers * kvHeads * headDim * this.#slots * Float32Array.BYTES_PER_ELEMENT;
  }

  async run(tokens: readonly number[], logitRows: number): Promise<Float32Array> {
    const outputs = await this.#runSession(tokens, logitRows);
    this.#append(outputs['new_keys'], outputs['new_values'], tokens.length);
    return outputs['logits']?.data as Float32Array;
  }

  rollback(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  async release(): Promise<void> {
    this.#keys = [];
    this.#values = [];
    await this.#session.release();
  }

  async #runSession(tokens: readonly number[], logitRows: number): Promise<Record<string, Tensor>> {
    const { Tensor } = this.#ort;
    const { layers, kvHeads, headDim } = this.#shape;
    const count = tokens.length;
    const positions = Int32Array.from(tokens, (_, index) => this.#length + index);
    const feeds: Record<string, Tensor> = {
      input_ids: new Tensor('int32', Int32Array.from(tokens), [1, count]),
      position_ids: new Tensor('int32', positions, [1, count]),
      attention_bias: new Tensor('float32', this.#attentionBias(count), [
        1,
        1,
        count,
        this.#slots + count,
      ]),
      logit_index: new Tensor(
        'int32',
        Int32Array.from({ length: logitRows }, (_, row) => count - logitRows + row),
        [logitRows],
      ),
    };
    for (let layer = 0; layer < layers; layer++) {
      feeds[`past_key.${layer}`] = new Tensor('float32', this.#keys[layer] as Float32Array, [
        kvHeads,
        headDim,
        this.#slots,
      ]);
      feeds[`past_value.${layer}`] = new Tensor('float32', this.#values[layer] as Float32Array, [
        kvHeads,
        this.#slots,
        headDim,
      ]);
    }
    try {
      return await this.#session.run(feeds);
    } catch (error) {
      throw new FailureError(inferenceFailure(error), { cause: error });
    }
  }

  /** [1, 1, count, slots + count]: hides empty slots of the cache, and later tokens from earlier ones. */
  #attentionBias(count: number): Float32Array {
    const width = this.#slots + count;
    const bias = new Float32Array(count * width);
    for (let row = 0; row < count; row++) {
      const start = row * width;
      bias.fill(MASKED, start + this.#length, start + this.#slots);
      bias.fill(MASKED, start + this.#slots + row + 1, start + width);
    }
    return bias;
  }

  #append(newKeys: Tensor | undefined, newValues: Tensor | undefined, count: number): void {
    this.#reserve(this.#length + count);
    const { layers, kvHeads, headDim } = this.#shape;
    const fromKeys = newKeys?.data as Float32Array;
    const fromValues = newValues?.data as Float32Array;
    for (let layer = 0; layer < layers; layer++) {
      const keys = this.#keys[layer] as Float32Array;
      const values = this.#values[layer] as Float32Array;
      for (let head = 0; head < kvHeads; head++) {
        const row = layer * kvHeads + head;
        for (let channel = 0; channel < headDim; channel++) {
          const from = (row * headDim + channel) * count;
          const to = (head * headDim + channel) * this.#slots + this.#length;
          for (let token = 0; token < count; token++) {
            keys[to + token] = fromKeys[from + token] as number;
          }
        }
        const from = row * count * headDim;
        values.set(
          fromValues.subarray(from, from + count * headDim),
          (head * this.#slots + this.#length) * headDim,
        );
      }
    }
    this.#length += count;
  }

  #reserve(length: number): void {
    if (length <= this.#slots) return;
    const slots = Math.ceil(length / CAPACITY_STEP) * CAPACITY_STEP;
    const { kvHeads, headDim } = this.#shape;
    const widen = (cache: Float32Array, rows: number): Float32Array => {
      const before = cache.length / rows;
      const wider = new Float32Array((cache.length / this.#slots) * slots);
      for (let row = 0; row < rows; row++) {
        wider.set(cache.subarray(row * before, (row + 1) * before), row * (wider.length / rows));
      }
      return wider;
    };
    this.#keys = this.#keys.map((cache) => widen(cache, kvHeads * headDim));
    this.#values = this.#values.map((cache) => widen(cache, kvHeads));
    this.#slots = slots;
  }

  #emptyCache(): Float32Array[] {
    const { layers, kvHeads, headDim } = this.#shape;
    return Array.from({ length: layers }, () => new Float32Array(kvHeads * headDim * this.#slots));
  }
}

/** ONNX Runtime tells what went wrong only in words. */
function inferenceFailure(error: unknown): ReturnType<typeof failure> {
  return error instanceof RangeError
    ? failure('engine/out-of-memory')
    : failure('engine/inference-failed', undefined, {
        cause: error instanceof Error ? error.name : 'unknown',
      });
}
