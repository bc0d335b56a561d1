/**
 * The compiled recogniser (bash-parser/) as TypeScript sees it. Callers hand in the bytes of its `.wasm` file, since
 * how a file is read differs between a page, a worker, a service worker and Node.
 */

/** What `bash-parser/assembly/index.ts` exports. Addresses are byte offsets into `memory`. */
export interface ParserExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  reset(strict: boolean): void;
  push(length: number): number;
  probe(length: number): number;
  finish(): number;
  state(): number;
  inputAt(): number;
  inputBytes(): number;
  snapshot(): number;
  snapshotSize(): number;
  transferAt(bytes: number): number;
  restore(bytes: number): void;
  machineState(): number;
  exitCode(): number;
  stopsEarly(): number;
  /** Known causes of disagreement that the script touches, one bit each (bash-parser/README.md). */
  doubts(): number;
  sawCommand(): number;
  errorKind(): number;
  errorLine(): number;
  errorOffset(): number;
  errorToken(): number;
  errorChar(): number;
  errorTextAt(): number;
  errorTextBytes(): number;
  warningsAt(): number;
  warningCount(): number;
  stackDepth(): number;
  stackToken(index: number): number;
  stackLine(index: number): number;
  quoteKind(): number;
  quoteLine(): number;
  condLine(): number;
  documentLine(): number;
}

/** The verdicts of `push`, `probe`, `state` and `finish`, by number. */
export const VERDICTS = ['viable', 'complete', 'dead', 'unchecked', 'too big'] as const;

/** WebAssembly is in every realm that this runs in, but not in the compiler's es2023 library. */
interface WasmApi {
  readonly Instance: new (module: object) => { readonly exports: unknown };
  readonly Module: new (bytes: Uint8Array) => object;
  compile(bytes: Uint8Array): Promise<object>;
}

function wasmApi(): WasmApi {
  return (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
}

/** A compiled recogniser; each instance has its own state and about 4 MiB of memory. */
export class ParserModule {
  readonly #module: object;

  private constructor(module: object) {
    this.#module = module;
  }

  /** Compiles without blocking the thread. */
  static async compile(bytes: Uint8Array): Promise<ParserModule> {
    return new ParserModule(await wasmApi().compile(bytes));
  }

  /** Compiles at once; some browsers refuse this on the main thread. */
  static compileNow(bytes: Uint8Array): ParserModule {
    const { Module } = wasmApi();
    return new ParserModule(new Module(bytes));
  }

  instantiate(): ParserExports {
    const { Instance } = wasmApi();
    // The build checks that the exports are the ones declared above (tests/unit/bash-parser).
    return new Instance(this.#module).exports as ParserExports;
  }
}
