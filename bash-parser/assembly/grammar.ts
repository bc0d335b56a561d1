/** The push-down part: an LALR(1) automaton over tokens, with the shell's own moments of reading ahead. */
import { Err } from './codes';
import { fail, report } from './errors';
import {
  ACTION,
  CONSISTENT,
  DEFAULT,
  GOTO,
  NONTERMINALS,
  RULE_ACTION,
  RULE_LEFT,
  RULE_LENGTH,
  RuleAction,
  T,
  TERMINAL,
  TERMINALS,
} from '../build/tables';
import { gather, Resume } from './documents';
import { Flag, LR_LINES, LR_MAX, LR_STATES, R, St } from './layout';
import { nextToken } from './lexer';
import { endSubstitution } from './substitution';

/** The depth at which bash's parser says "memory exhausted". */
const DEPTH_MAX: i32 = 10000;
/** Marks the stack entry of `((…))` after `for` when it has too few or too many semicolons. */
export const FEW: i32 = 1 << 30;
export const MANY: i32 = i32.MIN_VALUE;
export const LINE_MASK: i32 = (1 << 30) - 1;

function push(state: i32, line: i32): void {
  const top = ++R.lrTop;
  if (top >= LR_MAX) {
    R.lrTop--;
    R.st = St.LIMIT;
    return;
  }
  store<u16>(LR_STATES + ((<usize>top) << 1), state);
  store<i32>(LR_LINES + ((<usize>top) << 2), line);
  if (top - R.lrBase + 1 >= DEPTH_MAX) fail(Err.UNEXPECTED_TOKEN, R.line, R.wOff, R.cur, 0);
}

/** Starts to read one complete command (or, inside `$(`, the whole substitution). */
export function startUnit(): void {
  R.lrTop = R.lrBase - 1;
  R.lookahead = -1;
  push(0, R.line);
}

/** Takes a token from the lexer. */
export function grammarToken(token: i32): void {
  R.cur = token;
  if (R.recovering) {
    if (token == T.NEWLINE) R.st = St.STOPPED;
    else if (token == T.EOF) fail(Err.SILENT, R.line, R.wOff, token, 0);
    else nextToken();
    return;
  }
  if (token == T.BROKEN) {
    report(Err.SILENT, R.line, R.wOff, token, 0);
    // Inside a substitution the shell gives up; at the top it skips to the end of the line and exits with 0.
    if (R.level > 0) fail(Err.SILENT, R.line, R.wOff, token, 0);
    else {
      R.recovering = 1;
      startUnit();
      nextToken();
    }
    return;
  }
  if (R.level == 0 && token != T.NEWLINE && token != T.EOF) R.sawCommand = 1;
  R.lookahead = load<u8>(TERMINAL + token);
  run();
}

/** Shifts and reduces until a token is needed, the unit is complete, or there is no way on. */
export function run(): void {
  while (R.st < St.STOPPED) {
    const state = <usize>load<u16>(LR_STATES + ((<usize>R.lrTop) << 1));
    let action: i32;
    if (load<u8>(CONSISTENT + state)) {
      action = -(<i32>load<i16>(DEFAULT + (state << 1)));
    } else {
      if (R.lookahead < 0) {
        nextToken();
        return;
      }
      action = load<i16>(ACTION + ((state * TERMINALS + R.lookahead) << 1));
      if (action == 0) action = -(<i32>load<i16>(DEFAULT + (state << 1)));
    }
    if (action > 0) {
      push(action - 1, arithForMark(R.cur) | R.wLine);
      R.lookahead = -1;
    } else if (action < 0) {
      if (reduce(-action - 1)) return;
    } else {
      syntaxError();
      return;
    }
  }
}

function arithForMark(token: i32): i32 {
  if (token != T.ARITH_FOR || R.semicolons == 2) return 0;
  return R.semicolons < 2 ? FEW : MANY;
}

function syntaxError(): void {
  if (R.cur == T.EOF) {
    if (R.level > 0) fail(Err.UNMATCHED, R.line, R.offset, T.EOF, 41);
    else fail(Err.UNEXPECTED_END, R.line, R.offset, T.EOF, 0);
  } else fail(Err.UNEXPECTED_TOKEN, R.line, R.wOff, R.cur, 0);
}

