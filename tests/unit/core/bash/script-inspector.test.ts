import { describe, expect, test } from 'vitest';
import { loadParserModule } from '../../../../scripts/lib/load-bash-syntax.ts';
import { BashSyntax } from '../../../../src/core/bash/check-syntax.ts';
import { ScriptInspector } from '../../../../src/core/bash/script-inspector.ts';

const module = loadParserModule();
const inspector = new ScriptInspector(new BashSyntax(module));

describe.each([
  ['', 'so-far', 'empty'],
  ['# only a comment\n', 'so-far', 'empty'],
  ['ls -l', 'complete', 'valid'],
  ['if true; then\n  ls\n', 'so-far', 'unfinished'],
  ['echo "é ☃ 😀', 'so-far', 'unfinished'],
  ['ls |', 'so-far', 'unfinished'],
  ['if true; fi\nls', 'broken', 'broken'],
  ['ls )\n', 'broken', 'broken'],
  ['if true; fi', 'so-far', 'broken'],
  ['echo hi >', 'so-far', 'broken'],
  ['cat <<EOF\nhello\n', 'so-far', 'valid'],
  ['[[ a b ]]\nfi\n', 'complete', 'valid'],
] as const)('%j', (script, whileWriting, afterwards) => {
  test(`is ${whileWriting} while it is being written`, () => {
    expect(inspector.inspect(script, true).kind).toBe(whileWriting);
  });

  test(`is ${afterwards} when it is done`, () => {
    expect(inspector.inspect(script, false).kind).toBe(afterwards);
  });
});

test('a quote that is open is told, also where bash names only the end', () => {
  const { open, problem } = inspector.inspect('for f in *; do\n  echo "$f\n', false);
  expect(open).toEqual([
    { opener: 'for', line: 1, waitsFor: 'done' },
    { opener: '"', line: 2, waitsFor: '"' },
  ]);
  expect(problem?.line).toBe(2);
});

test('a here-document that is being written is open, and no reason to warn', () => {
  const script = 'cat <<EOF\nhello\n';
  expect(inspector.inspect(script, true)).toMatchObject({
    warnings: [],
    open: [{ opener: '<<', line: 1, waitsFor: 'its last line' }],
  });
  expect(inspector.inspect(script, false).warnings).toHaveLength(1);
});

test('where bash stops reading and exits with 0, it says so', () => {
  expect(inspector.inspect('[[ a b ]]\nfi\n', false)).toMatchObject({
    problem: { line: 1 },
    note: expect.stringContaining('stops reading at line 1') as unknown,
  });
});

test('a limit leaves it unchecked, at any time', () => {
  const strict = new ScriptInspector(new BashSyntax(module, { maxBytes: 10 }));
  expect(strict.inspect('echo 1234567', true)).toMatchObject({ kind: 'unchecked' });
  expect(strict.inspect('echo 1234567', false)).toMatchObject({
    kind: 'unchecked',
    note: 'The script is longer than 10 bytes.',
  });
});

test('one check leaves nothing behind for the next, whatever their lengths', () => {
  const long = `${'echo "é ☃"\n'.repeat(5_000)}if true; then\n`;
  for (const script of [long, 'ls', 'fi', long, '', 'if a']) {
    const fresh = new ScriptInspector(new BashSyntax(module));
    expect(inspector.inspect(script, false)).toEqual(fresh.inspect(script, false));
  }
});

test('every beginning of a valid script is valid so far or complete', () => {
  const script = `#!/bin/bash
case "$1" in
  a|b) for ((i=0; i<3; i++)); do echo "\${x:-$(date)}"; done ;;
  *) cat <<-'EOF' | while read -r line; do [[ $line =~ ^a ]] && break; done
	text
	EOF
  ;;
esac
`;
  for (let end = 0; end <= script.length; end++) {
    expect(['so-far', 'complete']).toContain(inspector.inspect(script.slice(0, end), true).kind);
  }
});
