/** Cuts a stream of text at the first stop string, and holds back what could still become one. */

export interface FilteredPiece {
  /** What is certain to stay. */
  readonly text: string;
  /** What could still become a stop string; empty once one was found. */
  readonly held: string;
  readonly stopped: boolean;
}

export class StopFilter {
  readonly #stops: readonly string[];
  #held = '';

  /** @param stops none of them empty */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** What is held back now. */
  get held(): string {
    return this.#held;
  }

  /** What `push` would return; nothing is taken. */
  peek(text: string): FilteredPiece {
    const pending = this.#held + text;
    const at = this.#firstStop(pending);
    if (at >= 0) return { text: pending.slice(0, at), held: '', stopped: true };
    const certain = pending.length - this.#couldBeginStop(pending);
    return { text: pending.slice(0, certain), held: pending.slice(certain), stopped: false };
  }

  /** Takes the next piece of text. */
  push(text: string): FilteredPiece {
    const piece = this.peek(text);
    this.#held = piece.held;
    return piece;
  }

  /** Returns what was held back, at the end of the stream. */
  flush(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  #firstStop(text: string): number {
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    return found.length === 0 ? -1 : Math.min(...found);
  }

  /** Length of the longest end of the text that is the beginning of a stop string. */
  #couldBeginStop(text: string): number {
    const longest = Math.max(0, ...this.#stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, text.length); length > 0; length--) {
      const end = text.slice(text.length - length);
      if (this.#stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
