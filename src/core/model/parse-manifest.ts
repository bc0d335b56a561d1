/** Accepts a model's manifest only when everything in it fits together; the rest of the engine may then trust it. */
import { failure, type Result } from '../../contracts/failure.ts';
import type {
  ExpansionTransform,
  ExternalData,
  ManifestGraph,
  ModelManifest,
  PackDtype,
} from '../../contracts/model-manifest.ts';
import { FieldReader, InvalidField } from '../json/field-reader.ts';

const DTYPES: readonly PackDtype[] = ['q4', 'q8', 'f16', 'f32'];
const TRANSFORMS: readonly ExpansionTransform[] = [
  'f16-to-f32',
  'dequantise-f32',
  'int8-rows-transposed',
  'int8-row-scales',
];

/** Returns the manifest, or `model/manifest-invalid` with the first field that is wrong in `detail.field`. */
export function parseManifest(input: unknown): Result<ModelManifest> {
  try {
    return { ok: true, value: readManifest(new FieldReader(input, 'manifest')) };
  } catch (error) {
    if (!(error instanceof InvalidField)) throw error;
    const message = `The description of the model is not valid: ${error.field} ${error.message}.`;
    return {
      ok: false,
      failure: failure('model/manifest-invalid', message, { field: error.field }),
    };
  }
}

function readManifest(root: FieldReader): ModelManifest {
  root
    .at('format')
    .require(root.at('format').integer() === 1, 'is not a format this version knows');
  const architecture = root.at('architecture');
  const files = root.at('files').list((file) => ({
    path: file.at('path').relativePath(),
    bytes: file.at('bytes').count(),
    sha256: file.at('sha256').matching(/^[0-9a-f]{64}$/, 'is not a sha256'),
  }));
  const paths = new Set(files.map((file) => file.path));
  const listed = (field: FieldReader): string => {
    const path = field.text();
    field.require(paths.has(path), 'is not among the files');
    return path;
  };

  const pack = root.at('pack');
  const packBytes = pack.at('bytes').count();
  const shards = pack.at('shards').list(listed);
  const shardBytes = shards.reduce(
    (sum, shard) => sum + (files.find((file) => file.path === shard)?.bytes ?? 0),
    0,
  );
  pack.at('shards').require(shardBytes === packBytes, 'do not add up to the pack');
  const tensors = pack.at('tensors').list((tensor) => {
    const offset = tensor.at('offset').count();
    const bytes = tensor.at('bytes').count();
    tensor.require(offset + bytes <= packBytes, 'lies outside the pack');
    return {
      name: tensor.at('name').text(),
      dtype: tensor.at('dtype').oneOf(DTYPES),
      shape: tensor.at('shape').list((size) => size.count()),
      offset,
      bytes,
      ...(tensor.has('scales') ? { scales: tensor.at('scales').text() } : {}),
    };
  });
  const names = new Set(tensors.map((tensor) => tensor.name));

  const readGraph = (graph: FieldReader): ManifestGraph => ({
    path: listed(graph.at('path')),
    externalData: graph.at('externalData').list((data): ExternalData => {
      const kind = data.at('kind').oneOf(['pack', 'expanded']);
      const path = data.at('path').relativePath();
      const bytes = data.at('bytes').count();
      if (kind === 'pack') return { kind, path, bytes };
      const steps = data.at('tensors').list((step) => {
        const from = step.at('from').text();
        step.at('from').require(names.has(from), 'is not a tensor of the pack');
        const offset = step.at('offset').count();
        const stepBytes = step.at('bytes').count();
        step.require(offset + stepBytes <= bytes, 'lies outside its file');
        return { from, as: step.at('as').oneOf(TRANSFORMS), offset, bytes: stepBytes };
      });
      return { kind, path, bytes, tensors: steps };
    }),
  });
  const graphs = root.at('graphs');

  const prompt = root.at('prompt');
  return {
    format: 1,
    id: root.at('id').matching(/^[a-z0-9][a-z0-9.-]*$/, 'is not an identifier'),
    name: root.at('name').text(),
    baseModel: root.at('baseModel').text(),
    licence: root.at('licence').text(),
    madeBy: root.at('madeBy').text(),
    architecture: {
      vocabSize: architecture.at('vocabSize').positive(),
      layers: architecture.at('layers').positive(),
      width: architecture.at('width').positive(),
      heads: architecture.at('heads').positive(),
      kvHeads: architecture.at('kvHeads').positive(),
      headDim: architecture.at('headDim').positive(),
      ffn: architecture.at('ffn').positive(),
      contextLength: architecture.at('contextLength').positive(),
    },
    tokenizer: { path: listed(root.at('tokenizer').at('path')) },
    prompt: {
      system: prompt.at('system').text(),
      prefix: prompt.at('prefix').text(),
      suffix: prompt.at('suffix').text(),
      answerPrefix: prompt.at('answerPrefix').text(),
      scriptRequest: prompt.at('scriptRequest').text(),
      stopStrings: prompt.at('stopStrings').list((stop) => stop.text()),
      stopTokens: prompt.at('stopTokens').list((token) => token.count()),
    },
    files,
    pack: { bytes: packBytes, shards, tensors },
    graphs: {
      'webgpu-f16': readGraph(graphs.at('webgpu-f16')),
      'webgpu-f32': readGraph(graphs.at('webgpu-f32')),
      'wasm-f32': readGraph(graphs.at('wasm-f32')),
      'wasm-int8': readGraph(graphs.at('wasm-int8')),
    },
  };
}
