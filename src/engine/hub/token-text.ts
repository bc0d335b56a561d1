/**
 * Turns tokens into text one by one, for any kind of tokenizer. What a token spells can depend on the ones before it
 * (SentencePiece's spaces, bytes of one character), so that a few of them are decoded again with each new one.
 */

/** More tokens than any character has bytes: then it is no unfinished character, but damaged text. */
const MAX_PENDING_TOKENS = 8;

const REPLACEMENT = '\uFFFD';

export class TokenText {
  readonly #decode: (ids: number[]) => string;
  /** Tokens whose text is out already; decoded again as context. */
  #context: number[] = [];
  #pending: number[] = [];

  constructor(decode: (ids: number[]) => string) {
    this.#decode = decode;
  }

  /** Takes a token and returns the text that has become certain; empty in the middle of a character. */
  push(token: number): string {
    this.#pending.push(token);
    const text = this.#pendingText();
    if (text.endsWith(REPLACEMENT) && this.#pending.length < MAX_PENDING_TOKENS) return '';
    this.#context = this.#pending;
    this.#pending = [];
    return text;
  }

  /** Returns what is left at the end, finished or not. */
  flush(): string {
    const text = this.#pendingText();
    this.#pending = [];
    return text;
  }

  #pendingText(): string {
    if (this.#pending.length === 0) return '';
    const before = this.#context.length === 0 ? '' : this.#decode(this.#context);
    return this.#decode([...this.#context, ...this.#pending]).slice(before.length);
  }
}
