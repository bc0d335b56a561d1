/**
 * Where bytes come from: what was pushed, what is read again after `((` turned out to be two subshells (the replay
 * stack), and what was set aside while a here-document was read (the tail). Also lines, offsets, and the removal of
 * backslash-newline, which bash does below its lexer.
 */
import { die, report } from './errors';
import { Err } from './codes';
import { appendTail, documentByte, documentEnd, restOfLine } from './documents';
import {
  END_OF_INPUT,
  LOG,
  LOG_MAX,
  R,
  REPLAY,
  REPLAY_MAX,
  SEGMENTS,
  SEGMENTS_MAX,
  St,
  TAIL,
  reach,
} from './layout';
import { step, wantsRaw } from './machine';

/** bash's test for a binary file looks at this many bytes. */
const BINARY_SAMPLE: i32 = 80;
/** How much may be read again in total before the verdict is `unchecked`; bash itself is quadratic here. */
const REPLAYED_MAX: i32 = 48 << 20;

namespace Source {
  export const PUSHED: i32 = 0;
  export const TAIL: i32 = 1;
  export const REPLAY: i32 = 2;
}

/** Takes one byte of the script. */
export function feed(b: i32): void {
  if (R.offset < BINARY_SAMPLE && R.binaryLines > 0) looksBinary(b);
  if (b == 0) {
    R.offset++;
    return;
  }
  if (R.atLineStart) {
    R.line++;
    R.atLineStart = 0;
  }
  R.source = Source.PUSHED;
  R.pos = R.offset;
  if (b == 10) R.atLineStart = 1;
  take(b);
  R.offset++;
  if (R.replayTop > 0 || R.tailPos < R.tailEnd) drain();
}

/** Takes the end of the script: a missing newline is supplied, then the end is told until everything is settled. */
export function feedEnd(): void {
  if (!R.atLineStart && R.line > 0 && R.st != St.DOCUMENT) {
    R.source = Source.PUSHED;
    R.pos = R.offset;
    R.atLineStart = 1;
    take(10);
    drain();
  }
  while (R.st < St.STOPPED) {
    R.source = Source.PUSHED;
    R.pos = R.offset;
    if (R.st == St.DOCUMENT) {
      documentEnd();
    } else {
      // Each time the shell asks for one more line before it learns that there is none.
      if (R.st != St.REST_OF_LINE) R.line++;
      if (R.held) {
        R.held = 0;
        deliver(92);
      } else if (R.st == St.REST_OF_LINE) restOfLine(10);
      else deliver(END_OF_INPUT);
    }
    drain();
  }
}

function take(b: i32): void {
  if (R.st == St.DOCUMENT) documentByte(b);
  else if (R.st == St.REST_OF_LINE) restOfLine(b);
  else unescaped(b);
}

/** Drops backslash-newline wherever the lexer does not ask for raw bytes. */
function unescaped(b: i32): void {
  if (R.held) {
    R.held = 0;
    if (b == 10) return;
    deliver(92);
    if (R.st >= St.DOCUMENT) return unread(b);
  }
  if (b == 92 && !wantsRaw()) R.held = 1;
  else deliver(b);
}

/** A byte that arrives just when the machine turned to a here-document. */
function setAside(b: i32): void {
  if (R.st == St.REST_OF_LINE) restOfLine(b);
  else if (R.st == St.DOCUMENT) appendTail(b);
}

function deliver(c: i32): void {
  if (isLogged()) log(c);
  step(c);
}

/** Whether the byte being read belongs to an open log, which then has it already. */
export function isLogged(): bool {
  return R.logDepth > 0 && (R.source != Source.REPLAY || R.replayTop <= R.logReplayTop);
}

/** Gives a byte that was read too early back to where it came from. */
export function unread(c: i32): void {
  if (c == END_OF_INPUT) return;
  if (R.source == Source.PUSHED) setAside(c);
  else if (R.source == Source.TAIL) R.tailPos--;
  else {
    const at = SEGMENTS + ((R.replayTop - 1) << 4);
    store<i32>(at + 4, load<i32>(at + 4) - 1);
  }
}

