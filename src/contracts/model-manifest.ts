/**
 * The description of a model in `public/models/<id>/manifest.json`: every file with its hash, the weight pack, and how
 * each graph's weights come out of that pack. model/README.md documents how it is made.
 */

export interface ModelManifest {
  readonly format: 1;
  readonly id: string;
  readonly name: string;
  readonly baseModel: string;
  /** SPDX identifier. */
  readonly licence: string;
  readonly madeBy: string;
  readonly architecture: ModelArchitecture;
  readonly tokenizer: { readonly path: string };
  readonly prompt: PromptTemplate;
  readonly files: readonly ManifestFile[];
  readonly pack: WeightPack;
  readonly graphs: Readonly<Record<GraphName, ManifestGraph>>;
}

export interface ModelArchitecture {
  readonly vocabSize: number;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  /** Tokens that the KV cache can hold. */
  readonly contextLength: number;
}

/**
 * How a request becomes the model's input. An English request is
 * `prefix + request + suffix + answerPrefix`; the beginning of a script is
 * `prefix + scriptRequest + suffix + answerPrefix + script`. `{system}` in `prefix` stands for `system`.
 */
export interface PromptTemplate {
  readonly system: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly answerPrefix: string;
  readonly scriptRequest: string;
  readonly stopStrings: readonly string[];
  /** Token ids that end the text. */
  readonly stopTokens: readonly number[];
}

export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface WeightPack {
  readonly bytes: number;
  /** Paths in order; the pack is their concatenation. */
  readonly shards: readonly string[];
  readonly tensors: readonly PackTensor[];
}

/** `q4` and `q8` are symmetric, in blocks of 32 along the input, with f16 scales in a tensor of their own. */
export type PackDtype = 'q4' | 'q8' | 'f16' | 'f32';

export interface PackTensor {
  readonly name: string;
  readonly dtype: PackDtype;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly bytes: number;
  /** Name of the scales' tensor; only of q4 and q8. */
  readonly scales?: string;
}

export type GraphName = 'webgpu-f16' | 'webgpu-f32' | 'wasm-f32' | 'wasm-int8';

export interface ManifestGraph {
  readonly path: string;
  readonly externalData: readonly ExternalData[];
}

/** A file that the graph refers to: the pack as it is, or one that is expanded from it at load. */
export type ExternalData =
  | { readonly kind: 'pack'; readonly path: string; readonly bytes: number }
  | {
      readonly kind: 'expanded';
      readonly path: string;
      readonly bytes: number;
      readonly tensors: readonly ExpansionStep[];
    };

export type ExpansionTransform =
  'f16-to-f32' | 'dequantise-f32' | 'int8-rows-transposed' | 'int8-row-scales';

export interface ExpansionStep {
  /** Name of a pack tensor. */
  readonly from: string;
  readonly as: ExpansionTransform;
  readonly offset: number;
  readonly bytes: number;
}
