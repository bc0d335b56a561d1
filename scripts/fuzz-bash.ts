/**
 * Differential fuzzing of the recogniser against the local bash: scripts from a grammar, damaged scripts, and damaged
 * corpus scripts, all from fixed seeds. Prints every disagreement; exit 1 if there is one.
 *
 *   npm run fuzz:bash -- [--cases 100000] [--seed 1] [--batch 4000] [--lines]
 */
import { parseArgs } from 'node:util';
import { BashSyntax } from '../src/core/bash/check-syntax.ts';
import { makeCase } from './bash-fuzz/cases.ts';
import { askBash, type BashAnswer } from './bash-fuzz/oracle.ts';
import { loadParserModule } from './lib/load-bash-syntax.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    batch: { type: 'string', default: '4000' },
    lines: { type: 'boolean', default: false },
  },
});
const cases = Number(values.cases);
const batch = Number(values.batch);
const firstSeed = Number(values.seed) * 10_000_000;

const syntax = new BashSyntax(loadParserModule());
/** Causes that bash-parser/README.md lists, by the bit that the recogniser sets when a script touches one. */
const LISTED = [
  'a here-document inside text that bash prints and reads again',
  'a substitution in a delimiter',
];
/** What one batch, or all of them, came to. */
interface Tally {
  disagreements: number;
  /** By position in LISTED. */
  readonly listed: number[];
  bashCrashes: number;
  rejected: number;
  sameLine: number;
}

const tally: Tally = {
  disagreements: 0,
  listed: LISTED.map(() => 0),
  bashCrashes: 0,
  rejected: 0,
  sameLine: 0,
};

function show(headline: string, script: Uint8Array, stderr: string): void {
  console.log(headline);
  console.log(`  ${JSON.stringify(Buffer.from(script).toString('latin1'))}`);
  console.log(`  ${stderr.split('\n').slice(0, 2).join(' | ')}`);
}

function compare(seed: number, script: Uint8Array, { exit, line, stderr }: BashAnswer): void {
  // Above 127 bash itself crashed or ran out of time: there is no verdict to agree with.
  if (exit > 127) {
    tally.bashCrashes++;
    return;
  }
  const { result, problem } = syntax.checkSyntax(script);
  const valid = result === 'valid' || result === 'empty';
  if (result === 'unchecked' || valid !== (exit === 0)) {
    const cause = LISTED.findIndex((_, bit) => ((syntax.doubts >> bit) & 1) === 1);
    if (cause >= 0) {
      tally.listed[cause] = (tally.listed[cause] ?? 0) + 1;
      return;
    }
    tally.disagreements++;
    const ours = `${result} (${problem?.line}: ${problem?.message})`;
    show(`seed ${seed}: bash exits ${exit}, verdict ${ours}`, script, stderr);
  } else if (!valid && line !== null) {
    tally.rejected++;
    if (problem?.line === line) tally.sameLine++;
    else if (values.lines) {
      const ours = `${problem?.line}: ${problem?.message}`;
      show(`seed ${seed}: bash's line is ${line}, ours ${ours}`, script, stderr);
    }
  }
}

function summary(count: number): string {
  const { disagreements, listed, bashCrashes, rejected, sameLine } = tally;
  return (
    `${count} cases: ${disagreements} disagreements without a listed cause, ${listed.join(' + ')} with; ` +
    `first error line equal on ${sameLine} of ${rejected}; bash crashed on ${bashCrashes}`
  );
}

const started = Date.now();
for (let done = 0; done < cases; done += batch) {
  const count = Math.min(batch, cases - done);
  const seeds = Array.from({ length: count }, (_, i) => firstSeed + done + i);
  const scripts = seeds.map(makeCase);
  const answers = await askBash(scripts);
  answers.forEach((answer, i) => {
    compare(seeds[i] ?? 0, scripts[i] ?? new Uint8Array(), answer);
  });
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  console.error(`${minutes} min, ${summary(done + count)}`);
}
console.log(`Seed ${values.seed}, ${summary(cases)}.`);
LISTED.forEach((cause, i) => {
  console.log(`Listed cause: ${cause}: ${tally.listed[i] ?? 0}`);
});
process.exitCode = tally.disagreements > 0 ? 1 : 0;
