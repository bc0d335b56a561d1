/** A small run of the fuzzer against the bash of this machine, where it is the version that the verdicts follow. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { makeCase } from '../../../scripts/bash-fuzz/cases.ts';
import { askBash } from '../../../scripts/bash-fuzz/oracle.ts';
import { loadParserModule } from '../../../scripts/lib/load-bash-syntax.ts';
import { BashSyntax } from '../../../src/core/bash/check-syntax.ts';

function bashVersion(): string {
  try {
    return execFileSync('bash', ['-c', 'echo "${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]}"'])
      .toString()
      .trim();
  } catch {
    return 'none';
  }
}

const CASES = 300;

describe.skipIf(bashVersion() !== '5.2')('the local bash 5.2', () => {
  it(`agrees on ${CASES} fuzzed scripts`, { timeout: 120_000 }, async () => {
    const syntax = new BashSyntax(loadParserModule());
    const seeds = Array.from({ length: CASES }, (_, i) => 990_000_000 + i);
    const scripts = seeds.map(makeCase);
    const answers = await askBash(scripts);
    const different = seeds.filter((_, i) => {
      const exit = answers[i]?.exit ?? 0;
      // Bash itself crashed: no verdict to agree with.
      if (exit > 127) return false;
      const { result } = syntax.checkSyntax(scripts[i] ?? new Uint8Array());
      return (result === 'valid' || result === 'empty') !== (exit === 0) && syntax.doubts === 0;
    });
    expect(different).toEqual([]);
  });
});
