/** Words, byte by byte: quoting, expansions, and how far the word looks like an assignment. */
import { T } from '../build/tables';
import { startArray } from './arrays';
import { condWordIsOver } from './cond';
import { reservedAfter } from './lexer';
import {
  Assign,
  Consumer,
  END_OF_INPUT,
  Flag,
  Frame,
  Quote,
  R,
  St,
  WORD_KEEP,
  WORD_MAX,
  WORD_TEXT,
  pushFrame,
} from './layout';
import { step } from './machine';
import { startQuote } from './quotes';
import { descriptorFits, finishWord, wordFits } from './word-kinds';

/** One bit a byte class. */
const BREAK: i32 = 1;
const SPECIAL: i32 = 2;
export const NAME_START: i32 = 4;
export const DIGIT: i32 = 8;

/** Classes of the 256 bytes; filled by `fillClasses` once. */
export const CLASSES: usize = 256;

export function fillClasses(): void {
  for (let c = 0; c < 256; c++) {
    let bits = 0;
    if (
      c == 32 ||
      c == 9 ||
      c == 10 ||
      c == 40 ||
      c == 41 ||
      c == 60 ||
      c == 62 ||
      c == 59 ||
      c == 38 ||
      c == 124
    )
      bits |= BREAK | SPECIAL;
    // \ " ' ` $ [ = and the characters that may open a pattern: @ * + ? !
    if (c == 92 || c == 34 || c == 39 || c == 96 || c == 36 || c == 91 || c == 61) bits |= SPECIAL;
    if (c == 64 || c == 42 || c == 43 || c == 63 || c == 33) bits |= SPECIAL;
    if ((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c == 95) bits |= NAME_START;
    if (c >= 48 && c <= 57) bits |= DIGIT;
    store<u8>(CLASSES + c, bits);
  }
}

export function beginWord(): void {
  R.wLen = 0;
  R.wCap = R.last == T.LESS_LESS || R.last == T.LESS_LESS_DASH ? WORD_MAX : WORD_KEEP;
  R.wDigits = 1;
  R.wQuoted = 0;
  R.wDollar = 0;
  R.wAssign = Assign.START;
  R.wPass = 0;
  R.st = St.WORD;
}

/** Adds a byte to the text only. */
export function addText(c: i32): void {
  if (R.wLen < R.wCap) store<u8>(WORD_TEXT + R.wLen, c);
  R.wLen++;
}

/** Adds an unquoted byte. */
function add(c: i32): void {
  const bits = load<u8>(CLASSES + c);
  if (!(bits & DIGIT)) R.wDigits = 0;
  const state = R.wAssign;
  if (state == Assign.BRACKET) {
    if (c == 91) R.wBrackets++;
    else if (c == 93 && --R.wBrackets == 0) R.wAssign = Assign.INDEX;
  } else if (state < Assign.YES) {
    if (state == Assign.START)
      R.wAssign = bits & NAME_START && !(R.flags & Flag.ARRAY) ? Assign.NAME : Assign.NO;
    else if (c == 61) R.wAssign = Assign.YES;
    else if (c == 43 && state != Assign.PLUS) R.wAssign = Assign.PLUS;
    else if (c == 91 && state == Assign.NAME) {
      // An index that is not read as a unit (after `declare` and its kin) still makes an assignment.
      R.wAssign = Assign.BRACKET;
      R.wBrackets = 1;
    } else if (state != Assign.NAME || !(bits & (NAME_START | DIGIT))) R.wAssign = Assign.NO;
  }
  addText(c);
}

export function commandPosition(token: i32): bool {
  return (
    token == T.ASSIGNMENT ||
    ((R.flags & Flag.REDIRECTIONS) != 0 && !(token >= T.LESS && token <= T.AND_GREATER)) ||
    (token != T.SEMI_SEMI &&
      token != T.SEMI_AND &&
      token != T.SEMI_SEMI_AND &&
      reservedAfter(token))
  );
}

export function assignmentOk(): bool {
  return !(R.flags & Flag.CASE_PATTERN) && commandPosition(R.last);
}

/** What follows cannot make it anything but a plain word, an assignment or the index of a descriptor. */
function doomUnlessWord(): void {
  if (R.consumer == Consumer.GRAMMAR) {
    if (!R.recovering && !wordFits() && !descriptorFits()) R.doomed = 1;
  } else if (R.consumer == Consumer.COND && condWordIsOver()) R.doomed = 1;
}

/** Suspends the word while a quote or bracket is read; `delimiter` is what backslashes in it will see. */
export function suspendWord(delimiter: i32): void {
  doomUnlessWord();
  pushFrame(R.delimiter);
  pushFrame(Frame.WORD);
  R.delimiter = delimiter;
}

export function word(c: i32): bool {
  if (c == END_OF_INPUT) {
    finishWord(c);
    // The end is not put back: the shell asks for another line.
    R.line++;
    return false;
  }
  if (R.wPass) {
    R.wPass = 0;
    if (c == 36) R.wDollar = 1;
    if (R.wAssign == Assign.BRACKET) addText(c);
    else add(c);
    return true;
  }
  if (!(load<u8>(CLASSES + c) & SPECIAL)) {
    add(c);
    return true;
  }
  switch (c) {
    case 92:
      R.wQuoted = 1;
      add(c);
      if ((R.flags & Flag.NO_EXPAND) != 0 || R.delimiter == 0 || R.delimiter == 96) R.wPass = 1;
      // In an array inside a substitution bash takes the enclosing delimiter for the quoting in force.
      else if (R.delimiter == 34) R.st = St.WORD_BACKSLASH;
      return true;
    case 34:
    case 39:
    case 96:
      suspendWord(c);
      addText(c);
      startQuote(c == 34 ? Quote.DOUBLE : c == 39 ? Quote.SINGLE : Quote.BACK);
      return true;
  }
  if (R.flags & Flag.REGEXP) {
    if (c == 40) {
      suspendWord(c);
      addText(c);
      startQuote(Quote.PAREN_PLAIN);
      return true;
    }
    if (c == 124) {
      add(c);
      return true;
    }
  }
  switch (c) {
    case 64:
    case 42:
    case 43:
    case 63:
    case 33:
      if (R.extglob) {
        R.expCh = c;
        R.st = St.WORD_PATTERN;
      } else add(c);
      return true;
    case 36:
    case 60:
    case 62:
      R.expCh = c;
      R.st = St.WORD_EXPANSION;
      return true;
    case 91:
      if (R.wLen == 0 ? R.flags & Flag.ARRAY : R.wAssign == Assign.NAME && assignmentOk()) {
        suspendWord(R.delimiter);
        addText(c);
        startQuote(Quote.BRACKET_INDEX);
      } else add(c);
      return true;
    case 61:
      if (
        R.wAssign >= Assign.NAME &&
        R.wAssign <= Assign.PLUS &&
        ((R.flags & Flag.ASSIGN_OK) != 0 || assignmentOk())
      )
        R.st = St.WORD_EQUALS;
      else add(c);
      return true;
  }
  finishWord(c);
  return false;
}

/** After `$`, `<` or `>` in a word. */
export function expansion(c: i32): bool {
  const first = R.expCh;
  R.st = St.WORD;
  if (c == 40) {
    suspendWord(c);
    addText(first);
    addText(c);
    R.st = St.SUBSTITUTION;
    return true;
  }
  if (first == 36) {
    if (c == 123 || c == 91) {
      suspendWord(R.delimiter);
      addText(first);
      addText(c);
      startQuote(c == 123 ? Quote.BRACE : Quote.BRACKET_ARITH);
      return true;
    }
    if (c == 39 || c == 34) {
      suspendWord(c);
      addText(c);
      startQuote(c == 39 ? Quote.ANSI : Quote.DOUBLE);
      return true;
    }
    R.wDollar = 1;
    add(first);
    if (c == 36) {
      add(c);
      return true;
    }
    return false;
  }
  finishWord(first);
  step(first);
  return false;
}

/** After `@`, `*`, `+`, `?` or `!` where extended patterns are read. */
export function pattern(c: i32): bool {
  R.st = St.WORD;
  if (c == 40) {
    suspendWord(c);
    addText(R.expCh);
    addText(c);
    startQuote(Quote.PAREN_PLAIN);
    return true;
  }
  add(R.expCh);
  return false;
}

/** After `name=`. */
export function equals(c: i32): bool {
  R.st = St.WORD;
  add(61);
  if (c != 40) return false;
  doomUnlessWord();
  addText(c);
  startArray();
  return true;
}

export function backslashInDouble(c: i32): bool {
  R.st = St.WORD;
  if (c == 92 || c == 96 || c == 36 || c == 34 || c == 10) R.wPass = 1;
  return false;
}
