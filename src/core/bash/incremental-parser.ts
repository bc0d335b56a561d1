/**
 * The recogniser for text that still grows: at any byte it says whether some continuation is valid, it can be copied,
 * and it can go back. Made for decoding under the grammar, where many candidates are tried and few are kept.
 */
import type { OpenConstruct, PrefixState, SyntaxVerdict } from '../../contracts/syntax.ts';
import { openConstructs } from './open-constructs.ts';
import { type ParserExports, type ParserModule, VERDICTS } from './parser-module.ts';
import { verdictOf } from './verdict.ts';

/** What `push` and `probe` can tell: they do not look for `complete`, which `state` does. */
export type Viability = 'viable' | 'dead' | 'unchecked';

/** A copy of the whole state; grows only if a later state needs more room. Usually some hundred bytes. */
export class ParserSnapshot {
  bytes = new Uint8Array(1024);
  length = 0;
}

export interface IncrementalOptions {
  /**
   * An error inside `[[ ]]` makes bash stop reading and exit with 0: such a script is valid, whatever follows, and
   * none of it runs. With this option it is `dead` instead, which is what a guard wants.
   */
  readonly earlyStopIsDead: boolean;
}

const TOO_BIG = 4;

export class IncrementalParser {
  readonly #parser: ParserExports;
  readonly #room: number;
  readonly #spare = new ParserSnapshot();
  readonly #strict: boolean;
  #input: Uint8Array;

  constructor(module: ParserModule, { earlyStopIsDead = false }: Partial<IncrementalOptions> = {}) {
    this.#parser = module.instantiate();
    this.#strict = earlyStopIsDead;
    this.#parser.reset(this.#strict);
    this.#room = this.#parser.inputBytes();
    this.#input = this.#view(this.#parser.inputAt(), this.#room);
  }

  /** Starts over: the next byte is the first of a script. */
  reset(): void {
    this.#parser.reset(this.#strict);
  }

  /** Reads on. After `dead`, further bytes change nothing. */
  push(bytes: Uint8Array): Viability {
    let outcome = 0;
    for (let at = 0; at < bytes.length; at += this.#room) {
      const chunk = bytes.length <= this.#room ? bytes : bytes.subarray(at, at + this.#room);
      this.#write(chunk);
      outcome = this.#parser.push(chunk.length);
    }
    return VERDICTS[outcome] as Viability;
  }

  /** What `push` would return; nothing is read. Costs a copy of the state and the bytes themselves. */
  probe(bytes: Uint8Array): Viability {
    if (bytes.length <= this.#room) {
      this.#write(bytes);
      const outcome = this.#parser.probe(bytes.length);
      if (outcome !== TOO_BIG) return VERDICTS[outcome] as Viability;
    }
    this.snapshot(this.#spare);
    const viability = this.push(bytes);
    this.restore(this.#spare);
    return viability;
  }

  /** The exact state here; `complete` costs as much as ending the script and going back. */
  get state(): PrefixState {
    const outcome = this.#parser.state();
    if (outcome !== TOO_BIG) return VERDICTS[outcome] as PrefixState;
    this.snapshot(this.#spare);
    const end = VERDICTS[this.#parser.finish()];
    const isStopped = this.#strict && this.#parser.stopsEarly() !== 0;
    this.restore(this.#spare);
    return end === 'complete' && !isStopped ? 'complete' : 'viable';
  }

  /** What is still open here, outermost first. */
  get open(): readonly OpenConstruct[] {
    return openConstructs(this.#parser);
  }

  /** Copies the state, into `into` if given, so that a loop need not allocate. */
  snapshot(into: ParserSnapshot = new ParserSnapshot()): ParserSnapshot {
    const length = this.#parser.snapshotSize();
    if (into.bytes.length < length) into.bytes = new Uint8Array(length * 2);
    const at = this.#parser.snapshot();
    into.bytes.set(this.#view(at, length));
    into.length = length;
    return into;
  }

  /** Goes back (or forward) to the state that was copied, by this or another instance of the same module. */
  restore(snapshot: ParserSnapshot): void {
    const at = this.#parser.transferAt(snapshot.length);
    this.#view(at, snapshot.length).set(snapshot.bytes.subarray(0, snapshot.length));
    this.#parser.restore(snapshot.length);
  }

  /**
   * Ends the script and judges it. Only `restore` or `reset` make sense afterwards. Columns are unknown here, since
   * the text is not kept: `column` is 1 and `offset` counts bytes.
   */
  finish(): SyntaxVerdict {
    const outcome = this.#parser.finish();
    return verdictOf(this.#parser, outcome, (offset) => ({ offset, line: 0, column: 1 }));
  }

  #write(bytes: Uint8Array): void {
    // Memory grows only for input that must be read again; older views are empty then.
    if (this.#input.length === 0) this.#input = this.#view(this.#parser.inputAt(), this.#room);
    this.#input.set(bytes);
  }

  #view(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#parser.memory.buffer, at, length);
  }
}
