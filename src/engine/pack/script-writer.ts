/** Turns tokens into the text of a script: bytes into characters, stop strings cut off, and the syntax guard consulted. */
import type { GuardReport } from '../../contracts/generation.ts';
import type { SyntaxGuard } from '../../core/bash/syntax-guard.ts';
import { byteText, bytesOfText } from '../../core/prompt/byte-text.ts';
import { StopFilter } from '../../core/prompt/stop-filter.ts';

export class ScriptWriter {
  readonly #stops: StopFilter;
  readonly #guard: SyntaxGuard | null;
  readonly #decoder = new TextDecoder();
  /** Everything written, one character a byte. */
  #written = '';

  /** @param guard null where it is switched off; used by this writer alone */
  constructor(stops: readonly string[], guard: SyntaxGuard | null) {
    const encoder = new TextEncoder();
    this.#stops = new StopFilter(stops.map((stop) => byteText(encoder.encode(stop))));
    this.#guard = guard;
  }

  /** Whether a token with these bytes may come next. */
  allows(bytes: Uint8Array): boolean {
    return this.#guard?.allows(this.#stops.peek(byteText(bytes))) ?? true;
  }

  /** Whether the text may end here. */
  allowsEnd(): boolean {
    return this.#guard?.allowsEnd(this.#stops.held) ?? true;
  }

  /** Writes a token's bytes; returns the text that became certain, and whether a stop string has ended it. */
  push(bytes: Uint8Array): { readonly text: string; readonly stopped: boolean } {
    const piece = this.#stops.push(byteText(bytes));
    return { text: this.#write(piece.text), stopped: piece.stopped };
  }

  /** Writes what was held back for a stop string that did not come. */
  flush(): string {
    return this.#write(this.#stops.flush()) + this.#decoder.decode();
  }

  /** The text cut back to where the script was complete; null if it is complete as it is, or nobody can tell. */
  cutBack(): string | null {
    if (this.#guard?.isActive !== true) return null;
    const length = this.#guard.completeLength();
    if (length === this.#written.length) return null;
    return new TextDecoder().decode(bytesOfText(this.#written.slice(0, length)));
  }

  report(cutBack: boolean): GuardReport {
    return {
      on: this.#guard?.isActive ?? false,
      refusedTokens: this.#guard?.refused ?? 0,
      cutBack,
    };
  }

  #write(text: string): string {
    this.#written += text;
    this.#guard?.push(text);
    return this.#decoder.decode(bytesOfText(text), { stream: true });
  }
}
