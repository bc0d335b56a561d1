/**
 * Feeds a decoder and knows what its KV cache holds: reuses what a prompt has in common with the one before, and has
 * guesses checked along with the token that is certain.
 */
import type { PromptLookup } from '../../core/sampling/prompt-lookup.ts';
import type { Decoder } from './decoder.ts';

export class TokenFeed {
  readonly #decoder: Decoder;
  /** The tokens whose keys and values the decoder holds, guesses included. */
  #cached: number[] = [];
  /** Guesses that were computed and not yet asked for, with the logits after each. */
  #guesses: number[] = [];
  #guessLogits: Float32Array[] = [];
  #guessed = 0;

  constructor(decoder: Decoder) {
    this.#decoder = decoder;
  }

  /** Cuts the cache back to what it shares with `tokens`, but for the last of them. Returns how many that are. */
  reuse(tokens: readonly number[]): number {
    this.#forgetGuesses();
    let shared = 0;
    const most = Math.min(this.#cached.length, tokens.length - 1);
    while (shared < most && this.#cached[shared] === tokens[shared]) shared += 1;
    this.#cutTo(shared);
    return shared;
  }

  /** Appends tokens; returns the logits after the last. They may be changed, and last until the next call. */
  async feed(tokens: readonly number[]): Promise<Float32Array> {
    const logits = await this.#decoder.run(tokens, 1);
    this.#cached.push(...tokens);
    return logits;
  }

  /**
   * Returns the logits after `token`, which follows what has been fed.
   * @param text all tokens of prompt and text, `token` last
   */
  async next(token: number, text: readonly number[], lookup: PromptLookup): Promise<Float32Array> {
    const known = this.#guesses[0] === token ? this.#guessLogits.shift() : undefined;
    if (known !== undefined) {
      this.#guesses.shift();
      return known;
    }
    lookup.learn(this.#guessed, this.#guessed - this.#guesses.length);
    this.#cutTo(this.#cached.length - this.#guesses.length);
    this.#forgetGuesses();
    const room = this.#decoder.capacity - this.#decoder.length - 1;
    const guesses = lookup.guess(text).slice(0, Math.max(0, room));
    const rows = 1 + guesses.length;
    const logits = await this.#decoder.run([token, ...guesses], rows);
    this.#cached.push(token, ...guesses);
    const vocabulary = logits.length / rows;
    this.#guesses = guesses;
    this.#guessed = guesses.length;
    this.#guessLogits = guesses.map((_, index) =>
      logits.subarray((index + 1) * vocabulary, (index + 2) * vocabulary),
    );
    return logits.subarray(0, vocabulary);
  }

  #forgetGuesses(): void {
    this.#guesses = [];
    this.#guessLogits = [];
    this.#guessed = 0;
  }

  #cutTo(length: number): void {
    this.#decoder.rollback(length);
    this.#cached.length = length;
  }
}
