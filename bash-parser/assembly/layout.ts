/**
 * Where everything lives. The whole state of the recogniser is the registers below plus the used parts of a few
 * plain regions, so a snapshot is a handful of memory copies. Nothing is ever allocated: the regions are fixed, and
 * input that would overflow one ends in the state LIMIT instead (the TypeScript face calls that `unchecked`).
 */

/** One field a register, all 32 bits; the names of the groups say which file owns them. */
@unmanaged
export class Registers {
  // machine
  st: i32;
  consumer: i32;
  level: i32;
  recovering: i32;
  /** 1: no continuation is valid, although no error was met yet; 2: only an early stop in `[[ ]]` is. */
  doomed: i32;
  sawCommand: i32;
  strict: i32;
  frameTop: i32;
  // tokens, as the shell's lexer remembers them
  flags: i32;
  cur: i32;
  last: i32;
  before: i32;
  tokenToRead: i32;
  esacs: i32;
  expecting: i32;
  braces: i32;
  extglob: i32;
  delimiter: i32;
  metaCh: i32;
  // the word in progress
  wLen: i32;
  wCap: i32;
  wDigits: i32;
  wQuoted: i32;
  wDollar: i32;
  wAssign: i32;
  wBrackets: i32;
  wPass: i32;
  wLine: i32;
  wOff: i32;
  expCh: i32;
  // the quote or bracket in progress
  qKind: i32;
  qCount: i32;
  qPass: i32;
  qDollar: i32;
  qAngle: i32;
  qLine: i32;
  qOff: i32;
  semicolons: i32;
  semiBraces: i32;
  arithForOff: i32;
  // grammar
  lrBase: i32;
  lrTop: i32;
  lookahead: i32;
  elementIsWord: i32;
  endToken: i32;
  // [[ ]]
  condState: i32;
  condDepth: i32;
  condLine: i32;
  condTermLine: i32;
  // here-documents
  docCount: i32;
  docStart: i32;
  docTop: i32;
  docAt: i32;
  docIndex: i32;
  docResume: i32;
  docMatchRaw: i32;
  docMatch: i32;
  docTabs: i32;
  docHas: i32;
  docHeld: i32;
  docOver: i32;
  docParen: i32;
  docRest: i32;
  docLine: i32;
  // input
  line: i32;
  atLineStart: i32;
  offset: i32;
  pos: i32;
  held: i32;
  source: i32;
  binaryLines: i32;
  elfBytes: i32;
  hash: i32;
  replayTop: i32;
  replayBytes: i32;
  replayedTotal: i32;
  tailPos: i32;
  tailEnd: i32;
  tailOff: i32;
  logLen: i32;
  logDepth: i32;
  logReplayTop: i32;
  logDocuments: i32;
  // the first error, and warnings
  errKind: i32;
  errLine: i32;
  errOff: i32;
  errToken: i32;
  errChar: i32;
  errText: i32;
  exitCode: i32;
  warnings: i32;
  doubts: i32;
}

export const REGISTERS: usize = 1024;
export const REGISTERS_BYTES: usize = offsetof<Registers>();
export const R: Registers = changetype<Registers>(REGISTERS);

/** Text of the word in progress: its first bytes, all of them where a here-document's delimiter is read. */
export const WORD_TEXT: usize = 2048;
export const WORD_KEEP: i32 = 120;
export const WORD_MAX: i32 = 4096;
/** Text of the token that the first error names. */
export const ERROR_TEXT: usize = WORD_TEXT + WORD_MAX + 8;
export const ERROR_TEXT_MAX: i32 = WORD_KEEP;
/** Here-document warnings: line of the report, line of the document, length, text. */
export const WARNINGS: usize = ERROR_TEXT + 128;
export const WARNING_BYTES: i32 = 76;
export const WARNINGS_MAX: i32 = 8;
/** The first static data segment starts at 8192 (asconfig `memoryBase`) and the tables end far below this. */
const REGIONS: usize = 131072;

