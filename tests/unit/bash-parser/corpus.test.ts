/** The verdicts of bash itself: every hand-written case, and nearly every damaged script. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadParserModule } from '../../../scripts/lib/load-bash-syntax.ts';
import { type CorpusRow, readCorpus } from '../../../scripts/lib/syntax-corpus.ts';
import { BashSyntax } from '../../../src/core/bash/check-syntax.ts';

const hand = new URL('../../fixtures/syntax/hand.jsonl', import.meta.url);
/** Third-party snippets, which the repository must not hold: read from beside it where they are. */
const mutated = new URL('../../../../shared/syntax/mutated.jsonl.xz', import.meta.url);
const syntax = new BashSyntax(loadParserModule());

function disagreements(rows: readonly CorpusRow[]): readonly string[] {
  return rows
    .filter(({ script, exit }) => {
      const { result } = syntax.checkSyntax(script);
      return (result === 'valid' || result === 'empty') !== (exit === 0) || result === 'unchecked';
    })
    .map(({ id, script, exit }) => `${id}, bash exits ${exit}: ${Buffer.from(script).toString()}`);
}

/** The share of rejected rows whose first error line is bash's. */
function sameLineShare(rows: readonly CorpusRow[]): number {
  const rejected = rows.filter(({ exit, line }) => exit !== 0 && line !== null);
  const same = rejected.filter(
    ({ script, line }) => syntax.checkSyntax(script).problem?.line === line,
  );
  return same.length / rejected.length;
}

describe('verdicts against bash', { timeout: 300_000 }, () => {
  it('agrees on every hand-written case, and on its line', () => {
    const rows = readCorpus(hand);
    expect(rows).toHaveLength(528);
    expect(disagreements(rows)).toEqual([]);
    expect(sameLineShare(rows)).toBe(1);
  });

  it.skipIf(!existsSync(mutated))(
    'agrees on 99.9 % of damaged scripts, on the line of 99 %',
    () => {
      const rows = readCorpus(mutated);
      expect(rows).toHaveLength(5200);
      expect(disagreements(rows).length / rows.length).toBeLessThanOrEqual(0.001);
      expect(sameLineShare(rows)).toBeGreaterThanOrEqual(0.99);
    },
  );
});
