/**
 * Here-documents. Their bodies are raw lines of input that begin after the current line, however much of that line
 * is still unread: then the rest is set aside first (REST_OF_LINE), as bash's line buffer does.
 */
import {
  DOCS,
  DOCS_MAX,
  R,
  REPLAY,
  REPLAY_MAX,
  St,
  TAIL,
  TAIL_MAX,
  WARNINGS,
  WARNINGS_MAX,
  WARNING_BYTES,
  WORD_MAX,
  WORD_TEXT,
  reach,
} from './layout';
import { REST, pushReplay, replayEnd } from './input';
import { run } from './grammar';
import { emitNewline } from './lexer';
import { finishSubstitution } from './substitution';

/** What goes on when the bodies are read. */
export namespace Resume {
  export const NEWLINE: i32 = 0;
  export const GRAMMAR: i32 = 1;
  export const SUBSTITUTION: i32 = 2;
}

/** Header of a delimiter in DOCS: length (2 bytes), flags (1 byte), then the text. */
const HEADER: i32 = 3;
const STRIP: i32 = 1;
const QUOTED: i32 = 2;

/** Keeps the word just read as a delimiter, quotes removed; the grammar confirms it with `docCount`. */
export function keepDelimiter(strip: bool): void {
  const from = R.docCount == 0 ? R.docStart : R.docTop;
  if (R.wLen > WORD_MAX || from + R.wLen + HEADER > DOCS_MAX) {
    R.st = St.LIMIT;
    return;
  }
  const text = DOCS + from + HEADER;
  let length = 0;
  if (!R.wQuoted) {
    memory.copy(text, WORD_TEXT, R.wLen);
    length = R.wLen;
  } else {
    let quote = 0;
    for (let i = 0; i < R.wLen; i++) {
      let c = <i32>load<u8>(WORD_TEXT + i);
      if (quote == 39) {
        if (c == 39) {
          quote = 0;
          continue;
        }
      } else if (c == 92 && i + 1 < R.wLen) {
        const next = <i32>load<u8>(WORD_TEXT + i + 1);
        if (quote == 0 || next == 36 || next == 96 || next == 34 || next == 92 || next == 10) {
          c = next;
          i++;
        }
      } else if (c == 34) {
        quote = quote == 0 ? 34 : 0;
        continue;
      } else if (c == 39 && quote == 0) {
        quote = 39;
        continue;
      }
      store<u8>(text + length++, c);
    }
  }
  store<u16>(DOCS + from, length);
  store<u8>(DOCS + from + 2, (strip ? STRIP : 0) | (R.wQuoted ? QUOTED : 0));
  R.docAt = from + HEADER + length;
}

/** Starts to read the pending bodies; `resume` says what follows them. */
export function gather(resume: i32): void {
  R.docResume = resume;
  if (R.logDepth > 0) R.logDocuments = 1;
  R.docIndex = 0;
  R.docAt = R.docStart;
  R.docLine = R.line;
  // The newline that ends the current line was already read, or everything up to it must be set aside.
  if (R.atLineStart) startBody();
  else R.st = St.REST_OF_LINE;
}

export function restOfLine(c: i32): void {
  if (R.tailPos == R.tailEnd) {
    R.tailPos = R.tailEnd = 0;
    R.tailOff = R.offset;
  }
  appendTail(c);
  if (c == 10) startBody();
}

export function appendTail(c: i32): void {
  if (R.tailEnd >= TAIL_MAX) {
    R.st = St.LIMIT;
    return;
  }
  reach(TAIL + R.tailEnd + 1);
  store<u8>(TAIL + R.tailEnd++, c);
}

function startBody(): void {
  R.st = St.DOCUMENT;
  startLine();
}

function startLine(): void {
  R.docMatchRaw = 0;
  R.docMatch = 0;
  R.docTabs = load<u8>(DOCS + R.docAt + 2) & STRIP;
  R.docHas = 0;
  R.docHeld = 0;
  R.docOver = 0;
  R.docParen = 0;
  R.docRest = 0;
}

