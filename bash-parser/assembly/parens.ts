/** `((`: arithmetic if it ends with `))`, else two subshells, whose text is read again. */
import { T, TERMINAL } from '../build/tables';
import { Doubt } from './codes';
import { accepts } from './grammar';
import { isLogged, log, replayLog } from './input';
import { Consumer, END_OF_INPUT, Frame, Quote, R, St, popFrame, pushFrame } from './layout';
import { emit, reservedAfter } from './lexer';
import { startQuote } from './quotes';

/** After `((`: true if it starts arithmetic here (for now); false if it is just two parentheses. */
export function startParens(): bool {
  let frame: i32;
  if (R.last == T.FOR) frame = Frame.ARITH_FOR;
  else if (reservedAfter(R.last)) frame = Frame.ARITH;
  else return false;
  if (R.consumer == Consumer.GRAMMAR && !R.recovering) {
    // The grammar may take neither reading; a subshell's parenthesis covers both where a command may start.
    if (
      frame == Frame.ARITH &&
      !accepts(load<u8>(TERMINAL + T.ARITH_CMD)) &&
      !accepts(load<u8>(TERMINAL + T.LPAREN))
    )
      R.doomed = 1;
  }
  const logged = isLogged();
  pushFrame(R.logReplayTop);
  pushFrame(logged ? R.logLen - 1 : R.logLen);
  pushFrame(R.semicolons);
  pushFrame(R.semiBraces);
  pushFrame(frame);
  R.logReplayTop = R.replayTop;
  R.logDepth++;
  if (!logged) log(40);
  R.semicolons = 0;
  R.semiBraces = 0;
  startQuote(Quote.PAREN_ARITH);
  return true;
}

/** The parentheses of `((…)` match; the next byte decides. */
export function arithFinished(): void {
  R.st = St.PARENS_CLOSED;
}

export function parensClosed(c: i32): bool {
  const frame = popFrame();
  const semicolons = R.semicolons;
  R.semiBraces = popFrame();
  R.semicolons = popFrame();
  const start = popFrame();
  const replayTop = popFrame();
  R.logDepth--;
  if (c == 41) {
    endLog(start, replayTop);
    if (frame == Frame.ARITH_FOR) {
      R.semicolons = semicolons;
      if (semicolons != 2) {
        if (R.arithForOff == 0 && R.consumer == Consumer.GRAMMAR && !R.recovering)
          R.arithForOff = R.wOff;
        doomUnlessStopped();
      }
      emit(T.ARITH_FOR);
    } else emit(T.ARITH_CMD);
    return true;
  }
  if (frame == Frame.ARITH_FOR) {
    endLog(start, replayTop);
    emit(T.BROKEN);
    // The shell has taken this byte as well, whatever it is.
    return c != END_OF_INPUT;
  }
  // bash reads its own print of the substitutions again, where a here-document comes out in another place.
  if (R.logDocuments) R.doubts |= Doubt.REPRINTED_DOCUMENT;
  replayLog(start, R.wOff + 1);
  endLog(start, replayTop);
  if (R.st == St.PARENS_CLOSED) emit(T.LPAREN);
  return true;
}

/** The loop's end will be an error; at the top, an error in `[[ ]]` before it still makes bash exit with 0. */
export function doomUnlessStopped(): void {
  if (R.consumer != Consumer.GRAMMAR || R.recovering) return;
  if (R.level > 0) R.doomed = 1;
  else if (R.doomed == 0) R.doomed = 2;
}

/** Forgets the part of the log that no enclosing `((` needs. */
export function endLog(start: i32, replayTop: i32): void {
  if (R.logDepth == 0 || R.logReplayTop > replayTop) R.logLen = start;
  R.logReplayTop = replayTop;
  if (R.logDepth == 0) R.logDocuments = 0;
}
