/**
 * Keeps a generation inside the language: refuses what would leave no valid continuation, and an end where the script is
 * not complete. It works on bytes, written as text of one character a byte (core/prompt/byte-text.ts).
 */
import type { FilteredPiece } from '../prompt/stop-filter.ts';
import { bytesOfText } from '../prompt/byte-text.ts';
import { ParserSnapshot, type IncrementalParser } from './incremental-parser.ts';

export class SyntaxGuard {
  readonly #parser: IncrementalParser;
  readonly #snapshot = new ParserSnapshot();
  readonly #beginning: Uint8Array;
  #written = '';
  #refused = 0;
  #isActive: boolean;

  /**
   * @param parser used by this guard alone until it is done
   * @param beginning UTF-8 of a script that is to be continued; empty for a new one. Where bash rejects it already, no
   * continuation could help, and the guard lets everything pass.
   */
  constructor(parser: IncrementalParser, beginning: Uint8Array) {
    this.#parser = parser;
    this.#beginning = beginning;
    parser.reset();
    this.#isActive = parser.push(beginning) === 'viable';
  }

  /** False where the guard cannot help: see the constructor. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** Candidates that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Whether the text may go on with `piece`, as the stop filter sees it. A refusal is counted. */
  allows(piece: FilteredPiece): boolean {
    if (!this.#isActive || this.#isPossible(piece)) return true;
    this.#refused += 1;
    return false;
  }

  /** Whether the text may end here, with what is held back. A refusal is counted. */
  allowsEnd(held: string): boolean {
    if (!this.#isActive || this.#isCompleteAfter(held)) return true;
    this.#refused += 1;
    return false;
  }

  /** Takes what has been written for good. */
  push(text: string): void {
    if (!this.#isActive) return;
    this.#written += text;
    // Too deep or too long for the recogniser: from here on nobody can tell.
    if (this.#parser.push(bytesOfText(text)) === 'unchecked') this.#isActive = false;
  }

  /**
   * Bytes of the written text up to the last place between two words where the script was complete. Within a word
   * would be a place too (`i` of `if` is a command), but not one that anybody would end at.
   */
  completeLength(): number {
    if (!this.#isActive) return this.#written.length;
    this.#parser.reset();
    this.#parser.push(this.#beginning);
    let complete = 0;
    for (let at = 1; at <= this.#written.length; at++) {
      this.#parser.push(bytesOfText(this.#written.charAt(at - 1)));
      if (isBetweenWords(this.#written, at) && this.#parser.state === 'complete') complete = at;
    }
    return complete;
  }

  #isPossible(piece: FilteredPiece): boolean {
    if (piece.stopped) return this.#isCompleteAfter(piece.text);
    const whole = bytesOfText(piece.text + piece.held);
    if (this.#parser.probe(whole) !== 'dead') return true;
    // What is held back need not become text: it may become the stop string, if the script is complete before it.
    return piece.held !== '' && this.#isCompleteAfter(piece.text);
  }

  #isCompleteAfter(text: string): boolean {
    this.#parser.snapshot(this.#snapshot);
    const viability = this.#parser.push(bytesOfText(text));
    const isComplete = viability === 'unchecked' || this.#parser.state === 'complete';
    this.#parser.restore(this.#snapshot);
    return isComplete;
  }
}

/** bash's metacharacters (manual, "Definitions"): a word ends before one, and another can begin after one. */
const METACHARACTERS = ' \t\n|&;()<>';

function isBetweenWords(text: string, at: number): boolean {
  return (
    at === text.length ||
    METACHARACTERS.includes(text.charAt(at)) ||
    METACHARACTERS.includes(text.charAt(at - 1))
  );
}
