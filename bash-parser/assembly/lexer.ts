/** Tokens that are not words: operators, newlines, comments; and the order in which the shell asks for tokens. */
import { T } from '../build/tables';
import { condToken, startCond } from './cond';
import { gather, Resume } from './documents';
import { grammarToken } from './grammar';
import { Consumer, END_OF_INPUT, Flag, R, St, WORD_KEEP } from './layout';
import { arrayToken } from './arrays';
import { startParens } from './parens';
import { beginWord } from './words';

/** The grammar wants a token. */
export function nextToken(): void {
  R.before = R.last;
  R.last = R.cur;
  readToken();
}

/** Gets the machine ready to read a token for whoever consumes it. */
export function readToken(): void {
  if (R.tokenToRead) {
    const token = R.tokenToRead;
    R.tokenToRead = 0;
    emit(token);
  } else if ((R.flags & (Flag.COND_COMMAND | Flag.COND_EXPRESSION)) == Flag.COND_COMMAND)
    startCond();
  else R.st = St.TOKEN;
}

export function emit(token: i32): void {
  R.st = St.TOKEN;
  if (R.consumer == Consumer.GRAMMAR) grammarToken(token);
  else if (R.consumer == Consumer.COND) condToken(token);
  else arrayToken(token);
}

export function emitNewline(): void {
  R.flags &= ~Flag.ASSIGN_OK;
  emit(T.NEWLINE);
}

/** After which tokens bash looks for a reserved word. */
export function reservedAfter(token: i32): bool {
  return (
    token <= T.COMSUB_OPEN || (R.last == T.WORD && (R.before == T.COPROC || R.before == T.FUNCTION))
  );
}

export function token(c: i32): bool {
  if (c == 32 || c == 9) return true;
  R.wOff = R.pos;
  R.wLine = R.line;
  R.wLen = 0;
  R.wCap = WORD_KEEP;
  if (c == END_OF_INPUT) {
    emit(T.EOF);
    return true;
  }
  if (c == 35) {
    R.st = St.COMMENT;
    return true;
  }
  if (c == 10) return newline();
  if (R.flags & Flag.REGEXP) {
    beginWord();
    return false;
  }
  switch (c) {
    case 41:
      R.flags &= ~Flag.ASSIGN_OK;
      if (R.last == T.LPAREN && R.before == T.WORD) R.flags |= Flag.OPEN_BRACE_OK;
      R.flags &= ~Flag.CASE_PATTERN;
      emit(T.RPAREN);
      return true;
    case 38:
    case 40:
    case 59:
    case 60:
    case 62:
    case 124:
      R.flags &= ~Flag.ASSIGN_OK;
      R.metaCh = c;
      R.st = St.META;
      return true;
    case 45:
      if (R.last == T.LESS_AND || R.last == T.GREATER_AND) {
        emit(T.DASH);
        return true;
      }
  }
  beginWord();
  return false;
}

function newline(): bool {
  if (R.docCount > 0) gather(Resume.NEWLINE);
  else emitNewline();
  return true;
}

export function comment(c: i32): bool {
  return c == 10 || c == END_OF_INPUT ? newline() : true;
}

/** The byte after an operator's first. */
export function meta(c: i32): bool {
  const m = R.metaCh;
  if (c == m) {
    switch (m) {
      case 60:
        R.st = St.META_LESS;
        return true;
      case 62:
        emit(T.GREATER_GREATER);
        return true;
      case 59:
        R.flags |= Flag.CASE_PATTERN;
        R.st = St.META_SEMI;
        return true;
      case 38:
        emit(T.AND_AND);
        return true;
      case 124:
        emit(T.OR_OR);
        return true;
      default:
        if (startParens()) return true;
    }
  }
  switch (m) {
    case 60:
      if (c == 38) return taken(T.LESS_AND);
      if (c == 62) return taken(T.LESS_GREATER);
      if (c == 40) return processSubstitution();
      emit(T.LESS);
      return false;
    case 62:
      if (c == 38) return taken(T.GREATER_AND);
      if (c == 124) return taken(T.GREATER_BAR);
      if (c == 40) return processSubstitution();
      emit(T.GREATER);
      return false;
    case 38:
      if (c == 62) {
        R.st = St.META_AND;
        return true;
      }
      emit(T.AMP);
      return false;
    case 59:
      if (c == 38) {
        R.flags |= Flag.CASE_PATTERN;
        return taken(T.SEMI_AND);
      }
      emit(T.SEMI);
      return false;
    case 124:
      if (c == 38) return taken(T.BAR_AND);
      emit(T.PIPE);
      return false;
    default:
      emit(T.LPAREN);
      return false;
  }
}

function taken(token: i32): bool {
  emit(token);
  return true;
}

/** `<(` or `>(` starts a word. */
function processSubstitution(): bool {
  beginWord();
  R.expCh = R.metaCh;
  R.st = St.WORD_EXPANSION;
  return false;
}

export function less(c: i32): bool {
  if (c == 45) return taken(T.LESS_LESS_DASH);
  if (c == 60) return taken(T.LESS_LESS_LESS);
  emit(T.LESS_LESS);
  return false;
}

export function semi(c: i32): bool {
  if (c == 38) return taken(T.SEMI_SEMI_AND);
  emit(T.SEMI_SEMI);
  return false;
}

export function and(c: i32): bool {
  if (c == 62) return taken(T.AND_GREATER_GREATER);
  emit(T.AND_GREATER);
  return false;
}
