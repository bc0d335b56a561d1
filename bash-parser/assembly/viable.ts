/**
 * Whether a token that is only half read can still become one that fits. Between tokens an LR automaton's stack is
 * a viable prefix by construction, so this is all that "some continuation is valid" needs.
 */
import {
  COND_OPERATORS,
  COND_OPERATOR_COUNT,
  SPELLED_COUNT,
  SPELLED_LIST,
  Spelled,
  T,
  TERMINAL,
} from '../build/tables';
import { Cond, condErrorIsFinal, condMayEnd } from './cond';
import { accepts } from './grammar';
import { Consumer, R, St, WORD_TEXT } from './layout';
import { descriptorFits, specialToken, wordFits } from './word-kinds';

function fits(token: i32): bool {
  return accepts(load<u8>(TERMINAL + token));
}

export function viable(): bool {
  if (R.consumer == Consumer.ARRAY) return arrayViable();
  if (R.consumer == Consumer.COND) return !condErrorIsFinal() || condViable();
  if (R.recovering) return true;
  switch (R.st) {
    case St.COMMENT:
      return fits(T.NEWLINE);
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
      return wordViable();
    default:
      // Quotes and substitutions were checked when they began.
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

/** The hand-made parser of `[[ ]]`, state by state, where an error in it is final. */
function condViable(): bool {
  const state = R.condState;
  switch (R.st) {
    case St.COMMENT:
      return state == Cond.TERM || state == Cond.AFTER;
    case St.META: {
      // `<` and `>` may begin a process substitution where a word may stand.
      const angle = R.metaCh == 60 || R.metaCh == 62;
      if (state == Cond.AFTER) return R.metaCh == 38 || R.metaCh == 124;
      if (state == Cond.OPERATOR) return angle || R.metaCh == 38 || R.metaCh == 124;
      return angle || (state == Cond.TERM && R.metaCh == 40);
    }
    case St.META_LESS:
    case St.META_SEMI:
    case St.META_AND:
      return false;
    case St.WORD:
    case St.WORD_EXPANSION:
    case St.WORD_PATTERN:
    case St.WORD_EQUALS:
    case St.WORD_BACKSLASH:
      return (state != Cond.OPERATOR && state != Cond.AFTER) || condOperatorFits();
    default:
      return true;
  }
}

/** Whether the half-read word can become `]]` or, after the first word, an operator. */
function condOperatorFits(): bool {
  let length = R.wLen;
  if (length > 3 || R.wQuoted || R.wDollar) return false;
  let text = load<u64>(WORD_TEXT) & keep(length);
  if (R.st == St.WORD_EXPANSION)
    return R.expCh != 36 && text == Spelled.COND_END && length == 2 && condMayEnd();
  // Only `!` of the characters that may open a pattern begins an operator.
  if (R.st == St.WORD_PATTERN) {
    text |= (<u64>R.expCh) << ((<u64>length) << 3);
    length++;
  } else if (R.st != St.WORD) return false;
  if (condMayEnd() && (Spelled.COND_END & keep(length)) == text) return true;
  if (R.condState == Cond.AFTER) return false;
  for (let i = 0; i < COND_OPERATOR_COUNT; i++)
    if ((load<u64>(COND_OPERATORS + ((<usize>i) << 3)) & keep(length)) == text) return true;
  return false;
}

/** A mask for the first `length` bytes of eight. */
function keep(length: i32): u64 {
  return length == 0 ? 0 : u64.MAX_VALUE >>> ((<u64>(8 - length)) << 3);
}

function arrayViable(): bool {
  return R.st != St.META_LESS && (R.st != St.META || R.metaCh == 60 || R.metaCh == 62);
}

function wordViable(): bool {
  if (wordFits() || descriptorFits()) return true;
  if (R.wQuoted || R.wDollar || R.st != St.WORD || R.wLen > 8) return false;
  const mask = keep(R.wLen);
  const text = load<u64>(WORD_TEXT) & mask;
  for (let i = 0; i < SPELLED_COUNT; i++) {
    const candidate = load<u64>(SPELLED_LIST + ((<usize>i) << 3));
    if ((candidate & mask) != text) continue;
    const token = specialToken(candidate, false);
    if (token >= 0 && fits(token)) return true;
  }
  return false;
}
