/** What a finished word is: a reserved word, an assignment, a number, or just a word. */
import { Spelled, T, TERMINAL } from '../build/tables';
import { keepDelimiter } from './documents';
import { accepts } from './grammar';
import { Assign, Flag, R, St, WORD_MAX, WORD_TEXT } from './layout';
import { emit, reservedAfter } from './lexer';
import { CLASSES, DIGIT, NAME_START, assignmentOk, commandPosition } from './words';

/** The first bytes of the word as one number, 0 where it is longer than eight. */
function key(): u64 {
  const length = R.wLen;
  if (length > 8 || length == 0) return 0;
  return load<u64>(WORD_TEXT) & (u64.MAX_VALUE >>> ((8 - length) << 3));
}

/** The reserved word that `text` spells, or -1. */
function reserved(text: u64): i32 {
  switch (text) {
    case Spelled.IF:
      return T.IF;
    case Spelled.THEN:
      return T.THEN;
    case Spelled.ELSE:
      return T.ELSE;
    case Spelled.ELIF:
      return T.ELIF;
    case Spelled.FI:
      return T.FI;
    case Spelled.CASE:
      return T.CASE;
    case Spelled.ESAC:
      return T.ESAC;
    case Spelled.FOR:
      return T.FOR;
    case Spelled.SELECT:
      return T.SELECT;
    case Spelled.WHILE:
      return T.WHILE;
    case Spelled.UNTIL:
      return T.UNTIL;
    case Spelled.DO:
      return T.DO;
    case Spelled.DONE:
      return T.DONE;
    case Spelled.IN:
      return T.IN;
    case Spelled.FUNCTION:
      return T.FUNCTION;
    case Spelled.TIME:
      return T.TIME;
    case Spelled.LBRACE:
      return T.LBRACE;
    case Spelled.RBRACE:
      return T.RBRACE;
    case Spelled.BANG:
      return T.BANG;
    case Spelled.COND_START:
      return T.COND_START;
    case Spelled.COND_END:
      return T.COND_END;
    case Spelled.COPROC:
      return T.COPROC;
    default:
      return -1;
  }
}

function timeOk(): bool {
  switch (R.last) {
    case T.START:
    case T.SEMI:
    case T.NEWLINE:
      return R.before != T.PIPE;
    case T.AND_AND:
    case T.OR_OR:
    case T.AMP:
    case T.WHILE:
    case T.DO:
    case T.UNTIL:
    case T.IF:
    case T.THEN:
    case T.ELIF:
    case T.ELSE:
    case T.LBRACE:
    case T.LPAREN:
    case T.RPAREN:
    case T.BANG:
    case T.TIME:
    case T.TIME_P:
    case T.TIME_DASHES:
      return true;
    default:
      return false;
  }
}

/**
 * The special token that a word with this text would be here, or -1 for a plain word. With `commit`, the lexer's
 * memory changes as it does when bash really reads the word.
 */
export function specialToken(text: u64, commit: bool): i32 {
  const last = R.last;
  const before = R.before;
  if (text == Spelled.IN) {
    if (last == T.WORD && (before == T.FOR || before == T.CASE || before == T.SELECT)) {
      if (commit) {
        if (before == T.CASE) {
          R.flags |= Flag.CASE_PATTERN;
          R.esacs++;
        }
        if (R.expecting) R.expecting--;
      }
      return T.IN;
    }
    if (R.expecting && (last == T.WORD || last == T.NEWLINE)) {
      if (commit) {
        if (R.flags & Flag.CASE_STATEMENT) {
          R.flags |= Flag.CASE_PATTERN;
          R.esacs++;
        }
        R.expecting--;
      }
      return T.IN;
    }
  } else if (text == Spelled.DO) {
    if (R.expecting && (last == T.NEWLINE || last == T.SEMI)) {
      if (commit) R.expecting--;
      return T.DO;
    }
    if (last == T.WORD && (before == T.FOR || before == T.SELECT)) {
      if (commit && R.expecting) R.expecting--;
      return T.DO;
    }
  } else if (text == Spelled.ESAC && R.esacs && last == T.IN) {
    if (commit) {
      R.esacs--;
      R.flags &= ~Flag.CASE_PATTERN;
    }
    return T.ESAC;
  }
  if (R.flags & Flag.OPEN_BRACE_OK) {
    if (commit) R.flags &= ~Flag.OPEN_BRACE_OK;
    if (text == Spelled.LBRACE) {
      if (commit) R.braces++;
      return T.LBRACE;
    }
  }
  if (last == T.ARITH_FOR) {
    if (text == Spelled.DO) return T.DO;
    if (text == Spelled.LBRACE) {
      if (commit) R.braces++;
      return T.LBRACE;
    }
  }
  if (text == Spelled.RBRACE && R.braces && reservedAfter(last)) {
    if (commit) R.braces--;
    return T.RBRACE;
  }
  if (text == Spelled.TIME_P && last == T.TIME) return T.TIME_P;
  if (text == Spelled.TIME_DASHES && (last == T.TIME || last == T.TIME_P)) return T.TIME_DASHES;
  if (text == Spelled.COND_END && R.flags & Flag.COND_EXPRESSION) return T.COND_END;

  if (text == 0 || R.wDollar || R.wQuoted || !reservedAfter(last)) return -1;
  const found = reserved(text);
  if (found < 0) return -1;
  if (R.flags & Flag.CASE_PATTERN && (found != T.ESAC || last == T.PIPE || last == T.LPAREN))
    return -1;
  if (found == T.TIME && !timeOk()) return -1;
  if (commit) {
    if (found == T.ESAC) {
      R.flags &= ~(Flag.CASE_PATTERN | Flag.CASE_STATEMENT);
      R.esacs--;
    } else if (found == T.CASE) R.flags |= Flag.CASE_STATEMENT;
    else if (found == T.COND_END) R.flags &= ~(Flag.COND_COMMAND | Flag.COND_EXPRESSION);
    else if (found == T.COND_START) R.flags |= Flag.COND_COMMAND;
    else if (found == T.LBRACE) R.braces++;
    else if (found == T.RBRACE && R.braces) R.braces--;
  }
  return found;
}

