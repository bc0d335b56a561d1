/** The first error of a script: what bash says, on which line, and where the reader should look. */
import { DEAD_EXIT, Err } from './codes';
import { ERROR_TEXT, ERROR_TEXT_MAX, R, St, WORD_TEXT } from './layout';

/** Remembers the error unless one came before: bash's first message is the one that counts. */
export function report(kind: i32, line: i32, offset: i32, token: i32, char: i32): void {
  if (R.errKind != 0 && R.errKind != Err.SILENT) return;
  if (R.errKind != 0 && kind == Err.SILENT) return;
  R.errKind = kind;
  R.errLine = line;
  R.errOff = offset;
  R.errToken = token;
  R.errChar = char;
  const length = min(R.wLen, ERROR_TEXT_MAX);
  memory.copy(ERROR_TEXT, WORD_TEXT, length);
  R.errText = length;
}

/** No continuation makes the script valid any more. */
export function die(exitCode: i32): void {
  R.st = St.DEAD;
  if (R.exitCode == 0) R.exitCode = exitCode;
}

/** An error that bash prints and that ends the reading with status 2. */
export function fail(kind: i32, line: i32, offset: i32, token: i32, char: i32): void {
  report(kind, line, offset, token, char);
  die(DEAD_EXIT);
}