/** Reads what is waiting before the next pushed byte. */
function drain(): void {
  while (R.st < St.DOCUMENT) {
    if (R.replayTop > 0) {
      const at = SEGMENTS + ((R.replayTop - 1) << 4);
      const next = load<i32>(at + 4);
      if (next == load<i32>(at + 8)) {
        R.replayTop--;
        if (load<i32>(at + 12) < 0) continue;
        // Where nothing of the line is left below the text read again, bash's lexer sees a NUL: it starts a word.
        if (lineIsRead() && R.st < St.DOCUMENT) {
          R.source = Source.REPLAY;
          deliver(0);
        }
        continue;
      }
      store<i32>(at + 4, next + 1);
      R.source = Source.REPLAY;
      R.pos = (load<i32>(at + 12) & i32.MAX_VALUE) + next - load<i32>(at);
      deliver(<i32>load<u8>(REPLAY + next));
    } else if (R.tailPos < R.tailEnd) {
      R.source = Source.TAIL;
      R.pos = R.tailOff + R.tailPos;
      unescaped(<i32>load<u8>(TAIL + R.tailPos++));
    } else return;
  }
}

/** Whether the input below the replayed text has nothing left on its current line. */
function lineIsRead(): bool {
  if (R.replayTop > 0) {
    const at = SEGMENTS + ((R.replayTop - 1) << 4);
    return load<i32>(at + 4) == load<i32>(at + 8);
  }
  return R.atLineStart != 0 && R.tailPos == R.tailEnd;
}

function looksBinary(b: i32): void {
  const expected = R.offset == 0 ? 0x7f : R.offset == 1 ? 0x45 : R.offset == 2 ? 0x4c : 0x46;
  if (R.elfBytes == R.offset && R.offset < 4 && b == expected) R.elfBytes++;
  if (b == 0 || R.elfBytes == 4) {
    report(Err.BINARY, 0, R.offset, 0, 0);
    die(126);
  } else if (b == 0x23 && R.offset == 0) R.hash = 1;
  else if (b == 0x21 && R.offset == 1 && R.hash) R.binaryLines = 2;
  else if (b == 10) R.binaryLines--;
}

export function replayEnd(): i32 {
  return R.replayTop == 0 ? 0 : load<i32>(SEGMENTS + ((R.replayTop - 1) << 4) + 8);
}

/** Set in a segment's offset when it is the rest of the current line, not text in front of it. */
export const REST: i32 = i32.MIN_VALUE;

/** Makes the `length` bytes already written at `replayEnd()` the next input. */
export function pushReplay(length: i32, offset: i32): void {
  const start = replayEnd();
  R.replayedTotal += length;
  if (R.replayTop >= SEGMENTS_MAX || R.replayedTotal > REPLAYED_MAX) {
    R.st = St.LIMIT;
    return;
  }
  const at = SEGMENTS + (R.replayTop << 4);
  store<i32>(at, start);
  store<i32>(at + 4, start);
  store<i32>(at + 8, start + length);
  store<i32>(at + 12, offset);
  R.replayTop++;
}

/** Makes `(` and the log from `start` on the next input. */
export function replayLog(start: i32, offset: i32): void {
  const end = replayEnd();
  const length = R.logLen - start;
  if (end + length > REPLAY_MAX) {
    R.st = St.LIMIT;
    return;
  }
  reach(REPLAY + end + length);
  memory.copy(REPLAY + end, LOG + start, length);
  pushReplay(length, offset);
}

export function log(c: i32): void {
  if (c == END_OF_INPUT) return;
  if (R.logLen >= LOG_MAX) {
    R.st = St.LIMIT;
    return;
  }
  reach(LOG + R.logLen + 1);
  store<u8>(LOG + R.logLen++, c);
}
