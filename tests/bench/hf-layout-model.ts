/**
 * Writes one of our models as a folder in the layout of the Hugging Face hub, so that transformers.js can run the very
 * same weights: config.json, tokenizer files, and `onnx/model*.onnx` with external data.
 *
 * The graphs are what transformers.js users really run, not a handicap: tests/fixtures/hub/decoder-graph.ts follows,
 * node by node, the exports of ONNX Runtime GenAI's model builder that the onnx-community repositories ship.
 * - fp32: one MatMul per matrix, [in, out], which ONNX Runtime packs at load; the output matrix is a transposed copy of
 *   the embedding, as there.
 * - q8: DynamicQuantizeLinear, MatMulInteger, Cast, Mul, as `quantize_dynamic` writes it. Scales are by output column
 *   instead of by matrix, which costs nothing and keeps the text sensible; the output matrix is quantised too, where the
 *   exports multiply in fp32 after unpacking it for every token. Both favour the library.
 * - q4: MatMulNBits with blocks of 32 without zero points, straight from the pack, output matrix included.
 */
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type {
  ExpansionTransform,
  ModelManifest,
  PackTensor,
} from '../../src/contracts/model-manifest.ts';
import { parseManifest } from '../../src/core/model/parse-manifest.ts';
import { expandTensor } from '../../src/core/weights/expand.ts';
import {
  decoderGraph,
  type DecoderShape,
  type DecoderWeights,
  type GraphPart,
} from '../fixtures/hub/decoder-graph.ts';
import {
  FLOAT,
  INT8,
  UINT8,
  bytesOf,
  encodeModel,
  type ElementType,
  type OnnxNode,
  type OnnxTensor,
} from '../fixtures/hub/onnx-writer.ts';
import { llamaConfig } from '../fixtures/hub/tiny-model.ts';

export type HfVariant = 'fp32' | 'q8' | 'q4';

/** transformers.js finds a variant by the end of its file's name. */
const FILE_NAMES: Readonly<Record<HfVariant, string>> = {
  fp32: 'model',
  q8: 'model_quantized',
  q4: 'model_q4',
};

/** Alignment of tensors in the external data. */
const ALIGNMENT = 64;

const BLOCK = 32;

/**
 * Writes `outFolder` (made if needed) from the model in `modelFolder` (manifest.json, shards, tokenizer).
 * Takes some seconds and, for fp32, 650 MB.
 */
export function writeHfLayoutModel(
  modelFolder: string,
  outFolder: string,
  variants: readonly HfVariant[],
): void {
  const source = new PackSource(modelFolder);
  mkdirSync(join(outFolder, 'onnx'), { recursive: true });
  const usesExternalData: Record<string, number> = {};
  for (const variant of variants) {
    const file = `${FILE_NAMES[variant]}.onnx`;
    usesExternalData[file] = 1;
    const data = new DataFile(join(outFolder, 'onnx'), `${file}_data`);
    const graph = decoderGraph(source.shape, weightsFor(variant, source, data));
    data.close();
    writeFileSync(join(outFolder, 'onnx', file), encodeModel(graph));
  }
  writeDescription(source, modelFolder, outFolder, usesExternalData);
}

function writeDescription(
  { manifest, shape, ropeTheta }: PackSource,
  modelFolder: string,
  outFolder: string,
  usesExternalData: Readonly<Record<string, number>>,
): void {
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(outFolder, name), JSON.stringify(content, null, 2));
  const { stopTokens, prefix, suffix } = manifest.prompt;
  write('config.json', {
    ...llamaConfig(shape, ropeTheta, stopTokens),
    tie_word_embeddings: true,
    'transformers.js_config': { use_external_data_format: usesExternalData },
  });
  write('generation_config.json', { eos_token_id: stopTokens });
  const [system = '', user = ''] = prefix.split('{system}');
  const piece = (text: string): string => `{{ ${JSON.stringify(text)} }}`;
  write('tokenizer_config.json', {
    tokenizer_class: 'GPT2Tokenizer',
    eos_token: '<|im_end|>',
    clean_up_tokenization_spaces: false,
    model_max_length: shape.contextLength,
    chat_template:
      '{% for message in messages %}' +
      `{% if message['role'] == 'system' %}${piece(system)}{{ message['content'] }}${piece(user)}` +
      `{% else %}{{ message['content'] }}${piece(suffix)}{% endif %}{% endfor %}`,
  });
  cpSync(join(modelFolder, manifest.tokenizer.path), join(outFolder, 'tokenizer.json'));
}

/** A model of ours, read into memory. */
class PackSource {
  readonly manifest: ModelManifest;
  readonly shape: DecoderShape;
  readonly ropeTheta: number;
  readonly #pack: Uint8Array;
  readonly #tensors: ReadonlyMap<string, PackTensor>;

