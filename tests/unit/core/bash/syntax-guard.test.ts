import { expect, test } from 'vitest';
import { loadParserModule } from '../../../../scripts/lib/load-bash-syntax.ts';
import { IncrementalParser } from '../../../../src/core/bash/incremental-parser.ts';
import { SyntaxGuard } from '../../../../src/core/bash/syntax-guard.ts';

const module = loadParserModule();

function guard(written: string): SyntaxGuard {
  const parser = new IncrementalParser(module, { earlyStopIsDead: true });
  const made = new SyntaxGuard(parser, new Uint8Array());
  made.push(written);
  return made;
}

const piece = (text: string) => ({ text, held: '', stopped: false });

test.each([
  ['echo hi\nif [[ -f a && -f b ]]; then\n  echo x', 'echo hi\n'],
  ['ls\nif [[ -n $x ]', 'ls\n'],
  ['ls\n[[ -n $x ]] && echo', 'ls\n[[ -n $x ]] && echo'],
])('a script that breaks off is cut where bash would read it to its end: %j', (written, kept) => {
  expect(written.slice(0, guard(written).completeLength())).toBe(kept);
});

test.each(['ls\nif [[ -n $x ]', '[[ $a == b', 'if [[ -f $x &'])('%j is no end', (written) => {
  expect(guard(written).allowsEnd('')).toBe(false);
});

test.each([
  ['if [[ -f $x', ';'],
  ['if [[ $x -gt 5', ' ;'],
  ['[[ -f $a', ' -a'],
  ['[[ $a == b', ' -o'],
  ['[[ $a == b', ' c'],
  ['[[ $x', ' "'],
  ['x=$([[ -f $a', ' ;'],
])('%j does not go on with %j', (written, next) => {
  expect(guard(written).allows(piece(next))).toBe(false);
  expect(guard(written).allows(piece(' ]]'))).toBe(true);
});
