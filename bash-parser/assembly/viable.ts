/**
 * Whether a token that is only half read can still become one that fits. Between tokens an LR automaton's stack is
 * a viable prefix by construction, so this is all that "some continuation is valid" needs.
 */
import {
  COND_OPERATORS,
  COND_OPERATOR_COUNT,
  SPELLED_COUNT,
  SPELLED_LIST,
  T,
  TERMINAL,
} from '../build/tables';
import { Cond } from './cond';
import { accepts } from './grammar';
import { Consumer, R, St, WORD_TEXT } from './layout';
import { specialToken, wordFits } from './word-kinds';

function fits(token: i32): bool {
  return accepts(load<u8>(TERMINAL + token));
}

export function viable(): bool {
  if (R.consumer == Consumer.ARRAY) return arrayViable();
  if (R.consumer == Consumer.COND) return (R.level == 0 && !R.strict) || condViable();
  if (R.recovering) return true;
  switch (R.st) {
    case St.META:
      return operatorFits();
    case St.META_LESS:
      return fits(T.LESS_LESS) || fits(T.LESS_LESS_LESS);
    case St.META_SEMI:
      return fits(T.SEMI_SEMI);
    case St.META_AND:
      return fits(T.AND_GREATER);
    case St.WORD:
    case St.WORD_EXPANSION:
    case St.WORD_PATTERN:
    case St.WORD_EQUALS:
    case St.WORD_BACKSLASH:
    case St.SUBSTITUTION:
      return wordViable();
    case St.QUOTE:
      // Arithmetic was checked when it began; any other quote belongs to a word.
      return R.doomed == 0;
    default:
      return true;
  }
}

function operatorFits(): bool {
  switch (R.metaCh) {
    case 60:
    case 62:
      return fits(T.LESS) || wordFits();
    case 38:
      return fits(T.AMP) || fits(T.AND_AND) || fits(T.AND_GREATER);
    case 59:
      return fits(T.SEMI) || fits(T.SEMI_SEMI);
    case 124:
      return fits(T.PIPE) || fits(T.OR_OR);
    default:
      return fits(T.LPAREN) || fits(T.ARITH_CMD) || fits(T.ARITH_FOR);
  }
}

/** Inside `$(`, where an error in `[[ ]]` is final, the second word must become an operator or the end. */
function condViable(): bool {
  if (R.st != St.WORD || R.condState != Cond.OPERATOR) return true;
  if (R.wLen > 3 || R.wQuoted || R.wDollar) return false;
  const mask: u64 = R.wLen == 0 ? 0 : u64.MAX_VALUE >>> ((<u64>(8 - R.wLen)) << 3);
  const text = load<u64>(WORD_TEXT) & mask;
  for (let i = 0; i < COND_OPERATOR_COUNT; i++)
    if ((load<u64>(COND_OPERATORS + ((<usize>i) << 3)) & mask) == text) return true;
  return false;
}

function arrayViable(): bool {
  return R.st != St.META || R.metaCh == 60 || R.metaCh == 62;
}

function wordViable(): bool {
  if (wordFits()) return true;
  if (R.wQuoted || R.wDollar || R.st != St.WORD || R.wLen > 8) return digitsFit();
  if (digitsFit()) return true;
  const length = R.wLen;
  const text = load<u64>(WORD_TEXT);
  const mask: u64 = length == 0 ? 0 : u64.MAX_VALUE >>> ((<u64>(8 - length)) << 3);
  for (let i = 0; i < SPELLED_COUNT; i++) {
    const candidate = load<u64>(SPELLED_LIST + ((<usize>i) << 3));
    if ((candidate & mask) != (text & mask)) continue;
    const token = specialToken(candidate, false);
    if (token >= 0 && fits(token)) return true;
  }
  return false;
}

function digitsFit(): bool {
  if (R.wDigits && fits(T.NUMBER)) return true;
  return R.wLen > 0 && load<u8>(WORD_TEXT) == 123 && fits(T.REDIR_VAR);
}