  constructor(folder: string) {
    const json: unknown = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const parsed = parseManifest(json);
    if (!parsed.ok) throw new Error(parsed.failure.message);
    this.manifest = parsed.value;
    // The engine needs neither, as both are inside the graphs; the manifest tells them all the same.
    const { ropeTheta, rmsEps } = (json as { architecture: Record<string, unknown> }).architecture;
    this.ropeTheta = Number(ropeTheta);
    this.shape = { ...this.manifest.architecture, rmsEpsilon: Number(rmsEps) };
    this.#pack = Buffer.concat(
      this.manifest.pack.shards.map((shard) => readFileSync(join(folder, shard))),
    );
    this.#tensors = new Map(this.manifest.pack.tensors.map((tensor) => [tensor.name, tensor]));
  }

  tensor(name: string): PackTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new RangeError(`the pack has no ${name}`);
    return tensor;
  }

  /** The bytes of a tensor as they are. */
  bytes(name: string): Uint8Array {
    const { offset, bytes } = this.tensor(name);
    return this.#pack.subarray(offset, offset + bytes);
  }

  expand(name: string, as: ExpansionTransform, bytes: number): Uint8Array<ArrayBuffer> {
    const target = new Uint8Array(bytes);
    expandTensor(this.#pack, this.#tensors, { from: name, as, offset: 0, bytes }, target);
    return target;
  }
}

/** `model.onnx_data` under construction. */
class DataFile {
  readonly #name: string;
  readonly #file: number;
  #offset = 0;

  constructor(folder: string, name: string) {
    this.#name = name;
    this.#file = openSync(join(folder, name), 'w');
  }

