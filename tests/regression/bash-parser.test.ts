/** Cases on which the recogniser once disagreed with bash 5.2; each row is one cause. */
import { describe, expect, it } from 'vitest';
import { loadParserModule } from '../../scripts/lib/load-bash-syntax.ts';
import { BashSyntax } from '../../src/core/bash/check-syntax.ts';

const syntax = new BashSyntax(loadParserModule());

describe('verdicts that were once wrong', () => {
  it.each([
    [
      'after `((` is read again at the end of a line, a NUL hides the next reserved word',
      '((a)\nfi\n)\n',
      'valid',
    ],
    [
      'an index that is no unit still makes an array assignment',
      'declare b[$(a)]=(1 2)\n',
      'valid',
    ],
    [
      'semicolons in nested arithmetic are not those of `for`',
      'for ((i=$((1;2));i;i)); do a; done\n',
      'valid',
    ],
    [
      'a delimiter is compared with the text of its substitution',
      'cat <<$(a)\n$(b)\nfi\n$(a)\nb\n',
      'valid',
    ],
    ['an error in [[ ]] comes before the bad `for ((`', 'for ((a)); do\n[[ a b\n', 'valid'],
    ['`EOF)` ends a document in a substitution', 'x=$(cat <<EOF\nhi\nEOF)\necho\n', 'valid'],
    [
      'the rest of such a line is the rest of the line',
      'x=$(cat <<EOF\nhi\nEOF)\nif a; then b; fi\n',
      'valid',
    ],
    [
      'an arithmetic command in a substitution in `((` that is none',
      '((n=$(if ((a>b)); then echo 1; fi); echo $n) && x)\n',
      'valid',
    ],
    ['such a command before others', '((cd $(f; ((n>1)) && echo a); pwd) | tail -1)\n', 'valid'],
    ['subshells in a substitution in such a `((`', '((echo $( ((a); b) )); c)\n', 'valid'],
    ['`for ((` in one', '((echo $( for ((;;)); do :; done )); b)\n', 'valid'],
    ['a parenthesis too many after one', '((echo $( ((x)) )); b) )\n', 'invalid'],
  ])('%s', (_, script, result) => {
    expect(syntax.checkSyntax(script).result).toBe(result);
  });

  it.each([
    ['((1+2)\n', 3],
    ['for x in a \\\n', 3],
    ['cat <<EOF; }\nhi\nEOF\n', 3],
    ['f() for ((()())\n"\n', 2],
  ])('the line of %j is %i', (script, line) => {
    expect(syntax.checkSyntax(script).problem?.line).toBe(line);
  });
});
