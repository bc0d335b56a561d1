/** The verdict of `bash -n` on a whole script, synchronous once the recogniser is loaded. */
import type { SyntaxVerdict } from '../../contracts/syntax.ts';
import { type IncrementalOptions, IncrementalParser } from './incremental-parser.ts';
import { type ParserExports, ParserModule } from './parser-module.ts';
import { encodeInto, placeOf } from './utf8.ts';
import { unchecked, verdictOf } from './verdict.ts';

export interface SyntaxLimits {
  /** Longer scripts are `unchecked`. */
  readonly maxBytes: number;
  /** With `now`, a check that takes longer is `unchecked`; looked at every 64 KiB. */
  readonly maxMs: number;
  /** A clock in milliseconds; without one there is no time limit. */
  readonly now: (() => number) | null;
}

const DEFAULT_LIMITS: SyntaxLimits = { maxBytes: 16 * 1024 * 1024, maxMs: 2000, now: null };

/** Checks scripts one after the other in one WASM instance; not to be shared between threads. */
export class BashSyntax {
  readonly #module: ParserModule;
  readonly #parser: ParserExports;
  readonly #limits: SyntaxLimits;

  constructor(module: ParserModule, limits: Partial<SyntaxLimits> = {}) {
    this.#module = module;
    this.#parser = module.instantiate();
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Compiles the bytes of `bash-parser.wasm` and gets ready to check. */
  static async load(wasm: Uint8Array, limits: Partial<SyntaxLimits> = {}): Promise<BashSyntax> {
    return new BashSyntax(await ParserModule.compile(wasm), limits);
  }

  /** A string is judged by its UTF-8 form. */
  checkSyntax(script: string | Uint8Array): SyntaxVerdict {
    const { maxBytes, maxMs, now } = this.#limits;
    if (script.length > maxBytes) return unchecked(`The script is longer than ${maxBytes} bytes.`);
    const parser = this.#parser;
    parser.reset(false);
    const started = now?.() ?? 0;
    const room = parser.inputBytes();
    for (let at = 0; at < script.length;) {
      // Memory may grow while bytes are read, which leaves older views empty.
      const input = new Uint8Array(parser.memory.buffer, parser.inputAt(), room);
      let written: number;
      if (typeof script === 'string') {
        const chunk = encodeInto(script, at, input);
        at = chunk.next;
        written = chunk.written;
      } else {
        const chunk = script.subarray(at, at + room);
        input.set(chunk);
        written = chunk.length;
        at += written;
      }
      parser.push(written);
      if (now && now() - started > maxMs)
        return unchecked(`The check took longer than ${maxMs} ms.`);
    }
    return verdictOf(parser, parser.finish(), (offset) => placeOf(script, offset));
  }

  /** Which known causes of disagreement with bash the last script touches, one bit each (bash-parser/README.md). */
  get doubts(): number {
    return this.#parser.doubts();
  }

  /** A parser for text that still grows; it has its own instance. */
  incremental(options: Partial<IncrementalOptions> = {}): IncrementalParser {
    return new IncrementalParser(this.#module, options);
  }
}
