/** Decides which of a repository's model files runs on this device, and lists everything that is to be loaded. */
import type { PretrainedConfig } from '@huggingface/transformers';
import { FailureError, failure } from '../../contracts/failure.ts';
import type { BackendName, Precision } from '../../contracts/generation.ts';
import type { TransformersLibrary } from './transformers-library.ts';

/** The library's names for the variants of a model. */
export type HubDtype =
  | 'fp32'
  | 'fp16'
  | 'q8'
  | 'int8'
  | 'uint8'
  | 'q4'
  | 'q4f16'
  | 'bnb4'
  | 'q2'
  | 'q2f16'
  | 'q1'
  | 'q1f16';

export interface HubFiles {
  readonly dtype: HubDtype;
  /** Paths in the repository, with sizes; 0 where the hub does not tell. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** Files of weights beside the graph: where the graph looks for them, and where the repository has them. */
  readonly externalData: readonly { readonly path: string; readonly data: string }[];
}

/** Best first. On WebGPU int8 matrices would be computed on the CPU; on WASM 4-bit ones are 5 to 20 times slower than int8. */
const WEBGPU_F16: readonly HubDtype[] = [
  'q4f16',
  'q4',
  'fp16',
  'fp32',
  'q2f16',
  'q1f16',
  'q2',
  'q1',
];
const WEBGPU_F32: readonly HubDtype[] = ['q4', 'fp32', 'q2', 'q1'];
const WASM: readonly HubDtype[] = ['q8', 'int8', 'uint8', 'fp32', 'q4', 'bnb4', 'q2', 'q1'];

const BY_PRECISION: Readonly<Record<Precision, readonly HubDtype[]>> = {
  f16: ['q4f16', 'fp16', 'q2f16', 'q1f16'],
  f32: ['q4', 'fp32', 'bnb4', 'q2', 'q1'],
  int8: ['q8', 'int8', 'uint8'],
};

/** Variants that can run, best first. */
export function usableDtypes(
  backend: BackendName,
  hasF16: boolean,
  precision: Precision | null,
): readonly HubDtype[] {
  const usable = backend === 'wasm' ? WASM : hasF16 ? WEBGPU_F16 : WEBGPU_F32;
  return precision === null
    ? usable
    : usable.filter((dtype) => BY_PRECISION[precision].includes(dtype));
}

const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json'];

/** The first of `dtypes` whose files are all there, or null. Asks for one after the other: mostly the first is there. */
export async function chooseFiles(
  library: TransformersLibrary,
  repository: string,
  config: PretrainedConfig,
  dtypes: readonly HubDtype[],
): Promise<HubFiles | null> {
  for (const dtype of dtypes) {
    const paths = await library.ModelRegistry.get_model_files(repository, { config, dtype });
    const sizes = await Promise.all(
      paths.filter(isLoaded).map((path) => findFile(library, repository, path)),
    );
    const isThere = sizes.every(({ path, exists }) => exists || !path.startsWith('onnx/'));
    if (!isThere) continue;
    const data = await findExternalData(library, repository, sizes);
    const tokenizer = await Promise.all(
      TOKENIZER_FILES.map((path) => findFile(library, repository, path)),
    );
    requireTokenizer(tokenizer);
    const files = new Map([...sizes, ...data, ...tokenizer].map((file) => [file.path, file]));
    return {
      dtype,
      files: [...files.values()].filter(({ exists }) => exists),
      externalData: data.map(({ path }) => ({ path: path.replace('onnx/', ''), data: path })),
    };
  }
  return null;
}

/** Of a model that also sees or hears, only the part for text is loaded. */
function isLoaded(path: string): boolean {
  return !/\/(vision|audio)_encoder/.test(path);
}

interface FoundFile {
  readonly path: string;
  readonly exists: boolean;
  readonly sizeBytes: number;
}

async function findFile(
  library: TransformersLibrary,
  repository: string,
  path: string,
): Promise<FoundFile> {
  const { exists, size } = await library.ModelRegistry.get_file_metadata(repository, path);
  return { path, exists, sizeBytes: size ?? 0 };
}

/**
 * Weights beside the graph (`model.onnx_data`, `model.onnx_data_1`, …): those that config.json announces, and, as older
 * repositories do not announce them, those that are there. A model of several graphs is left to the library: what is
 * given to it here would go to each of them.
 */
async function findExternalData(
  library: TransformersLibrary,
  repository: string,
  files: readonly FoundFile[],
): Promise<readonly FoundFile[]> {
  const graphs = files.filter(({ path }) => path.endsWith('.onnx'));
  const [graph] = graphs;
  if (graphs.length !== 1 || graph === undefined) return [];
  const announced = files.filter(({ path }) => path.startsWith(`${graph.path}_data`));
  if (announced.length > 0) return announced;
  const chunks: FoundFile[] = [];
  for (;;) {
    const suffix = chunks.length === 0 ? '' : `_${chunks.length}`;
    const chunk = await findFile(library, repository, `${graph.path}_data${suffix}`);
    if (!chunk.exists) return chunks;
    chunks.push(chunk);
  }
}

function requireTokenizer(files: readonly FoundFile[]): void {
  const missing = files.find(({ exists }) => !exists);
  if (missing === undefined) return;
  throw new FailureError(
    failure('model/unsupported', `The model has no ${missing.path}.`, { file: missing.path }),
  );
}
