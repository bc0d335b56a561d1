/**
 * Decoding on WebGPU. Keys and values stay in buffers of their own on the device, which the graph reads and writes in
 * place; only token ids go in and logits come out. Single tokens replay a captured graph.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { FailureError, failure } from '../../contracts/failure.ts';
import type { ModelArchitecture } from '../../contracts/model-manifest.ts';
import type { Decoder } from './decoder.ts';
import { forgetGpuBuffers } from './gpu-buffers.ts';
import type { WatchedDevice } from './gpu-device.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';

/** Prompts are padded to these lengths, so that shaders are compiled for few shapes. */
const PREFILL_BUCKETS = [1, 16, 32, 64, 128] as const;
const LONGEST_RUN = 128;

/**
 * ONNX Runtime 1.30 attends to 32 tokens and more with a kernel that gives wrong results where subgroups are smaller than
 * this: on SwiftShader (4) logits were off by 6 to 13, with 16 tokens at a time by 2e-5 (docs/decisions/0006).
 */
const MIN_SUBGROUP_FOR_LONG_RUNS = 8;
const SHORT_RUN = 16;

/** Makes ONNX Runtime run without recording or replaying a graph. */
const WITHOUT_CAPTURE = { extra: { gpu_graph_id: '-1' } };

export interface WebgpuDecoderOptions {
  readonly ort: OnnxRuntime;
  readonly session: InferenceSession;
  readonly gpu: WatchedDevice;
  readonly shape: ModelArchitecture;
  readonly precision: 'f16' | 'f32';
  readonly isCaptured: boolean;
  /** Of the adapter; null where it is not known. */
  readonly subgroupMaxSize: number | null;
}

export class WebgpuDecoder implements Decoder {
  readonly capacity: number;
  readonly maxTokensPerRun: number;
  /** One: replaying the captured run of a single token is what makes decoding fast here. */
  readonly maxLogitRows = 1;
  readonly kvCacheBytes: number;
  readonly #options: WebgpuDecoderOptions;
  readonly #buffers: GPUBuffer[] = [];
  readonly #cacheFeeds: Record<string, Tensor> = {};
  readonly #fetches: Record<string, Tensor> = {};
  readonly #ids: GPUBuffer;
  readonly #lengths: { seqlens: GPUBuffer; total: GPUBuffer; logitIndex: GPUBuffer };
  readonly #logits: GPUBuffer;
  readonly #staging: GPUBuffer;
  readonly #result: Float32Array;
  #length = 0;

