import { describe, expect, it } from 'vitest';
import { loadParserModule } from '../../../../scripts/lib/load-bash-syntax.ts';
import { BashSyntax } from '../../../../src/core/bash/check-syntax.ts';

const syntax = new BashSyntax(loadParserModule());

describe('checkSyntax', () => {
  it.each([
    ['', 'empty'],
    ['\n\n  \t\n', 'empty'],
    ['#!/bin/bash\n# nothing\n', 'empty'],
    [':', 'valid'],
    ['echo hi', 'valid'],
    ['if true; then echo hi; fi\n', 'valid'],
    ['fi', 'invalid'],
    ['shopt -s extglob\nls !(a)\n', 'invalid'],
  ])('%j is %s', (script, result) => {
    expect(syntax.checkSyntax(script).result).toBe(result);
  });

  it.each([
    ['echo a\n  fi\n', 2, 3, "syntax error near unexpected token `fi'"],
    ['echo é ☃ 😀 ) x\n', 1, 13, "syntax error near unexpected token `)'"],
    ['if a\n', 2, 1, 'syntax error: unexpected end of file'],
    ['a\necho "b\nc\n', 2, 6, 'unexpected EOF while looking for matching `"\''],
    ['x=$(a\n', 2, 1, "unexpected EOF while looking for matching `)'"],
    ['f() {\r\n:\r\n}\r\n', 1, 5, "syntax error near unexpected token `$'{\\r''"],
    ['a=(1|2)\n', 1, 5, "syntax error near unexpected token `|'"],
    ['for ((i=0;i<3)); do a; done\n', 1, 5, 'syntax error: arithmetic expression required'],
    ['echo hi >\n', 1, 10, "syntax error near unexpected token `newline'"],
    ['a ((1))\n', 1, 4, "syntax error near unexpected token `('"],
    ['((1)) ((2))\n', 1, 7, "syntax error near unexpected token `2'"],
  ])('%j: line %i, column %i, %s', (script, line, column, message) => {
    const { result, problem } = syntax.checkSyntax(script);
    expect(result).toBe('invalid');
    expect(problem).toMatchObject({ line, message });
    expect(problem?.column).toBe(column);
  });

  it('counts the offset in the units of what it was given', () => {
    const script = '# é\nfi\n';
    expect(syntax.checkSyntax(script).problem?.offset).toBe(4);
    expect(syntax.checkSyntax(Buffer.from(script)).problem?.offset).toBe(5);
  });

  it('judges a string and its bytes alike', () => {
    const script = `echo "${'é☃😀'.repeat(30_000)}" fi )\n`;
    const fromString = syntax.checkSyntax(script);
    const fromBytes = syntax.checkSyntax(Buffer.from(script));
    expect(fromString.problem?.message).toBe(fromBytes.problem?.message);
    expect(fromString.problem?.column).toBe(fromBytes.problem?.column);
  });

  it('says what is still open, outermost first', () => {
    const { open } = syntax.checkSyntax('if a; then\nwhile b; do\ncase x in a) { c &&\n');
    expect(open).toEqual([
      { opener: 'if', line: 1, waitsFor: 'fi' },
      { opener: 'while', line: 2, waitsFor: 'done' },
      { opener: 'case', line: 3, waitsFor: 'esac' },
      { opener: '{', line: 3, waitsFor: '}' },
      { opener: '&&', line: 3, waitsFor: 'a command' },
    ]);
  });

  it('warns of a here-document that the end of the file closes', () => {
    const { result, warnings } = syntax.checkSyntax('cat <<EOF\nhi\n');
    expect(result).toBe('valid');
    expect(warnings).toEqual([
      { line: 2, message: "here-document at line 1 delimited by end-of-file (wanted `EOF')" },
    ]);
  });

  it('notes where bash stops reading and still exits with 0', () => {
    const verdict = syntax.checkSyntax('[[ a b ]]\nfi\n');
    expect(verdict.result).toBe('valid');
    expect(verdict.problem).toMatchObject({
      line: 1,
      message: 'conditional binary operator expected',
    });
    expect(verdict.note).toMatch(/stops reading at line 1/);
    // Inside a substitution the same error is final.
    expect(syntax.checkSyntax('x=$([[ a b ]])\n').result).toBe('invalid');
  });

  it('knows a binary file', () => {
    const { result, problem } = syntax.checkSyntax('echo a\0b\n');
    expect(result).toBe('invalid');
    expect(problem?.message).toBe('cannot execute binary file');
    expect(syntax.checkSyntax('echo a\nb\0c\n').result).toBe('valid');
    expect(syntax.checkSyntax(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 10)).result).toBe('invalid');
  });

  it('starts each script fresh', () => {
    expect(syntax.checkSyntax('case x in').result).toBe('invalid');
    expect(syntax.checkSyntax('echo a').result).toBe('valid');
    expect(syntax.checkSyntax('fi').result).toBe('invalid');
    expect(syntax.checkSyntax('{ a; }').result).toBe('valid');
  });
});
