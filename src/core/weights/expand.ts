/**
 * Expands tensors of the weight pack into the external data that a graph wants. The reference for the bytes is
 * model/shellwright_model/expand.py.
 */
import type { ExpansionStep, ExternalData, PackTensor } from '../../contracts/model-manifest.ts';

/** Values that share one scale, along the input dimension. */
const BLOCK = 32;

type ExpandedData = Extract<ExternalData, { readonly kind: 'expanded' }>;

/**
 * Returns the whole expanded file, new and owned by the caller.
 * @param pack the weight pack; only read
 */
export function expandExternalData(
  pack: Uint8Array,
  tensors: readonly PackTensor[],
  file: ExpandedData,
): Uint8Array<ArrayBuffer> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const target = new Uint8Array(file.bytes);
  for (const step of file.tensors) expandTensor(pack, byName, step, target);
  return target;
}

/**
 * Writes one step of a recipe into `target` at the step's offset:
 * - `f16-to-f32`: an f16 tensor widened
 * - `dequantise-f32`: a q4 or q8 matrix as float32 [out, in]
 * - `int8-rows-transposed`: the same rounded to int8 by output row (scale = max |row| / 127), stored [in, out]
 * - `int8-row-scales`: those scales, float32 [out]
 * @throws {RangeError} if the step and its tensor do not fit together
 */
export function expandTensor(
  pack: Uint8Array,
  tensors: ReadonlyMap<string, PackTensor>,
  step: ExpansionStep,
  target: Uint8Array,
): void {
  const tensor = tensors.get(step.from);
  if (tensor === undefined) throw new RangeError(`no tensor ${step.from}`);
  const start = target.byteOffset + step.offset;
  if (step.as === 'f16-to-f32') {
    widen(f16View(pack, tensor), new Float32Array(target.buffer, start, step.bytes / 4));
    return;
  }
  const matrix = quantisedMatrix(pack, tensor, tensors);
  switch (step.as) {
    case 'dequantise-f32': {
      const out = new Float32Array(target.buffer, start, step.bytes / 4);
      for (let row = 0; row < matrix.rows; row++) {
        dequantiseRow(matrix, row, out, row * matrix.columns);
      }
      return;
    }
    case 'int8-rows-transposed': {
      const out = new Int8Array(target.buffer, start, step.bytes);
      const values = new Float32Array(matrix.columns);
      for (let row = 0; row < matrix.rows; row++) {
        dequantiseRow(matrix, row, values, 0);
        const scale = rowScale(values) || 1;
        for (let column = 0; column < matrix.columns; column++) {
          // float32 division and halves upwards, as the reference does it.
          const quotient = Math.fround((values[column] as number) / scale);
          out[column * matrix.rows + row] = Math.floor(Math.fround(quotient + 0.5));
        }
      }
      return;
    }
    case 'int8-row-scales': {
      const out = new Float32Array(target.buffer, start, step.bytes / 4);
      const values = new Float32Array(matrix.columns);
      for (let row = 0; row < matrix.rows; row++) {
        dequantiseRow(matrix, row, values, 0);
        out[row] = rowScale(values);
      }
      return;
    }
  }
}

interface QuantisedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly bits: 4 | 8;
  readonly codes: Uint8Array;
  /** One a block, row after row. */
  readonly scales: Float32Array;
}

function quantisedMatrix(
  pack: Uint8Array,
  tensor: PackTensor,
  tensors: ReadonlyMap<string, PackTensor>,
): QuantisedMatrix {
  const [rows, columns] = tensor.shape;
  const scaleTensor = tensors.get(tensor.scales ?? '');
  const isQuantised = tensor.dtype === 'q4' || tensor.dtype === 'q8';
  if (!isQuantised || scaleTensor === undefined || rows === undefined || columns === undefined) {
    throw new RangeError(`${tensor.name} is not a quantised matrix`);
  }
  const halves = f16View(pack, scaleTensor);
  const scales = new Float32Array(halves.length);
  widen(halves, scales);
  return {
    rows,
    columns,
    bits: tensor.dtype === 'q4' ? 4 : 8,
    codes: pack.subarray(tensor.offset, tensor.offset + tensor.bytes),
    scales,
  };
}

function dequantiseRow(
  { columns, bits, codes, scales }: QuantisedMatrix,
  row: number,
  out: Float32Array,
  outStart: number,
): void {
  const blocks = columns / BLOCK;
  for (let block = 0; block < blocks; block++) {
    const scale = scales[row * blocks + block] as number;
    const first = row * columns + block * BLOCK;
    const to = outStart + block * BLOCK;
    if (bits === 8) {
      for (let index = 0; index < BLOCK; index++) {
        out[to + index] = ((codes[first + index] as number) - 128) * scale;
      }
    } else {
      const from = first >> 1;
      for (let pair = 0; pair < BLOCK / 2; pair++) {
        const code = codes[from + pair] as number;
        out[to + 2 * pair] = ((code & 15) - 8) * scale;
        out[to + 2 * pair + 1] = ((code >> 4) - 8) * scale;
      }
    }
  }
}

function rowScale(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return Math.fround(largest / 127);
}

function f16View(pack: Uint8Array, tensor: PackTensor): Uint16Array {
  return new Uint16Array(pack.buffer, pack.byteOffset + tensor.offset, tensor.bytes / 2);
}

function widen(halves: Uint16Array, out: Float32Array): void {
  const table = f16Table();
  for (let index = 0; index < halves.length; index++) {
    out[index] = table[halves[index] as number] as number;
  }
}

let f16Values: Float32Array | null = null;

/** Every f16 as float32 (IEEE 754-2019, binary16), since Float16Array is not everywhere yet. */
function f16Table(): Float32Array {
  if (f16Values !== null) return f16Values;
  f16Values = new Float32Array(0x1_0000);
  for (let bits = 0; bits < f16Values.length; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) f16Values[bits] = sign * fraction * 2 ** -24;
    else if (exponent < 31) f16Values[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
    else f16Values[bits] = fraction === 0 ? sign * Infinity : NaN;
  }
  return f16Values;
}
