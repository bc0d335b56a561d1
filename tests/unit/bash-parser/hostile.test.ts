/** Megabytes that mean harm: no crash, no hang, time in proportion to length, and a limit that says so. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../scripts/bash-fuzz/random.ts';
import { loadParserModule } from '../../../scripts/lib/load-bash-syntax.ts';
import { BashSyntax } from '../../../src/core/bash/check-syntax.ts';

const syntax = new BashSyntax(loadParserModule());
const MEGABYTE = 1_000_000;

function repeat(piece: string, bytes: number): Uint8Array {
  return Buffer.from(piece.repeat(Math.ceil(bytes / piece.length)).slice(0, bytes));
}

/** Milliseconds that this thread computed: other programs of a busy machine do not count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Several times what the slowest takes for 10 MB, and far below anything quadratic. */
const TIME_LIMIT_MS = 5000;

describe('hostile input', { timeout: 300_000 }, () => {
  it.each([
    '(',
    '((',
    '( ',
    '{ ',
    '$(',
    '"$(',
    '${',
    '${x:-',
    '$((',
    '`',
    '"',
    "'",
    '[[ ',
    '[[ ( ',
    'if ',
    'case x in ',
    'a|',
    'a&&',
    '<<E\n',
    'a=(',
    'a[',
    '\\',
    '\\\n',
    '\n',
    '\0',
    '#',
    ';',
    '! ',
    'time ',
    'f()',
    'function f ',
    '<(',
    '>',
    '&',
    'a ',
    'x',
    '\u0001',
    '((a) ',
    '((a);',
    'a\n((\n',
    '$[',
    '{fd}>',
    'a;',
    'elif a; then ',
    'cat <<E $(cat <<F\n',
    "$'\\",
  ])('10 MB of %j', (piece) => {
    const script = repeat(piece, 10 * MEGABYTE);
    const started = cpuMs();
    const { result } = syntax.checkSyntax(script);
    expect(cpuMs() - started).toBeLessThan(TIME_LIMIT_MS);
    expect(['valid', 'invalid', 'empty', 'unchecked']).toContain(result);
  });

  it('every byte value, 10 MB of them', () => {
    const random = new Random(3);
    const script = new Uint8Array(10 * MEGABYTE).map(() => random.below(256));
    expect(syntax.checkSyntax(script).result).toBe('invalid');
    const printable = script.map((byte) => 32 + (byte % 95));
    expect(['invalid', 'valid']).toContain(syntax.checkSyntax(printable).result);
  });

  it('takes time in proportion to length', () => {
    const time = (bytes: number): number => {
      const script = repeat('if a; then echo "$(b)" ${c:-d} <<<e; fi\n', bytes);
      const times = Array.from({ length: 5 }, () => {
        const started = cpuMs();
        expect(syntax.checkSyntax(script).result).toBe('valid');
        return cpuMs() - started;
      });
      return Math.min(...times);
    };
    time(MEGABYTE);
    expect(time(8 * MEGABYTE) / time(MEGABYTE)).toBeLessThan(24);
  });

  it('says unchecked, never a guess, beyond its limits', () => {
    const deep = syntax.checkSyntax('${x:-'.repeat(300_000));
    expect(deep.result).toBe('unchecked');
    expect(deep.note).toMatch(/too deep/);
    const long = new BashSyntax(loadParserModule(), { maxBytes: 10 }).checkSyntax('echo 12345678');
    expect(long.result).toBe('unchecked');
    let now = 0;
    const slow = new BashSyntax(loadParserModule(), { maxMs: 5, now: () => (now += 3) });
    expect(slow.checkSyntax('a'.repeat(200_000)).result).toBe('unchecked');
    // The next script starts fresh.
    expect(syntax.checkSyntax('echo hi').result).toBe('valid');
  });

  it('gives up exactly where bash runs out of its own stack', () => {
    expect(syntax.checkSyntax(`a${'|a'.repeat(3332)}`).result).toBe('valid');
    expect(syntax.checkSyntax(`a${'|a'.repeat(3333)}`).result).toBe('invalid');
    expect(syntax.checkSyntax(`${'! '.repeat(9996)}a`).result).toBe('valid');
    expect(syntax.checkSyntax(`${'! '.repeat(9998)}a`).result).toBe('invalid');
  });
});
