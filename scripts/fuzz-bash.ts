/**
 * Differential fuzzing of the recogniser against the local bash: scripts from a grammar, damaged scripts, and damaged
 * corpus scripts, all from fixed seeds. Prints every disagreement; exit 1 if there is one.
 *
 *   npm run fuzz:bash -- [--cases 100000] [--seed 1] [--batch 4000] [--lines]
 */
import { parseArgs } from 'node:util';
import { BashSyntax } from '../src/core/bash/check-syntax.ts';
import { makeCase } from './bash-fuzz/cases.ts';
import { askBash } from './bash-fuzz/oracle.ts';
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
const listed = LISTED.map(() => 0);
let disagreements = 0;
let crashes = 0;
let rejected = 0;
let sameLine = 0;
const started = Date.now();
for (let done = 0; done < cases; done += batch) {
  const seeds = Array.from(
    { length: Math.min(batch, cases - done) },
    (_, i) => firstSeed + done + i,
  );
  const scripts = seeds.map(makeCase);
  const answers = await askBash(scripts);
  answers.forEach(({ exit, line, stderr }, i) => {
    const script = scripts[i] as Uint8Array;
    // 139 and 124 say that bash itself crashed or hung: there is no verdict to agree with.
    if (exit >= 124 && exit !== 126 && exit !== 127) {
      crashes++;
      return;
    }
    const verdict = syntax.checkSyntax(script);
    const valid = verdict.result === 'valid' || verdict.result === 'empty';
    if (verdict.result === 'unchecked' || valid !== (exit === 0)) {
      disagreements++;
      console.log(
        `seed ${seeds[i]}: bash exits ${exit}, verdict ${verdict.result} (${verdict.problem?.line}: ${verdict.problem?.message})`,
      );
      console.log(`  ${JSON.stringify(Buffer.from(script).toString('latin1'))}`);
      console.log(`  ${stderr.split('\n').slice(0, 2).join(' | ')}`);
    } else if (!valid && line !== null) {
      rejected++;
      if (verdict.problem?.line === line) sameLine++;
      else if (values.lines) {
        console.log(
          `seed ${seeds[i]}: line ${line}, verdict line ${verdict.problem?.line}: ${verdict.problem?.message}`,
        );
        console.log(`  ${JSON.stringify(Buffer.from(script).toString('latin1'))}`);
        console.log(`  ${stderr.split('\n').slice(0, 2).join(' | ')}`);
      }
    }
  });
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  console.error(
    `${done + seeds.length} cases, ${disagreements} disagreements, line equal on ${sameLine} of ${rejected}, bash crashed on ${crashes}, ${minutes} min`,
  );
}
console.log(
  `${cases} cases from seed ${values.seed}: ${disagreements} disagreements without a listed cause; first error line equal on ${sameLine} of ${rejected}`,
);
process.exitCode = disagreements > 0 ? 1 : 0;
