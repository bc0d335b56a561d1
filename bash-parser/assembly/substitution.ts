/** `$(…)` and `<(…)`: the lexer calls the grammar, which reads a unit of its own up to the parenthesis. */
import { T } from '../build/tables';
import { Doubt } from './codes';
import { gather, Resume } from './documents';
import { run, startUnit } from './grammar';
import { isLogged, log } from './input';
import { Consumer, Flag, Frame, LOG, Quote, R, St, WORD_MAX, popFrame, pushFrame } from './layout';
import { endLog } from './parens';
import { resume, startQuote } from './quotes';
import { restoreTokens, restoreWord, saveTokens, saveWord } from './saved-lexer';
import { addText } from './words';

/** The byte after `$(` or `<(`: another `(` means arithmetic, anything else a command substitution. */
export function afterSubstitutionOpen(c: i32): bool {
  if (c == 40) startQuote(Quote.PAREN_ARITH);
  else startSubstitution(c);
  return false;
}

function startSubstitution(first: i32): void {
  saveWord();
  saveTokens();
  pushFrame(R.delimiter);
  pushFrame(R.docStart);
  pushFrame(R.docTop);
  pushFrame(R.lrBase);
  pushFrame(R.condState | (R.condDepth << 8));
  pushFrame(R.condLine);
  pushFrame(R.condTermLine);
  pushFrame(R.semicolons);
  pushFrame(R.semiBraces);
  pushFrame(R.recovering);
  // A delimiter is compared with all of its text, so the text of the substitution is kept.
  const keep = R.wCap == WORD_MAX;
  pushFrame(R.logReplayTop);
  const logged = isLogged();
  pushFrame(keep ? R.logLen - (logged ? 1 : 0) : -1);
  if (keep) {
    if (!logged) log(first);
    R.logReplayTop = R.replayTop;
    R.logDepth++;
  }
  pushFrame(R.line);
  pushFrame(R.pos);
  pushFrame(Frame.COMSUB);
  if (R.st >= St.STOPPED) return;
  R.level++;
  R.consumer = Consumer.GRAMMAR;
  R.recovering = 0;
  R.flags &= ~(
    Flag.REGEXP |
    Flag.PATTERN |
    Flag.COND_COMMAND |
    Flag.COND_EXPRESSION |
    Flag.ARRAY |
    Flag.CASE_PATTERN |
    Flag.REDIRECTIONS
  );
  R.flags |= Flag.COMSUB | Flag.NO_EXPAND;
  R.docCount = 0;
  R.docStart = R.docTop;
  R.esacs = 0;
  R.expecting = 0;
  R.cur = T.NEWLINE;
  R.tokenToRead = T.COMSUB_OPEN;
  R.wLine = R.line;
  R.lrBase = R.lrTop + 1;
  startUnit();
  if (R.st < St.STOPPED) run();
}

/** The closing parenthesis was accepted. */
export function endSubstitution(): void {
  if (R.docCount > 0) gather(Resume.SUBSTITUTION);
  else finishSubstitution();
}

export function finishSubstitution(): void {
  popFrame();
  popFrame();
  popFrame();
  const kept = popFrame();
  const logReplayTop = popFrame();
  R.recovering = popFrame();
  R.semiBraces = popFrame();
  R.semicolons = popFrame();
  R.condTermLine = popFrame();
  R.condLine = popFrame();
  const cond = popFrame();
  R.condState = cond & 0xff;
  R.condDepth = cond >> 8;
  R.lrTop = R.lrBase - 1;
  R.lrBase = popFrame();
  R.docTop = popFrame();
  R.docStart = popFrame();
  R.delimiter = popFrame();
  restoreTokens();
  restoreWord();
  R.level--;
  R.lookahead = -1;
  R.tokenToRead = 0;
  if (kept >= 0) {
    R.doubts |= Doubt.SUBSTITUTION_IN_DELIMITER;
    for (let at = kept; at < R.logLen; at++) addText(<i32>load<u8>(LOG + at));
    R.logDepth--;
    endLog(kept, logReplayTop);
  } else addText(41);
  R.qKind = Quote.PAREN_ARITH;
  resume();
}
