/** Turns the recogniser's final numbers into a verdict for people. */
import type { SyntaxProblem, SyntaxVerdict, SyntaxWarning } from '../../contracts/syntax.ts';
import { errorMessage } from './messages.ts';
import { openConstructs } from './open-constructs.ts';
import { type ParserExports, VERDICTS } from './parser-module.ts';
import { decode, type Place } from './utf8.ts';

/** bash-parser/assembly/layout.ts: reading ended early although the exit status is 0. */
const STOPPED = 16;
const WARNING_BYTES = 76;

function warningsOf(parser: ParserExports): readonly SyntaxWarning[] {
  const view = new DataView(parser.memory.buffer);
  return Array.from({ length: parser.warningCount() }, (_, i) => {
    const at = parser.warningsAt() + i * WARNING_BYTES;
    const text = new Uint8Array(parser.memory.buffer, at + 12, view.getInt32(at + 8, true));
    return {
      line: view.getInt32(at, true),
      message: `here-document at line ${view.getInt32(at + 4, true)} delimited by end-of-file (wanted \`${decode(text)}')`,
    };
  });
}

function problemOf(
  parser: ParserExports,
  place: (byteOffset: number) => Place,
): SyntaxProblem | null {
  if (parser.errorKind() === 0) return null;
  const { offset, line, column } = place(parser.errorOffset());
  // A binary file has no line in bash's message.
  const reported = parser.errorLine() || line;
  return {
    line: reported,
    column: reported === line ? column : 1,
    message: errorMessage(parser),
    offset,
  };
}

/** A script for which a limit was met. */
export function unchecked(note: string): SyntaxVerdict {
  return { result: 'unchecked', problem: null, open: [], warnings: [], note };
}

/** The verdict after `finish()` returned `outcome`; `place` finds an offset's line and column. */
export function verdictOf(
  parser: ParserExports,
  outcome: number,
  place: (byteOffset: number) => Place,
): SyntaxVerdict {
  const state = VERDICTS[outcome];
  if (state === 'unchecked')
    return unchecked(
      'The script nests too deep, or must be read again too often, to be checked here.',
    );
  const problem = problemOf(parser, place);
  const warnings = warningsOf(parser);
  if (state === 'dead')
    return { result: 'invalid', problem, open: openConstructs(parser), warnings, note: null };
  const stopped = parser.machineState() === STOPPED;
  return {
    result: stopped || parser.sawCommand() ? 'valid' : 'empty',
    problem,
    open: [],
    warnings,
    note: stopped
      ? `bash stops reading at line ${problem?.line ?? 1}, yet exits with 0: what follows is never checked, nor run.`
      : null,
  };
}
