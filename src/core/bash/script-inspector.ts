/**
 * How a script stands while it is written or edited: bash's verdict on it as it is, and where bash rejects it, whether
 * more text could still make it valid.
 */
import type { OpenConstruct, SyntaxProblem, SyntaxWarning } from '../../contracts/syntax.ts';
import type { BashSyntax } from './check-syntax.ts';
import type { IncrementalParser } from './incremental-parser.ts';
import { encodeInto } from './utf8.ts';

/**
 * While a script is written, `so-far`: some continuation is valid, and `complete`: it is valid if it ends here.
 * Afterwards `valid`, `empty` and `unchecked` as in SyntaxResult, and `unfinished`: bash rejects it, and what it lacks
 * is at its end. At any time `broken`: bash rejects it, whatever follows.
 */
export type StandingKind =
  'so-far' | 'complete' | 'valid' | 'unfinished' | 'broken' | 'empty' | 'unchecked';

export interface ScriptStanding {
  readonly kind: StandingKind;
  /** bash's error; also where bash stopped reading early and yet exits with 0 (see `note`). */
  readonly problem: SyntaxProblem | null;
  /** Outermost first. */
  readonly open: readonly OpenConstruct[];
  readonly warnings: readonly SyntaxWarning[];
  /** A sentence for people where the kind alone would mislead. */
  readonly note: string | null;
}

export class ScriptInspector {
  readonly #syntax: BashSyntax;
  readonly #parser: IncrementalParser;
  readonly #chunk = new Uint8Array(16 * 1024);

  constructor(syntax: BashSyntax) {
    this.#syntax = syntax;
    this.#parser = syntax.incremental();
  }

  /** @param isWriting more is about to come: a script that is not finished yet is then no error */
  inspect(script: string, isWriting: boolean): ScriptStanding {
    const { result, ...verdict } = this.#syntax.checkSyntax(script);
    switch (result) {
      case 'unchecked':
        return { kind: 'unchecked', ...verdict };
      case 'empty':
        return { kind: isWriting ? 'so-far' : 'empty', ...verdict };
      case 'valid':
        if (!isWriting) return { kind: 'valid', ...verdict };
        // A here-document that is being written is no reason to warn.
        return verdict.warnings.length === 0
          ? { kind: 'complete', ...verdict }
          : { ...verdict, kind: 'so-far', warnings: [], open: this.#read(script).open };
      case 'invalid': {
        // Nobody goes on within the last word of what is done: its `fi` is no beginning of `file`.
        const { state, open: openBefore } = this.#read(isWriting ? script : `${script}\n`);
        if (state === 'dead') return { kind: 'broken', ...verdict };
        // At the end of the script, an open quote is forgotten; before it, bash has not taken in the last word yet.
        const open = openBefore.length > verdict.open.length ? openBefore : verdict.open;
        return isWriting
          ? { kind: 'so-far', problem: null, open, warnings: [], note: null }
          : { ...verdict, kind: 'unfinished', open };
      }
    }
  }

  #read(script: string): IncrementalParser {
    this.#parser.reset();
    for (let at = 0; at < script.length;) {
      const { next, written } = encodeInto(script, at, this.#chunk);
      this.#parser.push(this.#chunk.subarray(0, written));
      at = next;
    }
    return this.#parser;
  }
}