  constructor(options: WebgpuDecoderOptions) {
    this.#options = options;
    const { shape, precision, ort } = options;
    const { layers, kvHeads, headDim, contextLength, vocabSize } = shape;
    this.capacity = contextLength;
    const isShort = (options.subgroupMaxSize ?? Infinity) < MIN_SUBGROUP_FOR_LONG_RUNS;
    this.maxTokensPerRun = isShort ? SHORT_RUN : LONGEST_RUN;
    const bytesPerValue = precision === 'f16' ? 2 : 4;
    const cacheBytes = kvHeads * contextLength * headDim * bytesPerValue;
    this.kvCacheBytes = 2 * layers * cacheBytes;
    const onDevice = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ['key', 'value'] as const) {
        const tensor = ort.Tensor.fromGpuBuffer(this.#buffer(cacheBytes, onDevice), {
          dataType: precision === 'f16' ? 'float16' : 'float32',
          dims: [1, kvHeads, contextLength, headDim],
        });
        this.#cacheFeeds[`past_${part}.${layer}`] = tensor;
        this.#fetches[`present_${part}.${layer}`] = tensor;
      }
    }
    this.#ids = this.#buffer(4 * this.maxTokensPerRun, onDevice);
    this.#lengths = {
      seqlens: this.#buffer(16, onDevice),
      total: this.#buffer(16, onDevice),
      logitIndex: this.#buffer(16, onDevice),
    };
    this.#logits = this.#buffer(4 * vocabSize, onDevice);
    this.#staging = this.#buffer(4 * vocabSize, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    this.#fetches['logits'] = ort.Tensor.fromGpuBuffer(this.#logits, {
      dataType: 'float32',
      dims: [1, 1, vocabSize],
    });
    this.#result = new Float32Array(vocabSize);
  }

  get length(): number {
    return this.#length;
  }

  async run(tokens: readonly number[]): Promise<Float32Array> {
    const padded = this.#paddedLength(tokens.length);
    const queue = this.#options.gpu.device.queue;
    const ids = new Int32Array(padded);
    ids.set(tokens);
    // Padding is computed too and lands behind the real tokens, where causality hides it and the next run overwrites it.
    const total = this.#length + padded;
    queue.writeBuffer(this.#ids, 0, ids);
    queue.writeBuffer(this.#lengths.seqlens, 0, Int32Array.of(total - 1));
    queue.writeBuffer(this.#lengths.total, 0, Int32Array.of(total));
    queue.writeBuffer(this.#lengths.logitIndex, 0, Int32Array.of(tokens.length - 1));
    try {
      await this.#options.session.run(
        this.#feeds(padded),
        this.#fetches,
        ...(padded === 1 || !this.#options.isCaptured ? [] : [WITHOUT_CAPTURE]),
      );
      await this.#readLogits();
    } catch (error) {
      throw new FailureError(await this.#describeFailure(error), { cause: error });
    }
    this.#length += tokens.length;
    return this.#result;
  }

  rollback(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** For tests: what a driver crash does. */
  loseDevice(): void {
    this.#options.gpu.device.destroy();
  }

  async release(): Promise<void> {
    const { gpu, session } = this.#options;
    gpu.expectEnd();
    // A lost device lets the session go only with complaints; it must go all the same, or the next one reuses it.
    await session.release().catch(() => undefined);
    for (const buffer of this.#buffers) buffer.destroy();
    // ONNX Runtime destroys the device with its last session; what hung on it is gone.
    gpu.device.destroy();
    forgetGpuBuffers();
  }

  #paddedLength(count: number): number {
    const room = this.capacity - this.#length;
    const bucket = PREFILL_BUCKETS.find((size) => size >= count) ?? count;
    return bucket <= room ? bucket : count;
  }

  /** Reuses one tensor a length: replay of a captured graph needs the same buffers each time. */
  readonly #feedsByLength = new Map<number, Record<string, Tensor>>();

  #feeds(count: number): Record<string, Tensor> {
    const known = this.#feedsByLength.get(count);
    if (known !== undefined) return known;
    const { Tensor } = this.#options.ort;
    const int32 = (buffer: GPUBuffer, dims: number[]): Tensor =>
      Tensor.fromGpuBuffer(buffer, { dataType: 'int32', dims });
    const feeds = {
      ...this.#cacheFeeds,
      input_ids: int32(this.#ids, [1, count]),
      seqlens_k: int32(this.#lengths.seqlens, [1]),
      total_sequence_length: int32(this.#lengths.total, [1]),
      logit_index: int32(this.#lengths.logitIndex, [1]),
    };
    this.#feedsByLength.set(count, feeds);
    return feeds;
  }

  async #readLogits(): Promise<void> {
    const device = this.#options.gpu.device;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#logits, 0, this.#staging, 0, this.#staging.size);
    device.queue.submit([encoder.finish()]);
    await this.#staging.mapAsync(GPUMapMode.READ);
    this.#result.set(new Float32Array(this.#staging.getMappedRange()));
    this.#staging.unmap();
  }

  async #describeFailure(error: unknown): Promise<ReturnType<typeof failure>> {
    // The loss is announced in a task of its own, which may come after the call that failed because of it.
    for (let turn = 0; turn < 10 && this.#options.gpu.lostMessage === null; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const lost = this.#options.gpu.lostMessage;
    return lost === null
      ? failure('engine/inference-failed', undefined, {
          cause: error instanceof Error ? error.name : 'unknown',
        })
      : failure('engine/device-lost');
  }

  #buffer(sizeBytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const buffer = this.#options.gpu.device.createBuffer({ size: sizeBytes, usage });
    this.#buffers.push(buffer);
    return buffer;
  }
}
