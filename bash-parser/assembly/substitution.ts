/**
 * What makes the lexer call the grammar, or itself, again: `$(…)` and `<(…)`, arrays `name=(…)`, and `((…))`, which is
 * arithmetic if it ends with `))` and otherwise two subshells that are read again.
 */
import { Doubt, Err } from './codes';
import { die, fail, report } from './errors';
import { gather, Resume } from './documents';
import { accepts, run, startUnit } from './grammar';
import { log, replayLog } from './input';
import {
  Assign,
  Consumer,
  END_OF_INPUT,
  Flag,
  Frame,
  LOG,
  Quote,
  R,
  St,
  WORD_KEEP,
  WORD_MAX,
  WORD_TEXT,
  FRAMES,
  FRAMES_MAX,
  popFrame,
  pushFrame,
} from './layout';
import { emit, readToken, reservedAfter } from './lexer';
import { resume, startQuote } from './quotes';
import { T, TERMINAL } from '../build/tables';
import { addText } from './words';

/** Saves the word in progress with as much of its text as can still matter. */
function saveWord(): void {
  const kept = min(R.wLen, R.wCap == WORD_MAX ? WORD_MAX : WORD_KEEP);
  const bytes = (kept + 3) & ~3;
  if (R.frameTop + bytes + 64 > FRAMES_MAX) {
    R.st = St.LIMIT;
    return;
  }
  memory.copy(FRAMES + R.frameTop, WORD_TEXT, kept);
  R.frameTop += bytes;
  pushFrame(bytes);
  pushFrame(R.wLen);
  pushFrame(R.wCap);
  pushFrame(
    R.wDigits | (R.wQuoted << 1) | (R.wDollar << 2) | (R.wAssign << 4) | (R.wBrackets << 8),
  );
  pushFrame(R.wLine);
  pushFrame(R.wOff);
}

function restoreWord(): void {
  R.wOff = popFrame();
  R.wLine = popFrame();
  const bits = popFrame();
  R.wDigits = bits & 1;
  R.wQuoted = (bits >> 1) & 1;
  R.wDollar = (bits >> 2) & 1;
  R.wAssign = (bits >> 4) & 15;
  R.wBrackets = bits >> 8;
  R.wPass = 0;
  R.wCap = popFrame();
  R.wLen = popFrame();
  const bytes = popFrame();
  R.frameTop -= bytes;
  memory.copy(WORD_TEXT, FRAMES + R.frameTop, min(R.wLen, bytes));
}

function saveTokens(): void {
  pushFrame(R.flags);
  pushFrame(R.cur | (R.last << 8) | (R.before << 16) | (R.consumer << 24));
  pushFrame(R.esacs);
  pushFrame(R.expecting);
  pushFrame(R.docCount);
}

function restoreTokens(): void {
  R.docCount = popFrame();
  R.expecting = popFrame();
  R.esacs = popFrame();
  const tokens = popFrame();
  R.cur = tokens & 0xff;
  R.last = (tokens >> 8) & 0xff;
  R.before = (tokens >> 16) & 0xff;
  R.consumer = tokens >> 24;
  R.flags = popFrame();
}

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
  // Its first byte was delivered before: an enclosing log has it already.
  pushFrame(keep ? R.logLen - (R.logDepth > 0 ? 1 : 0) : -1);
  if (keep) {
    if (R.logDepth == 0) log(first);
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

/** Whether the grammar can take the word in progress as a word or an assignment. */
export function wordFits(): bool {
  return (
    accepts(load<u8>(TERMINAL + T.WORD)) ||
    (R.wAssign != Assign.NO && accepts(load<u8>(TERMINAL + T.ASSIGNMENT)))
  );
}

/** `name=(` */
export function startArray(): void {
  saveWord();
  saveTokens();
  pushFrame(R.line);
  pushFrame(R.pos);
  pushFrame(Frame.ARRAY);
  if (R.st >= St.STOPPED) return;
  R.last = T.WORD;
  R.flags &= ~(
    Flag.NO_EXPAND |
    Flag.COND_COMMAND |
    Flag.COND_EXPRESSION |
    Flag.REGEXP |
    Flag.PATTERN
  );
  R.flags |= Flag.ARRAY;
  R.esacs = 0;
  R.expecting = 0;
  R.consumer = Consumer.ARRAY;
  readToken();
}

/** The exit status after an error in an array. */
const ARRAY_EXIT: i32 = 1;

export function arrayToken(token: i32): void {
  if (token == T.WORD || token == T.ASSIGNMENT || token == T.NEWLINE) {
    readToken();
    return;
  }
  if (token == T.RPAREN) {
    popFrame();
    popFrame();
    popFrame();
    const assignOk = load<i32>(FRAMES + R.frameTop - 20) & Flag.ASSIGN_OK;
    restoreTokens();
    R.flags |= assignOk;
    restoreWord();
    addText(41);
    R.wDigits = 0;
    R.st = St.WORD;
    return;
  }
  if (token == T.EOF)
    report(
      Err.UNMATCHED,
      load<i32>(FRAMES + R.frameTop - 12),
      load<i32>(FRAMES + R.frameTop - 8),
      0,
      41,
    );
  else report(Err.UNEXPECTED_TOKEN, R.line, R.wOff, token, 0);
  die(ARRAY_EXIT);
}

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
  pushFrame(R.logReplayTop);
  pushFrame(R.logLen);
  pushFrame(R.semicolons);
  pushFrame(R.semiBraces);
  pushFrame(frame);
  R.logReplayTop = R.replayTop;
  R.logDepth++;
  log(40);
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
      if (semicolons != 2 && R.consumer == Consumer.GRAMMAR && !R.recovering) doomUnlessStopped();
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
function doomUnlessStopped(): void {
  if (R.arithForOff == 0) R.arithForOff = R.wOff;
  if (R.level > 0) R.doomed = 1;
  else if (R.doomed == 0) R.doomed = 2;
}

/** Forgets the part of the log that no enclosing `((` needs. */
function endLog(start: i32, replayTop: i32): void {
  if (R.logDepth == 0 || replayTop != R.logReplayTop) R.logLen = start;
  R.logReplayTop = replayTop;
  if (R.logDepth == 0) R.logDocuments = 0;
}