export const FRAMES: usize = REGIONS;
export const FRAMES_MAX: i32 = 1 << 21;
export const LR_STATES: usize = FRAMES + FRAMES_MAX;
export const LR_MAX: i32 = 40000;
export const LR_LINES: usize = LR_STATES + 2 * LR_MAX;
export const DOCS: usize = LR_LINES + 4 * LR_MAX;
export const DOCS_MAX: i32 = 65536;
export const SEGMENTS: usize = DOCS + DOCS_MAX;
export const SEGMENTS_MAX: i32 = 4096;
/** Bytes handed in by `push`, and room for one snapshot that JavaScript copies out or in. */
export const INPUT: usize = SEGMENTS + 16 * SEGMENTS_MAX;
export const INPUT_MAX: i32 = 65536;
export const SCRATCH: usize = INPUT + INPUT_MAX;
export const SCRATCH_MAX: i32 = 262144;
export const TRANSFER: usize = SCRATCH + SCRATCH_MAX;
export const FIXED_END: usize = TRANSFER + SCRATCH_MAX;
/** Regions that most scripts never touch; memory grows up to them on first use. */
export const LOG: usize = 4 << 20;
export const LOG_MAX: i32 = 16 << 20;
export const REPLAY: usize = LOG + LOG_MAX;
export const REPLAY_MAX: i32 = 16 << 20;
export const TAIL: usize = REPLAY + REPLAY_MAX;
export const TAIL_MAX: i32 = 12 << 20;

/** Makes sure that memory reaches `end`; regions above FIXED_END call it before they write. */
export function reach(end: usize): void {
  const pages = i32((end + 0xffff) >>> 16);
  if (pages > memory.size()) memory.grow(pages - memory.size());
}

export function pushFrame(value: i32): void {
  if (R.frameTop + 4 > FRAMES_MAX) {
    R.st = St.LIMIT;
    return;
  }
  store<i32>(FRAMES + R.frameTop, value);
  R.frameTop += 4;
}

export function popFrame(): i32 {
  R.frameTop -= 4;
  return load<i32>(FRAMES + R.frameTop);
}

/** What the next byte means. */
export namespace St {
  export const TOKEN: i32 = 0;
  export const COMMENT: i32 = 1;
  export const META: i32 = 2;
  export const META_LESS: i32 = 3;
  export const META_SEMI: i32 = 4;
  export const META_AND: i32 = 5;
  export const WORD: i32 = 6;
  export const WORD_EXPANSION: i32 = 7;
  export const WORD_PATTERN: i32 = 8;
  export const WORD_EQUALS: i32 = 9;
  export const WORD_BACKSLASH: i32 = 10;
  export const QUOTE: i32 = 11;
  export const SUBSTITUTION: i32 = 12;
  export const PARENS_CLOSED: i32 = 13;
  export const DOCUMENT: i32 = 14;
  export const REST_OF_LINE: i32 = 15;
  /** Ends: nothing changes them any more. */
  export const STOPPED: i32 = 16;
  export const FINISHED: i32 = 17;
  export const DEAD: i32 = 18;
  export const LIMIT: i32 = 19;
}

/** Who takes the next token. */
export namespace Consumer {
  export const GRAMMAR: i32 = 0;
  export const COND: i32 = 1;
  export const ARRAY: i32 = 2;
}

/** The lexer's context, one bit each. */
export namespace Flag {
  export const CASE_PATTERN: i32 = 1;
  export const CASE_STATEMENT: i32 = 2;
  export const COND_COMMAND: i32 = 4;
  export const COND_EXPRESSION: i32 = 8;
  export const OPEN_BRACE_OK: i32 = 16;
  export const ASSIGN_OK: i32 = 32;
  export const REDIRECTIONS: i32 = 64;
  export const REGEXP: i32 = 128;
  export const PATTERN: i32 = 256;
  export const ARRAY: i32 = 512;
  export const COMSUB: i32 = 1024;
  export const NO_EXPAND: i32 = 2048;
}

/** What a suspended activity is; the last word of its frame. */
export namespace Frame {
  export const WORD: i32 = 1;
  export const QUOTE: i32 = 2;
  export const ARITH: i32 = 3;
  export const ARITH_FOR: i32 = 4;
  export const COMSUB: i32 = 5;
  export const ARRAY: i32 = 6;
}

/** Kinds of quotes and brackets that the lexer reads as one unit. */
export namespace Quote {
  export const SINGLE: i32 = 0;
  export const ANSI: i32 = 1;
  export const DOUBLE: i32 = 2;
  export const BACK: i32 = 3;
  export const BRACE: i32 = 4;
  export const BRACKET_ARITH: i32 = 5;
  export const BRACKET_INDEX: i32 = 6;
  export const PAREN_ARITH: i32 = 7;
  export const PAREN_PLAIN: i32 = 8;
}

/** How far a word looks like `name=value`. */
export namespace Assign {
  export const START: i32 = 0;
  export const NAME: i32 = 1;
  export const INDEX: i32 = 2;
  export const PLUS: i32 = 3;
  export const YES: i32 = 4;
  export const NO: i32 = 5;
  export const BRACKET: i32 = 6;
}

export const END_OF_INPUT: i32 = -1;