/** One byte of a body. */
export function documentByte(b: i32): void {
  if (R.docHeld) {
    R.docHeld = 0;
    if (b == 10) return;
    lineByte(92);
    lineByte(b);
    return;
  }
  if (b == 92 && !(load<u8>(DOCS + R.docAt + 2) & QUOTED)) {
    R.docHeld = 1;
    return;
  }
  if (b == 10) endLine();
  else lineByte(b);
}

function lineByte(b: i32): void {
  R.docHas = 1;
  const length = <i32>load<u16>(DOCS + R.docAt);
  const text = DOCS + R.docAt + HEADER;
  if (R.docMatchRaw >= 0) {
    if (R.docMatchRaw < length && <i32>load<u8>(text + R.docMatchRaw) == b) R.docMatchRaw++;
    else R.docMatchRaw = -1;
  }
  if (R.docTabs) {
    if (b == 9) return;
    R.docTabs = 0;
  }
  if (R.docMatch < 0) return;
  if (R.docMatch < length) {
    if (<i32>load<u8>(text + R.docMatch) == b) R.docMatch++;
    else R.docMatch = -1;
    return;
  }
  R.docOver = 1;
  if (R.level == 0) return;
  // In `$(`, a line such as `EOF)` also ends the document if a parenthesis follows; the rest is read as shell.
  if (b == 41) R.docParen = 1;
  const end = replayEnd();
  if (end + R.docRest + 2 > REPLAY_MAX) {
    R.st = St.LIMIT;
    return;
  }
  reach(REPLAY + end + R.docRest + 2);
  store<u8>(REPLAY + end + R.docRest++, b);
}

function endLine(): void {
  const length = <i32>load<u16>(DOCS + R.docAt);
  const flags = load<u8>(DOCS + R.docAt + 2);
  if ((flags & STRIP) != 0 && R.docMatchRaw == length) return nextDocument();
  if (R.docMatch == length) {
    if (!R.docOver) return nextDocument();
    if (R.level > 0 && R.docParen) {
      const end = replayEnd();
      store<u8>(REPLAY + end + R.docRest++, 10);
      warn();
      pushReplay(R.docRest, (R.offset - R.docRest + 1) | REST);
      return nextDocument();
    }
  }
  startLine();
}

/** The input ends inside a body: its last line still counts, then bash warns and goes on. */
export function documentEnd(): void {
  if (R.docHeld) {
    R.docHeld = 0;
    lineByte(92);
  }
  if (R.docHas) {
    // A line that backslash-newline joined to nothing counts once more.
    if (R.atLineStart) R.line++;
    const at = R.docAt;
    const index = R.docIndex;
    endLine();
    if (R.st != St.DOCUMENT || R.docAt != at || R.docIndex != index) return;
  }
  warn();
  nextDocument();
}

function warn(): void {
  const length = min(<i32>load<u16>(DOCS + R.docAt), WARNING_BYTES - 12);
  if (R.warnings < WARNINGS_MAX) {
    const at = WARNINGS + R.warnings * WARNING_BYTES;
    store<i32>(at, R.line);
    store<i32>(at + 4, R.docLine);
    store<i32>(at + 8, length);
    memory.copy(at + 12, DOCS + R.docAt + HEADER, length);
    R.warnings++;
  }
}

function nextDocument(): void {
  R.docAt += HEADER + <i32>load<u16>(DOCS + R.docAt);
  R.docIndex++;
  R.docLine = R.line;
  if (R.docIndex < R.docCount) return startLine();
  R.docCount = 0;
  R.st = St.TOKEN;
  if (R.docResume == Resume.NEWLINE) emitNewline();
  else if (R.docResume == Resume.GRAMMAR) run();
  else finishSubstitution();
}
