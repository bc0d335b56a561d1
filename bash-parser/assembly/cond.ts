/** The inside of `[[ … ]]`, which bash parses by hand, newline rules and all. */
import { T } from '../build/tables';
import { Err } from './codes';
import { report } from './errors';
import { Consumer, Flag, R, St, WORD_TEXT } from './layout';
import { emit } from './lexer';

export namespace Cond {
  export const TERM: i32 = 0;
  export const UNARY: i32 = 1;
  export const OPERATOR: i32 = 2;
  export const ARGUMENT: i32 = 3;
  export const AFTER: i32 = 4;
}

export function startCond(): void {
  R.condLine = R.line;
  R.flags |= Flag.COND_EXPRESSION;
  R.consumer = Consumer.COND;
  R.condState = Cond.TERM;
  R.condDepth = 0;
  R.st = St.TOKEN;
}

export function condToken(token: i32): void {
  switch (R.condState) {
    case Cond.TERM:
      return term(token);
    case Cond.UNARY:
      if (token != T.WORD) return fail(Err.COND_UNARY, R.line, token);
      R.condState = Cond.AFTER;
      return;
    case Cond.OPERATOR:
      return operator(token);
    case Cond.ARGUMENT:
      R.flags &= ~(Flag.REGEXP | Flag.PATTERN);
      R.extglob = R.condDepth & EXTGLOB_BEFORE ? 1 : 0;
      R.condDepth &= ~EXTGLOB_BEFORE;
      if (token != T.WORD) return fail(Err.COND_BINARY_ARGUMENT, R.line, token);
      R.condState = Cond.AFTER;
      return;
    default:
      if (token != T.NEWLINE) after(token);
  }
}

/** A bit of `condDepth` that remembers whether extended patterns were on around this comparison. */
const EXTGLOB_BEFORE: i32 = 1 << 22;

function term(token: i32): void {
  if (token == T.NEWLINE) return;
  if (token == T.COND_END) return fail(Err.SILENT, R.line, token);
  if (token == T.LPAREN) {
    R.condTermLine = R.line;
    R.condDepth++;
    return;
  }
  if (token == T.BANG) return;
  if (token != T.WORD) return fail(Err.COND_TOKEN, R.line, token);
  const first = load<u8>(WORD_TEXT);
  if (R.wLen == 1 && first == 33) return;
  R.condState =
    R.wLen == 2 && first == 45 && isUnary(load<u8>(WORD_TEXT + 1)) ? Cond.UNARY : Cond.OPERATOR;
}

function operator(token: i32): void {
  if (token == T.WORD) {
    if (!isBinary()) return fail(Err.COND_BINARY_EXPECTED, R.line, token);
  } else if (token == T.COND_END || token == T.AND_AND || token == T.OR_OR || token == T.RPAREN)
    return after(token);
  else if (token != T.LESS && token != T.GREATER)
    return fail(Err.COND_BINARY_EXPECTED, R.line, token);
  if (R.extglob) R.condDepth |= EXTGLOB_BEFORE;
  if (R.flags & Flag.PATTERN) R.extglob = 1;
  R.condState = Cond.ARGUMENT;
}

function after(token: i32): void {
  if (token == T.AND_AND || token == T.OR_OR) {
    R.condState = Cond.TERM;
  } else if (R.condDepth > 0) {
    if (token != T.RPAREN) return fail(Err.COND_EXPECTED_PAREN, R.condTermLine, token);
    R.condDepth--;
    R.condState = Cond.AFTER;
  } else if (token == T.COND_END) {
    R.consumer = Consumer.GRAMMAR;
    R.flags &= ~(Flag.COND_EXPRESSION | Flag.COND_COMMAND);
    R.tokenToRead = T.COND_END;
    emit(T.COND_BODY);
  } else fail(token == T.EOF ? Err.COND_UNCLOSED : Err.COND_SYNTAX, R.condLine, token);
}

/** Whether an error here leaves no continuation: elsewhere bash stops early, and exits with 0. */
export function condErrorIsFinal(): bool {
  return R.level > 0 || R.strict != 0;
}

/** Whether only an operator or an end may stand here, so that a quote or an expansion is an error. */
export function condWordIsOver(): bool {
  return condErrorIsFinal() && (R.condState == Cond.OPERATOR || R.condState == Cond.AFTER);
}

/** Whether a closing `]]` may stand here: not while a parenthesis is open. */
export function condMayEnd(): bool {
  return (R.condDepth & ~EXTGLOB_BEFORE) == 0;
}

function fail(kind: i32, line: i32, token: i32): void {
  report(kind, line, R.wOff, token, 0);
  R.extglob = R.condDepth & EXTGLOB_BEFORE ? 1 : R.extglob;
  R.consumer = Consumer.GRAMMAR;
  emit(T.BROKEN);
}

/** `-a` … `-z` and friends that take one argument. */
function isUnary(c: u8): bool {
  switch (c) {
    case 0x61: // a
    case 0x62:
    case 0x63:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x67:
    case 0x68: // h
    case 0x6b: // k
    case 0x6e: // n
    case 0x6f: // o
    case 0x70: // p
    case 0x72: // r
    case 0x73:
    case 0x74:
    case 0x75:
    case 0x76:
    case 0x77:
    case 0x78: // x
    case 0x7a: // z
    case 0x47: // G
    case 0x4c: // L
    case 0x4e: // N
    case 0x4f: // O
    case 0x52: // R
    case 0x53: // S
      return true;
    default:
      return false;
  }
}

/** `=`, `==`, `!=`, `=~`, `-nt`, `-eq` and their kin; sets how the argument is read. */
function isBinary(): bool {
  const a = load<u8>(WORD_TEXT);
  const b = load<u8>(WORD_TEXT + 1);
  if (R.wLen == 1) {
    if (a != 61) return false;
    R.flags |= Flag.PATTERN;
    return true;
  }
  if (R.wLen == 2) {
    if (a == 61 && b == 126) {
      R.flags |= Flag.REGEXP;
      return true;
    }
    if (b != 61 || (a != 61 && a != 33)) return false;
    R.flags |= Flag.PATTERN;
    return true;
  }
  if (R.wLen != 3 || a != 45) return false;
  const c = load<u8>(WORD_TEXT + 2);
  if (c == 0x74) return b == 0x6e || b == 0x6f || b == 0x6c || b == 0x67; // -nt -ot -lt -gt
  if (b == 0x65) return c == 0x71 || c == 0x66; // -eq -ef
  if (c == 0x65) return b == 0x6e || b == 0x67 || b == 0x6c; // -ne -ge -le
  return false;
}