  /** Appends a tensor's bytes and returns the tensor that refers to them. */
  add(name: string, type: ElementType, dims: readonly number[], bytes: Uint8Array): OnnxTensor {
    const padding = -this.#offset & (ALIGNMENT - 1);
    writeSync(this.#file, new Uint8Array(padding));
    const offset = this.#offset + padding;
    for (let from = 0; from < bytes.byteLength;) {
      from += writeSync(this.#file, bytes, from, bytes.byteLength - from);
    }
    this.#offset = offset + bytes.byteLength;
    return { name, type, dims, data: { location: this.#name, offset, bytes: bytes.byteLength } };
  }

  close(): void {
    closeSync(this.#file);
  }
}

function weightsFor(variant: HfVariant, source: PackSource, data: DataFile): DecoderWeights {
  const { shape } = source;
  const products = { fp32: fp32Product, q8: q8Product(), q4: q4Product }[variant];
  return {
    norm: (name) => {
      const bytes = source.expand(packName(name), 'f16-to-f32', 4 * shape.width);
      return { name, type: FLOAT, dims: [shape.width], data: bytes };
    },
    rotation: (wave) => ({
      name: `${wave}_cache`,
      type: FLOAT,
      dims: [shape.contextLength, shape.headDim / 2],
      data: source.bytes(`rope.${wave}.f32`),
    }),
    embed: (ids, output) =>
      variant === 'q8'
        ? q8Embedding(source, data, ids, output)
        : fp32Embedding(source, data, ids, output),
    product: (name, rows, output, inSize, outSize) =>
      products({ source, data, name, pack: packName(name), rows, output, inSize, outSize }),
  };
}

interface ProductRequest {
  readonly source: PackSource;
  readonly data: DataFile;
  readonly name: string;
  /** The matrix in the pack, without `.weight`. */
  readonly pack: string;
  readonly rows: string;
  readonly output: string;
  readonly inSize: number;
  readonly outSize: number;
}

function fp32Product(request: ProductRequest): GraphPart {
  const { source, data, name, pack, rows, output, inSize, outSize } = request;
  const matrix = new Float32Array(
    source.expand(`${pack}.weight`, 'dequantise-f32', 4 * inSize * outSize).buffer,
  );
  const transposed = new Float32Array(matrix.length);
  for (let row = 0; row < outSize; row++) {
    for (let column = 0; column < inSize; column++) {
      transposed[column * outSize + row] = matrix[row * inSize + column] as number;
    }
  }
  const weight = data.add(name, FLOAT, [inSize, outSize], bytesOf(transposed));
  return { nodes: [operation('MatMul', [rows, name], output)], initializers: [weight] };
}

/** Rows that several matrices are multiplied with are quantised once. */
function q8Product(): (request: ProductRequest) => GraphPart {
  const quantised = new Set<string>();
  return ({ source, data, name, pack, rows, output, inSize, outSize }) => {
    const codes = source.expand(`${pack}.weight`, 'int8-rows-transposed', inSize * outSize);
    const scales = source.expand(`${pack}.weight`, 'int8-row-scales', 4 * outSize);
    const zero: OnnxTensor = { name: 'int8_zero', type: INT8, dims: [], data: new Uint8Array(1) };
    const nodes: OnnxNode[] = [];
    const [code, scale, zeroPoint] = ['codes', 'scale', 'zero'].map(
      (part) => `${rows}/${part}`,
    ) as [string, string, string];
    if (!quantised.has(rows)) {
      nodes.push({
        operator: 'DynamicQuantizeLinear',
        inputs: [rows],
        outputs: [code, scale, zeroPoint],
      });
      quantised.add(rows);
    }
    nodes.push(
      operation('MatMulInteger', [code, name, zeroPoint, zero.name], `${output}/int32`),
      operation('Cast', [`${output}/int32`], `${output}/float`, { to: FLOAT }),
      operation('Mul', [scale, `${name}_scale`], `${output}/scale`),
      operation('Mul', [`${output}/float`, `${output}/scale`], output),
    );
    return {
      nodes,
      initializers: [
        data.add(name, INT8, [inSize, outSize], codes),
        data.add(`${name}_scale`, FLOAT, [outSize], scales),
        zero,
      ],
    };
  };
}

function q4Product(request: ProductRequest): GraphPart {
  const { source, data, name, pack, rows, output, inSize, outSize } = request;
  const bits = source.tensor(`${pack}.weight`).dtype === 'q8' ? 8 : 4;
  const blocks = inSize / BLOCK;
  const scales = source.expand(`${pack}.scales`, 'f16-to-f32', 4 * outSize * blocks);
  return {
    nodes: [
      {
        ...operation('MatMulNBits', [rows, name, `${name}_scale`], output, {
          K: inSize,
          N: outSize,
          bits,
          block_size: BLOCK,
        }),
        domain: 'com.microsoft',
      },
    ],
    initializers: [
      data.add(name, UINT8, [outSize, blocks, (bits * BLOCK) / 8], source.bytes(`${pack}.weight`)),
      data.add(`${name}_scale`, FLOAT, [outSize, blocks], scales),
    ],
  };
}

const EMBEDDING = 'model.embed_tokens.weight';

function fp32Embedding(source: PackSource, data: DataFile, ids: string, output: string): GraphPart {
  const { vocabSize, width } = source.shape;
  const rows = source.expand('embedding.weight', 'dequantise-f32', 4 * vocabSize * width);
  return {
    nodes: [operation('Gather', [EMBEDDING, ids], output, { axis: 0 })],
    initializers: [data.add(EMBEDDING, FLOAT, [vocabSize, width], rows)],
  };
}

/** Rows as uint8 with one scale and the middle at 128, unpacked after they are chosen. */
function q8Embedding(source: PackSource, data: DataFile, ids: string, output: string): GraphPart {
  const { vocabSize, width } = source.shape;
  const rows = new Float32Array(
    source.expand('embedding.weight', 'dequantise-f32', 4 * vocabSize * width).buffer,
  );
  const largest = rows.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = largest / 127;
  const codes = Uint8Array.from(rows, (value) => Math.round(value / scale) + 128);
  const names = { scale: `${EMBEDDING}_scale`, middle: `${EMBEDDING}_zero_point` };
  return {
    nodes: [
      operation('Gather', [EMBEDDING, ids], `${output}/codes`, { axis: 0 }),
      operation('DequantizeLinear', [`${output}/codes`, names.scale, names.middle], output),
    ],
    initializers: [
      data.add(EMBEDDING, UINT8, [vocabSize, width], codes),
      { name: names.scale, type: FLOAT, dims: [], data: bytesOf(new Float32Array([scale])) },
      { name: names.middle, type: UINT8, dims: [], data: Uint8Array.of(128) },
    ],
  };
}

function operation(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode['attributes'] = {},
): OnnxNode {
  return { operator, inputs, outputs: [output], attributes };
}

const PACK_PARTS: Readonly<Record<string, string>> = {
  input_layernorm: 'attention_norm',
  post_attention_layernorm: 'mlp_norm',
  q_proj: 'q',
  k_proj: 'k',
  v_proj: 'v',
  o_proj: 'o',
  gate_proj: 'gate',
  up_proj: 'up',
  down_proj: 'down',
};

/** Our pack's name for what Hugging Face calls a weight, without `.weight`. */
function packName(name: string): string {
  if (name === 'model.norm.weight') return 'final_norm';
  if (name === 'lm_head.weight') return 'embedding';
  const match = /^model\.layers\.(\d+)\.(?:\w+\.)?(\w+)\.weight$/.exec(name);
  return `layers.${match?.[1] ?? ''}.${PACK_PARTS[match?.[2] ?? ''] ?? ''}`;
}