/** Returns true when the automaton must pause: the unit was accepted, or a here-document comes first. */
function reduce(rule: i32): bool {
  const length = <i32>load<u8>(RULE_LENGTH + rule);
  const action = <i32>load<u8>(RULE_ACTION + rule);
  const line =
    length > 0 ? load<i32>(LR_LINES + ((<usize>(R.lrTop - length + 1)) << 2)) & LINE_MASK : R.line;
  let documents = false;
  switch (action) {
    case RuleAction.none:
      break;
    case RuleAction.element_word:
      R.elementIsWord = 1;
      break;
    case RuleAction.element_redirection:
      R.elementIsWord = 0;
      break;
    case RuleAction.simple_first:
      if (R.elementIsWord) R.flags &= ~Flag.REDIRECTIONS;
      else R.flags |= Flag.REDIRECTIONS;
      break;
    case RuleAction.simple_next:
      if (R.elementIsWord) R.flags &= ~Flag.REDIRECTIONS;
      break;
    case RuleAction.simple_done:
      R.flags &= ~Flag.REDIRECTIONS;
      break;
    case RuleAction.heredoc:
      if (R.docCount >= 16) {
        fail(Err.TOO_MANY_DOCUMENTS, R.line, R.wOff, R.cur, 0);
        return true;
      }
      R.docCount++;
      R.docTop = R.docAt;
      break;
    case RuleAction.end_newline:
      R.endToken = T.NEWLINE;
      break;
    case RuleAction.end_semi:
      R.endToken = T.SEMI;
      break;
    case RuleAction.end_eof:
      R.endToken = 0;
      break;
    case RuleAction.null_command:
      // `time` or `!` alone: the terminator also ends the command, so it is read once more.
      if (R.endToken != 0) R.tokenToRead = R.endToken;
      R.flags &= ~Flag.REDIRECTIONS;
      break;
    case RuleAction.arith_for: {
      const mark = load<i32>(LR_LINES + ((<usize>(R.lrTop - length + 2)) << 2));
      if (mark & ~LINE_MASK) {
        fail(
          mark < 0 ? Err.ARITH_FOR_MANY : Err.ARITH_FOR_FEW,
          mark & LINE_MASK,
          R.arithForOff,
          R.cur,
          0,
        );
        return true;
      }
      break;
    }
    case RuleAction.body_ended:
      documents = R.docCount > 0 && R.last == T.NEWLINE;
      break;
    case RuleAction.line:
      documents = R.docCount > 0;
      // bash reads the documents before it sees that the token after the line is wrong.
      if (documents && R.cur != T.NEWLINE && R.cur != T.EOF) R.doomed = 1;
      break;
    case RuleAction.accept:
      accept();
      return true;
  }
  R.lrTop -= length;
  const from = <usize>load<u16>(LR_STATES + ((<usize>R.lrTop) << 1));
  const target = load<u16>(GOTO + ((from * NONTERMINALS + load<u8>(RULE_LEFT + rule)) << 1));
  push(<i32>target - 1, line);
  if (documents && R.st < St.STOPPED) {
    gather(Resume.GRAMMAR);
    return true;
  }
  return false;
}

function accept(): void {
  if (R.level > 0) {
    endSubstitution();
  } else if (R.cur == T.EOF) {
    R.st = St.FINISHED;
  } else {
    R.docCount = 0;
    R.docTop = R.docStart;
    startUnit();
    run();
  }
}

/** Whether the automaton would shift this terminal now, without touching its stack. */
export function accepts(terminal: i32): bool {
  let real = R.lrTop;
  let extra = 0;
  while (true) {
    const state = <usize>(
      (extra > 0 ? load<u16>(OVERLAY + (extra << 1)) : load<u16>(LR_STATES + ((<usize>real) << 1)))
    );
    let action = <i32>load<i16>(ACTION + ((state * TERMINALS + terminal) << 1));
    if (action > 0) return true;
    if (action == 0) action = -(<i32>load<i16>(DEFAULT + (state << 1)));
    if (action == 0) return false;
    const rule = -action - 1;
    if (load<u8>(RULE_ACTION + rule) == RuleAction.accept) return true;
    let length = <i32>load<u8>(RULE_LENGTH + rule);
    const taken = min(length, extra);
    extra -= taken;
    length -= taken;
    real -= length;
    const from = <usize>(
      (extra > 0 ? load<u16>(OVERLAY + (extra << 1)) : load<u16>(LR_STATES + ((<usize>real) << 1)))
    );
    const target = load<u16>(GOTO + ((from * NONTERMINALS + load<u8>(RULE_LEFT + rule)) << 1));
    extra++;
    store<u16>(OVERLAY + (extra << 1), target - 1);
  }
}

/** Room for the states that `accepts` imagines; a reduction pops what it pushed, so a few suffice. */
const OVERLAY: usize = 512;