/** Whether the digits read are a descriptor number, that is: fit 32 bits. */
function fitsInt(): bool {
  if (R.wLen > 18) {
    // Leading zeros aside, this many digits never fit; with that many zeros bash agrees only by accident.
    let value: u64 = 0;
    for (let i = 0; i < min(R.wLen, R.wCap); i++) {
      value = value * 10 + <u64>(load<u8>(WORD_TEXT + i) - 48);
      if (value > 0x7fffffff) return false;
    }
    return true;
  }
  let value: u64 = 0;
  for (let i = 0; i < R.wLen; i++) value = value * 10 + <u64>(load<u8>(WORD_TEXT + i) - 48);
  return value <= 0x7fffffff;
}

/** Whether the text is `{name}` or `{name[index]}`. */
function isRedirectionVariable(): bool {
  const length = R.wLen;
  if (length < 3 || length > R.wCap) return false;
  if (load<u8>(WORD_TEXT) != 123 || load<u8>(WORD_TEXT + length - 1) != 125) return false;
  if (!(load<u8>(CLASSES + load<u8>(WORD_TEXT + 1)) & NAME_START)) return false;
  let i = 1;
  while (i < length - 1 && load<u8>(CLASSES + load<u8>(WORD_TEXT + i)) & (NAME_START | DIGIT)) i++;
  if (i == length - 1) return true;
  if (
    load<u8>(WORD_TEXT + i) != 91 ||
    load<u8>(WORD_TEXT + length - 2) != 93 ||
    i + 2 >= length - 1
  )
    return false;
  let depth = 0;
  for (; i < length - 1; i++) {
    const c = load<u8>(WORD_TEXT + i);
    if (c == 92) i++;
    else if (c == 91) depth++;
    else if (c == 93 && --depth == 0) return i == length - 2;
  }
  return false;
}

/** Whether the text can still become `{name}` or `{name[index]}` before a redirection. */
function mayBeRedirectionVariable(): bool {
  const length = R.wLen;
  if (length == 0 || length > R.wCap || load<u8>(WORD_TEXT) != 123) return false;
  let i = 1;
  while (i < length && load<u8>(CLASSES + load<u8>(WORD_TEXT + i)) & (NAME_START | DIGIT)) i++;
  if (i > 1 && !(load<u8>(CLASSES + load<u8>(WORD_TEXT + 1)) & NAME_START)) return false;
  // An index may hold anything.
  if (i > 1 && i < length && load<u8>(WORD_TEXT + i) == 91) return true;
  if (R.st == St.WORD_EXPANSION && R.expCh != 36) return isRedirectionVariable();
  return R.st == St.WORD && (i == length || (i > 1 && isRedirectionVariable()));
}

/** Whether the word in progress can still be the descriptor in front of a redirection. */
export function descriptorFits(): bool {
  if (
    R.wDigits &&
    (R.st == St.WORD || (R.st == St.WORD_EXPANSION && R.expCh != 36)) &&
    accepts(load<u8>(TERMINAL + T.NUMBER))
  )
    return true;
  return mayBeRedirectionVariable() && accepts(load<u8>(TERMINAL + T.REDIR_VAR));
}

/** Commands whose arguments may be array assignments. */
function takesAssignments(text: u64): bool {
  switch (text) {
    case Spelled.declare_:
    case Spelled.typeset:
    case Spelled.local:
    case Spelled.export_:
    case Spelled.readonly:
    case Spelled.alias:
    case Spelled.eval:
    case Spelled.let_:
      return true;
    default:
      return false;
  }
}

/** The word ends before `c`. */
export function finishWord(c: i32): void {
  const text = key();
  if (
    R.wDigits &&
    R.wLen > 0 &&
    (c == 60 || c == 62 || R.last == T.LESS_AND || R.last == T.GREATER_AND) &&
    fitsInt()
  ) {
    emit(T.NUMBER);
    return;
  }
  const special = specialToken(text, true);
  if (special >= 0) {
    emit(special);
    return;
  }
  const assignment = R.wAssign == Assign.YES && ((R.flags & Flag.ARRAY) != 0 || assignmentOk());
  if (takesAssignments(text) && commandPosition(R.last)) R.flags |= Flag.ASSIGN_OK;
  if ((c == 60 || c == 62) && isRedirectionVariable()) {
    emit(T.REDIR_VAR);
    return;
  }
  if (R.last == T.FUNCTION) R.flags |= Flag.OPEN_BRACE_OK;
  else if (R.last == T.CASE || R.last == T.SELECT || R.last == T.FOR) R.expecting++;
  if (R.wCap == WORD_MAX && (R.last == T.LESS_LESS || R.last == T.LESS_LESS_DASH))
    keepDelimiter(R.last == T.LESS_LESS_DASH);
  if (R.st < St.STOPPED) emit(assignment ? T.ASSIGNMENT : T.WORD);
}

/** Whether the grammar can take the word in progress as a word or an assignment. */
export function wordFits(): bool {
  return (
    accepts(load<u8>(TERMINAL + T.WORD)) ||
    (R.wAssign != Assign.NO && accepts(load<u8>(TERMINAL + T.ASSIGNMENT)))
  );
}
