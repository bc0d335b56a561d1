/** The lexer's memory, put on the frame stack while a substitution or an array is read, and taken back. */
import {
  FRAMES,
  FRAMES_MAX,
  R,
  St,
  WORD_KEEP,
  WORD_MAX,
  WORD_TEXT,
  popFrame,
  pushFrame,
} from './layout';

/** Saves the word in progress with as much of its text as can still matter. */
export function saveWord(): void {
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

export function restoreWord(): void {
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

export function saveTokens(): void {
  pushFrame(R.flags);
  pushFrame(R.cur | (R.last << 8) | (R.before << 16) | (R.consumer << 24));
  pushFrame(R.esacs);
  pushFrame(R.expecting);
  pushFrame(R.docCount);
}

export function restoreTokens(): void {
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
