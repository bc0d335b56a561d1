/** Copies of the whole state: the registers, then the used part of each region, back to back. */
import {
  DOCS,
  ERROR_TEXT,
  FRAMES,
  LOG,
  LR_LINES,
  LR_STATES,
  R,
  REGISTERS,
  REGISTERS_BYTES,
  REPLAY,
  SEGMENTS,
  TAIL,
  WARNINGS,
  WARNING_BYTES,
  WORD_TEXT,
  reach,
} from './layout';
import { replayEnd } from './input';

function wordBytes(): i32 {
  return min(R.wLen, R.wCap);
}

/** How many bytes a snapshot of the current state takes. */
export function snapshotBytes(): i32 {
  return (
    <i32>REGISTERS_BYTES +
    wordBytes() +
    R.errText +
    R.warnings * WARNING_BYTES +
    R.frameTop +
    (R.lrTop + 1) * 6 +
    max(R.docTop, R.docAt) +
    (R.replayTop << 4) +
    replayEnd() +
    R.docRest +
    (R.tailEnd - R.tailPos) +
    R.logLen
  );
}

export function save(to: usize): usize {
  to = out(to, REGISTERS, <i32>REGISTERS_BYTES);
  to = out(to, WORD_TEXT, wordBytes());
  to = out(to, ERROR_TEXT, R.errText);
  to = out(to, WARNINGS, R.warnings * WARNING_BYTES);
  to = out(to, FRAMES, R.frameTop);
  to = out(to, LR_STATES, (R.lrTop + 1) << 1);
  to = out(to, LR_LINES, (R.lrTop + 1) << 2);
  to = out(to, DOCS, max(R.docTop, R.docAt));
  to = out(to, SEGMENTS, R.replayTop << 4);
  to = out(to, REPLAY, replayEnd() + R.docRest);
  to = out(to, TAIL + R.tailPos, R.tailEnd - R.tailPos);
  return out(to, LOG, R.logLen);
}

export function load_(from: usize): void {
  from = back(from, REGISTERS, <i32>REGISTERS_BYTES);
  from = back(from, WORD_TEXT, wordBytes());
  from = back(from, ERROR_TEXT, R.errText);
  from = back(from, WARNINGS, R.warnings * WARNING_BYTES);
  from = back(from, FRAMES, R.frameTop);
  from = back(from, LR_STATES, (R.lrTop + 1) << 1);
  from = back(from, LR_LINES, (R.lrTop + 1) << 2);
  from = back(from, DOCS, max(R.docTop, R.docAt));
  from = back(from, SEGMENTS, R.replayTop << 4);
  from = back(from, REPLAY, replayEnd() + R.docRest);
  from = back(from, TAIL + R.tailPos, R.tailEnd - R.tailPos);
  back(from, LOG, R.logLen);
}

function out(to: usize, from: usize, bytes: i32): usize {
  if (bytes > 0) memory.copy(to, from, bytes);
  return to + bytes;
}

function back(from: usize, to: usize, bytes: i32): usize {
  if (bytes > 0) {
    reach(to + bytes);
    memory.copy(to, from, bytes);
  }
  return from + bytes;
}
