import { describe, expect, test } from 'vitest';
import { loadParserModule } from '../../../../scripts/lib/load-bash-syntax.ts';
import { BashSyntax } from '../../../../src/core/bash/check-syntax.ts';
import { ScriptInspector } from '../../../../src/core/bash/script-inspector.ts';
import { recordedSyntaxWords } from '../../../../src/core/format/recorded-syntax.ts';
import { standingSentence } from '../../../../src/core/format/syntax-words.ts';

const inspector = new ScriptInspector(new BashSyntax(loadParserModule()));

describe('how a script stands, for screen readers', () => {
  test.each([
    ['ls', 'Valid bash. bash -n accepts it.'],
    ['# hm', 'Empty. There is no command in it.'],
    [
      'for f in *; do\n  if a; then\n    b\ndone\n',
      "Broken at line 4. syntax error near unexpected token `done'. if on line 2 waits for fi.",
    ],
    ['ls |', 'Unfinished. syntax error: unexpected end of file. | on line 1 waits for a command.'],
    [
      'cat <<X\n',
      "Valid bash. bash -n accepts it. Warning: here-document at line 1 delimited by end-of-file (wanted `X').",
    ],
  ])('%j: %s', (script, sentence) => {
    expect(standingSentence(inspector.inspect(script, false))).toBe(sentence);
  });
});

describe('the verdict of a record', () => {
  test.each([
    [{ result: 'valid', line: null }, 'valid'],
    [{ result: 'empty', line: null }, 'empty'],
    [{ result: 'invalid', line: 4 }, 'broken at line 4'],
    [{ result: 'invalid', line: null }, 'broken'],
    [{ result: 'unchecked', line: null }, 'not checked'],
    [null, null],
  ] as const)('%j is %s', (syntax, words) => {
    expect(recordedSyntaxWords(syntax)).toBe(words);
  });
});
