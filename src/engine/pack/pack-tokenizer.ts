/**
 * The model's tokenizer: text to ids by @huggingface/tokenizers, ids to text by a table of bytes, so that a stream of
 * tokens becomes text in constant time each, and a character that spans tokens appears when it is whole.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import { failure, type Result } from '../../contracts/failure.ts';
import type { PromptPieces } from '../../core/prompt/prompt-form.ts';

export class PackTokenizer {
  readonly #tokenizer: Tokenizer;
  /** The same without control tokens: what a user types never becomes one. */
  readonly #plain: Tokenizer;
  /** Bytes of each token; undefined for control tokens, which are no text. */
  readonly #bytes: readonly (Uint8Array | undefined)[];

  private constructor(
    tokenizer: Tokenizer,
    plain: Tokenizer,
    bytes: readonly (Uint8Array | undefined)[],
  ) {
    this.#tokenizer = tokenizer;
    this.#plain = plain;
    this.#bytes = bytes;
  }

  /** Reads a tokenizer.json with a byte-level BPE model; anything else is `tokenizer/invalid`. */
  static parse(file: Uint8Array): Result<PackTokenizer> {
    try {
      const json = JSON.parse(new TextDecoder().decode(file)) as Record<string, unknown>;
      const tokenizer = new Tokenizer(json, {});
      const plain = new Tokenizer({ ...json, added_tokens: [] }, {});
      const controlIds = new Set(tokenizer.get_added_tokens_decoder().keys());
      const bytes: (Uint8Array | undefined)[] = [];
      const byteOf = byteLevelAlphabet();
      for (const [token, id] of tokenizer.get_vocab()) {
        bytes[id] = controlIds.has(id)
          ? undefined
          : Uint8Array.from(Array.from(token), (character) => {
              const byte = byteOf.get(character);
              if (byte === undefined) throw new RangeError('not a byte-level token');
              return byte;
            });
      }
      return { ok: true, value: new PackTokenizer(tokenizer, plain, bytes) };
    } catch {
      // Whatever is wrong with the file, the remedy is the same.
      return { ok: false, failure: failure('tokenizer/invalid') };
    }
  }

  get vocabularySize(): number {
    return this.#bytes.length;
  }

  /** Token ids of a whole prompt. */
  encodePrompt(pieces: PromptPieces): number[] {
    return [
      ...this.encode(pieces.before),
      ...this.encodePlain(pieces.user),
      ...this.encode(pieces.after),
    ];
  }

  /** Token ids of a text in which control tokens count as such. */
  encode(text: string): number[] {
    return text === '' ? [] : this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Token ids of a text in which nothing is a control token. */
  encodePlain(text: string): number[] {
    return text === '' ? [] : this.#plain.encode(text, { add_special_tokens: false }).ids;
  }

  /** The bytes that a token stands for; empty for control tokens. Do not change them. */
  bytesOf(token: number): Uint8Array {
    return this.#bytes[token] ?? NO_BYTES;
  }
}

const NO_BYTES = new Uint8Array(0);

/**
 * The characters that stand for bytes in GPT-2's byte-level BPE: printable Latin-1 for itself, the other bytes in order
 * from U+0100 on (Radford et al. 2019, `bytes_to_unicode` of the released code).
 */
function byteLevelAlphabet(): ReadonlyMap<string, number> {
  const alphabet = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const isItself =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    alphabet.set(String.fromCodePoint(isItself ? byte : next++), byte);
  }
  return alphabet;
}
