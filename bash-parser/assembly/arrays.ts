/** Arrays: the words between the parentheses of `name=(…)`, for which the shell calls its lexer once more. */
import { T } from '../build/tables';
import { Err } from './codes';
import { die, report } from './errors';
import { Consumer, FRAMES, Flag, Frame, R, St, popFrame, pushFrame } from './layout';
import { readToken } from './lexer';
import { restoreTokens, restoreWord, saveTokens, saveWord } from './saved-lexer';
import { addText } from './words';

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
