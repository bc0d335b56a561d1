/** Reads what the engine needs from a repository's config.json, whose fields go by many names. */

/** Parsed JSON: nothing in it can be relied on. */
export type ConfigFields = Readonly<Record<string, unknown>>;

/** What is assumed where a configuration says nothing; every model of the last years can read as much. */
const ASSUMED_CONTEXT_LENGTH = 2048;

/** Tokenizers without a limit of their own say a number of thirty digits. */
const LARGEST_CONTEXT_LENGTH = 1_048_576;

/** Tokens that the model can read and write together. */
export function contextLength(config: ConfigFields, tokenizerLimit: unknown): number {
  const text = textConfig(config);
  const names = ['max_position_embeddings', 'n_positions', 'n_ctx', 'max_seq_len', 'seq_length'];
  const candidates = [...names.map((name) => text[name]), tokenizerLimit];
  const found = candidates.find(
    (value): value is number =>
      Number.isInteger(value) &&
      (value as number) > 0 &&
      (value as number) <= LARGEST_CONTEXT_LENGTH,
  );
  return found ?? ASSUMED_CONTEXT_LENGTH;
}

export function vocabularySize(config: ConfigFields): number | null {
  return firstNumber(config, ['vocab_size']);
}

/** Transformer blocks. */
export function layerCount(config: ConfigFields): number | null {
  return firstNumber(config, ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers']);
}

/** Width of the hidden state. */
export function hiddenWidth(config: ConfigFields): number | null {
  return firstNumber(config, ['hidden_size', 'n_embd', 'd_model', 'dim']);
}

function firstNumber(config: ConfigFields, names: readonly string[]): number | null {
  const text = textConfig(config);
  return names.map((name) => text[name]).find((value) => typeof value === 'number') ?? null;
}

/** Token ids that end a text, from every place where a repository may name them. */
export function endTokens(...sources: readonly (ConfigFields | null)[]): readonly number[] {
  const named = sources.flatMap((source) => [
    source?.['eos_token_id'],
    textConfig(source ?? {})['eos_token_id'],
  ]);
  return [...new Set(named.flat().filter((id): id is number => Number.isInteger(id)))];
}

/** The part about text, in the configuration of a model that also sees or hears. */
function textConfig(config: ConfigFields): ConfigFields {
  const text = config['text_config'];
  return typeof text === 'object' && text !== null ? (text as ConfigFields) : config;
}
