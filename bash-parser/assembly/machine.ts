/** One step of the machine: a byte goes to whatever is in progress, again if that ended before the byte. */
import { unread } from './input';
import { and, comment, less, meta, semi, token } from './lexer';
import { Quote, R, St } from './layout';
import { quoteByte } from './quotes';
import { parensClosed } from './parens';
import { afterSubstitutionOpen } from './substitution';
import { backslashInDouble, equals, expansion, pattern, word } from './words';

/** Whether the next byte is wanted as it is, backslash-newline included. */
export function wantsRaw(): bool {
  switch (R.st) {
    case St.COMMENT:
    case St.PARENS_CLOSED:
    case St.WORD_BACKSLASH:
      return true;
    case St.WORD:
      return R.wPass != 0;
    case St.QUOTE:
      return R.qKind <= Quote.ANSI || R.qPass != 0;
    default:
      return false;
  }
}

export function step(c: i32): void {
  while (true) {
    let taken: bool;
    switch (R.st) {
      case St.TOKEN:
        taken = token(c);
        break;
      case St.COMMENT:
        taken = comment(c);
        break;
      case St.META:
        taken = meta(c);
        break;
      case St.META_LESS:
        taken = less(c);
        break;
      case St.META_SEMI:
        taken = semi(c);
        break;
      case St.META_AND:
        taken = and(c);
        break;
      case St.WORD:
        taken = word(c);
        break;
      case St.WORD_EXPANSION:
        taken = expansion(c);
        break;
      case St.WORD_PATTERN:
        taken = pattern(c);
        break;
      case St.WORD_EQUALS:
        taken = equals(c);
        break;
      case St.WORD_BACKSLASH:
        taken = backslashInDouble(c);
        break;
      case St.QUOTE:
        taken = quoteByte(c);
        break;
      case St.SUBSTITUTION:
        taken = afterSubstitutionOpen(c);
        break;
      case St.PARENS_CLOSED:
        taken = parensClosed(c);
        break;
      case St.DOCUMENT:
      case St.REST_OF_LINE:
        unread(c);
        return;
      default:
        return;
    }
    if (taken) return;
  }
}
