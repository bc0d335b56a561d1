/** Cuts a stream of text at the first stop string, and holds back what could still become one. */

export class StopFilter {
  readonly #stops: readonly string[];
  #held = '';

  /** @param stops none of them empty */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** Takes the next piece of text and returns what is certain to stay, and whether a stop string was found. */
  push(text: string): { readonly text: string; readonly stopped: boolean } {
    const pending = this.#held + text;
    const at = this.#firstStop(pending);
    if (at >= 0) {
      this.#held = '';
      return { text: pending.slice(0, at), stopped: true };
    }
    const heldLength = this.#couldBeginStop(pending);
    this.#held = pending.slice(pending.length - heldLength);
    return { text: pending.slice(0, pending.length - heldLength), stopped: false };
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
