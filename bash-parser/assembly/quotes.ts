/**
 * Quotes and brackets that the shell reads as one unit: '…', $'…', "…", `…`, ${…}, $[…], name[…], ((…)) and the
 * parentheses of patterns. Inside most of them other quotes nest, and in some `$(` starts a real substitution.
 */
import { Err } from './codes';
import { fail } from './errors';
import { Assign, END_OF_INPUT, FRAMES, Frame, Quote, R, St, popFrame, pushFrame } from './layout';
import { arithFinished, doomUnlessStopped } from './parens';
import { addText } from './words';

/** Starts a unit whose opening was just read; the frame of what it interrupts is already pushed. */
export function startQuote(kind: i32): void {
  R.qKind = kind;
  R.qCount = 1;
  R.qPass = 0;
  R.qDollar = 0;
  R.qAngle = 0;
  R.qLine = R.line;
  R.qOff = R.pos;
  if (R.st < St.STOPPED) R.st = St.QUOTE;
}

function suspendQuote(delimiter: i32): void {
  pushFrame(R.qCount);
  pushFrame(R.qLine);
  pushFrame(R.qOff);
  pushFrame((R.qKind << 16) | (R.delimiter << 8) | Frame.QUOTE);
  if (delimiter != 0) R.delimiter = delimiter;
}

function closing(kind: i32): i32 {
  switch (kind) {
    case Quote.SINGLE:
    case Quote.ANSI:
      return 39;
    case Quote.DOUBLE:
      return 34;
    case Quote.BACK:
      return 96;
    case Quote.BRACE:
      return 125;
    case Quote.BRACKET_ARITH:
    case Quote.BRACKET_INDEX:
      return 93;
    default:
      return 41;
  }
}

export function quoteByte(c: i32): bool {
  const kind = R.qKind;
  if (c == END_OF_INPUT) {
    fail(Err.UNMATCHED, R.qLine, R.qOff, 0, closing(kind));
    return true;
  }
  addText(c);
  if (R.qPass) {
    R.qPass = 0;
    return true;
  }
  // bash passes over its two internal marker bytes before it looks at anything.
  if (c == 1 || c == 127) return true;
  switch (kind) {
    case Quote.SINGLE:
      if (c == 39) resume();
      return true;
    case Quote.ANSI:
      if (c == 39) resume();
      else if (c == 92) R.qPass = 1;
      return true;
    case Quote.BACK:
      if (c == 96) resume();
      else if (c == 92) R.qPass = 1;
      return true;
    case Quote.DOUBLE:
      return double(c);
    default:
      return bracket(c, kind);
  }
}

function double(c: i32): bool {
  switch (c) {
    case 34:
      resume();
      return true;
    case 92:
      R.qPass = 1;
      R.qDollar = 0;
      return true;
    case 96:
      suspendQuote(0);
      startQuote(Quote.BACK);
      return true;
    case 36:
      R.qDollar ^= 1;
      return true;
    case 40:
    case 123:
    case 91:
      if (R.qDollar) expand(c);
  }
  R.qDollar = 0;
  return true;
}

/** `$(`, `${` or `$[` inside a unit. */
function expand(c: i32): void {
  suspendQuote(0);
  if (c == 40) R.st = St.SUBSTITUTION;
  else startQuote(c == 123 ? Quote.BRACE : Quote.BRACKET_ARITH);
}

function bracket(c: i32, kind: i32): bool {
  const close = closing(kind);
  if (c == close) {
    if (--R.qCount == 0) {
      resume();
      return true;
    }
  } else if (kind == Quote.BRACE) {
    if (c == 123 && R.qDollar) R.qCount++;
  } else if (c == (close == 93 ? 91 : 40)) R.qCount++;

  const dollar = R.qDollar;
  const angle = R.qAngle;
  R.qDollar = c == 36 ? dollar ^ 1 : 0;
  R.qAngle = c == 60 || c == 62 ? angle ^ 1 : 0;
  switch (c) {
    case 92:
      R.qPass = 1;
      break;
    case 34:
    case 39:
    case 96:
      suspendQuote(c);
      startQuote(
        c == 34 ? Quote.DOUBLE : c == 96 ? Quote.BACK : dollar ? Quote.ANSI : Quote.SINGLE,
      );
      break;
    case 40:
      if (
        kind == Quote.BRACE || kind == Quote.BRACKET_INDEX
          ? dollar | angle
          : kind == Quote.PAREN_ARITH || kind == Quote.BRACKET_ARITH
            ? dollar
            : 0
      ) {
        if (close == 41) R.qCount--;
        expand(c);
      }
      break;
    case 123:
    case 91:
      if (dollar && (kind == Quote.BRACE || kind == Quote.BRACKET_INDEX)) {
        if (close == (c == 123 ? 125 : 93)) R.qCount--;
        expand(c);
      } else if (c == 123 && dollar && inArithFor()) R.semiBraces++;
      break;
    case 125:
      if (R.semiBraces > 0 && inArithFor()) R.semiBraces--;
      break;
    case 59:
      if (R.semiBraces == 0 && inArithFor() && ++R.semicolons > 2) doomUnlessStopped();
  }
  return true;
}

/** Whether the unit is the `((…))` of a `for`, whose semicolons count. */
function inArithFor(): bool {
  return load<i32>(FRAMES + R.frameTop - 4) == Frame.ARITH_FOR;
}

/** A name with a quoted or expanded part is none. */
function spoilName(): void {
  if (R.wAssign < Assign.YES) R.wAssign = Assign.NO;
}

/** The unit is closed: what it interrupted goes on. */
export function resume(): void {
  const kind = R.qKind;
  const frame = popFrame();
  switch (frame & 0xff) {
    case Frame.WORD:
      R.delimiter = popFrame();
      R.st = St.WORD;
      R.wDigits = 0;
      switch (kind) {
        case Quote.SINGLE:
        case Quote.ANSI:
        case Quote.DOUBLE:
          R.wQuoted = 1;
          spoilName();
          break;
        case Quote.BRACKET_INDEX:
          R.wAssign = R.wAssign <= Assign.NAME ? Assign.INDEX : R.wAssign;
          break;
        case Quote.PAREN_PLAIN:
          R.wDollar = 0;
          spoilName();
          break;
        case Quote.BACK:
          spoilName();
          break;
        default:
          R.wDollar = 1;
          spoilName();
      }
      break;
    case Frame.QUOTE:
      R.qKind = frame >> 16;
      R.delimiter = (frame >> 8) & 0xff;
      R.qOff = popFrame();
      R.qLine = popFrame();
      R.qCount = popFrame();
      R.qPass = 0;
      R.qDollar = 0;
      R.qAngle = 0;
      R.st = St.QUOTE;
      break;
    default:
      R.frameTop += 4;
      arithFinished();
  }
}
