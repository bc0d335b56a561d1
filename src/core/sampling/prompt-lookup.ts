/**
 * Guesses the next tokens from what the text repeats: paths of the request, names of variables, lines of a list. The
 * model checks several guesses in one run, so right ones cost little, and wrong ones change nothing (prompt lookup
 * decoding, Saxena 2023; the check is the exact one of speculative sampling with a deterministic draft,
 * Leviathan et al. 2023). In int8 the tokens of a run share a scale, so that there a wrong guess can move logits by as
 * much as rounding does.
 */

/** A repetition of fewer tokens says little about what follows. */
const MIN_MATCH = 2;
const MAX_MATCH = 4;

/** How far back to look; longer would cost more than it finds. */
const WINDOW = 1_024;

/** Share of guesses that have to be right for guessing to pay: four tokens in one run cost 1.9 runs of one. */
const PAYING_SHARE = 0.35;

/** After guesses that do not pay, so many chances are let go before the next try. */
const PAUSE = 6;

export class PromptLookup {
  readonly #maxGuesses: number;
  /** Moving share of right guesses; begins just above what pays, so that a bad start ends soon. */
  #share = 0.5;
  #pause = 0;

  /** @param maxGuesses 0 switches it off */
  constructor(maxGuesses: number) {
    this.#maxGuesses = maxGuesses;
  }

  /** Returns what may follow `tokens`; often nothing. */
  guess(tokens: readonly number[]): number[] {
    if (this.#maxGuesses === 0) return [];
    const found = this.#find(tokens);
    if (found.length === 0) return found;
    if (this.#pause > 0) {
      this.#pause -= 1;
      return [];
    }
    return found;
  }

  /** Learns how a guess turned out. */
  learn(guessed: number, right: number): void {
    if (guessed === 0) return;
    this.#share += 0.25 * (right / guessed - this.#share);
    if (this.#share < PAYING_SHARE) this.#pause = PAUSE;
  }

  /** What followed the latest earlier place that ends like the text does; longer matches first. */
  #find(tokens: readonly number[]): number[] {
    const oldest = Math.max(0, tokens.length - WINDOW);
    for (let length = MAX_MATCH; length >= MIN_MATCH; length--) {
      const start = tokens.length - length;
      for (let at = start - 1; at >= oldest; at--) {
        let same = 0;
        while (same < length && tokens[at + same] === tokens[start + same]) same += 1;
        if (same === length) {
          return tokens.slice(at + length, at + length + this.#maxGuesses);
        }
      }
    }
    return [];
  }
}
