/** What JavaScript calls. Bytes go through `inputAt()`, snapshots through `transferAt()`. */
import { STATE_TOKEN, T } from '../build/tables';
import { startUnit } from './grammar';
import { feed, feedEnd } from './input';
import {
  Consumer,
  ERROR_TEXT,
  FIXED_END,
  INPUT,
  INPUT_MAX,
  LR_LINES,
  LR_STATES,
  R,
  REGISTERS,
  REGISTERS_BYTES,
  SCRATCH,
  SCRATCH_MAX,
  St,
  TRANSFER,
  WARNINGS,
  reach,
} from './layout';
import { load_, save, snapshotBytes } from './snapshot';
import { fillClasses } from './words';
import { viable } from './viable';

export namespace Verdict {
  export const VIABLE: i32 = 0;
  export const COMPLETE: i32 = 1;
  export const DEAD: i32 = 2;
  export const LIMIT: i32 = 3;
  /** The state is too big for the room set aside; take a snapshot instead. */
  export const TOO_BIG: i32 = 4;
}

/** Forgets everything: the next byte is the first of a script. `strict`: an early stop of bash counts as dead. */
export function reset(strict: bool): void {
  reach(FIXED_END);
  fillClasses();
  memory.fill(REGISTERS, 0, REGISTERS_BYTES);
  R.strict = strict;
  R.atLineStart = 1;
  R.binaryLines = 1;
  R.cur = T.NEWLINE;
  R.last = T.NEWLINE;
  R.before = T.NEWLINE;
  startUnit();
  R.st = St.TOKEN;
  R.last = T.NEWLINE;
}

/** Reads `length` bytes at `inputAt()`; returns VIABLE, DEAD or LIMIT. */
export function push(length: i32): i32 {
  const end = INPUT + length;
  let at = INPUT;
  while (at < end && R.st < St.STOPPED) feed(<i32>load<u8>(at++));
  R.offset += <i32>(end - at);
  const now = quick();
  return now == Verdict.VIABLE && R.st < St.STOPPED && !viable() ? Verdict.DEAD : now;
}

function quick(): i32 {
  if (R.st == St.LIMIT) return Verdict.LIMIT;
  if (R.strict && stopsEarly()) return Verdict.DEAD;
  return R.st == St.DEAD || R.doomed == 1 ? Verdict.DEAD : Verdict.VIABLE;
}

/** The script ends here. */
export function finish(): i32 {
  feedEnd();
  if (R.st == St.LIMIT) return Verdict.LIMIT;
  return R.st == St.DEAD ? Verdict.DEAD : Verdict.COMPLETE;
}

/** The exact state: whether any continuation is valid, and whether the script could end here. */
export function state(): i32 {
  const now = quick();
  if (now != Verdict.VIABLE) return now;
  if (R.st < St.STOPPED && !viable()) return Verdict.DEAD;
  if (R.st >= St.STOPPED) return Verdict.COMPLETE;
  if (snapshotBytes() > SCRATCH_MAX) return Verdict.TOO_BIG;
  save(SCRATCH);
  const end = finish();
  const stopped = R.strict && stopsEarly();
  load_(SCRATCH);
  return end == Verdict.COMPLETE && !stopped ? Verdict.COMPLETE : Verdict.VIABLE;
}

/** What `push` would return for the bytes at `inputAt()`, which are not kept. */
export function probe(length: i32): i32 {
  if (snapshotBytes() > SCRATCH_MAX) return Verdict.TOO_BIG;
  save(SCRATCH);
  const result = push(length);
  load_(SCRATCH);
  return result;
}

export function inputAt(): usize {
  return INPUT;
}
export function inputBytes(): i32 {
  return INPUT_MAX;
}
export function snapshotSize(): i32 {
  return snapshotBytes();
}
/** Writes a snapshot and returns where; memory may grow when it is a big one. */
export function snapshot(): usize {
  const at = transferAt(snapshotBytes());
  save(at);
  return at;
}
/** Where JavaScript puts a snapshot of `bytes` before `restore`. */
export function transferAt(bytes: i32): usize {
  if (bytes <= SCRATCH_MAX) return TRANSFER;
  reach(BIG_TRANSFER + bytes);
  return BIG_TRANSFER;
}
export function restore(bytes: i32): void {
  load_(transferAt(bytes));
}
/** Above every region: used only for snapshots that hold megabytes of unread input. */
const BIG_TRANSFER: usize = 48 << 20;

export function machineState(): i32 {
  return R.st;
}
export function exitCode(): i32 {
  return R.exitCode;
}
/** Whether a valid end is (or can only be) bash's early stop after an error that leaves its exit status 0. */
export function stopsEarly(): bool {
  return R.st == St.STOPPED || (R.st < St.STOPPED && (R.recovering != 0 || R.doomed == 2));
}
/** The known causes of disagreement that this script touches, one bit each (codes.ts). */
export function doubts(): i32 {
  return R.doubts;
}
export function sawCommand(): i32 {
  return R.sawCommand;
}
export function offset(): i32 {
  return R.offset;
}
export function line(): i32 {
  return R.line;
}
export function errorKind(): i32 {
  return R.errKind;
}
export function errorLine(): i32 {
  return R.errLine;
}
export function errorOffset(): i32 {
  return R.errOff;
}
export function errorToken(): i32 {
  return R.errToken;
}
export function errorChar(): i32 {
  return R.errChar;
}
export function errorTextAt(): usize {
  return ERROR_TEXT;
}
export function errorTextBytes(): i32 {
  return R.errText;
}
export function warningsAt(): usize {
  return WARNINGS;
}
export function warningCount(): i32 {
  return R.warnings;
}
/** The push-down stack, for "what is still open": the tokens on it (0 for a rule) and their lines. */
export function stackDepth(): i32 {
  return R.lrTop + 1;
}
export function stackToken(index: i32): i32 {
  return load<u8>(STATE_TOKEN + load<u16>(LR_STATES + (index << 1)));
}
export function stackLine(index: i32): i32 {
  return load<i32>(LR_LINES + (index << 2)) & 0x3fffffff;
}
/** The quote or bracket being read: its kind, or -1; and the line where it opens. */
export function quoteKind(): i32 {
  return R.st == St.QUOTE ? R.qKind : -1;
}
export function quoteLine(): i32 {
  return R.qLine;
}
/** `[[` being read: the line where it opens, or 0. */
export function condLine(): i32 {
  return R.consumer == Consumer.COND ? R.condLine : 0;
}
/** Here-document being read: the line of its operator, or 0. */
export function documentLine(): i32 {
  return R.st == St.DOCUMENT ? R.docLine : 0;
}
