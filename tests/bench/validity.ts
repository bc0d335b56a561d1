/**
 * `npm run bench:validity`: what share of sampled generations the real `bash -n` accepts, with the syntax guard and
 * without. Prints one JSON object. Options: --prompts 200 --temperature 0.8 --tokens 128
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { devRows, median, openApp, spread } from './support.ts';

const { values: options } = parseArgs({
  options: {
    prompts: { type: 'string', default: '200' },
    temperature: { type: 'string', default: '0.8' },
    tokens: { type: 'string', default: '128' },
  },
});

interface Tally {
  generations: number;
  valid: number;
  empty: number;
  cutBack: number;
  refusedTokens: number;
  tokens: number;
  finishReasons: Record<string, number>;
  tokensPerSecond: number[];
  invalid: { prompt: string; text: string; message: string }[];
}

const newTally = (): Tally => ({
  generations: 0,
  valid: 0,
  empty: 0,
  cutBack: 0,
  refusedTokens: 0,
  tokens: 0,
  finishReasons: {},
  tokensPerSecond: [],
  invalid: [],
});

const rows = spread(devRows(), Number(options.prompts));
const folder = mkdtempSync(join(tmpdir(), 'shellwright-validity-'));
const scriptPath = join(folder, 'script.sh');
const { page, close } = await openApp('?backend=wasm');
const tallies = { guarded: newTally(), unguarded: newTally() };

for (const [index, row] of rows.entries()) {
  for (const [name, tally] of Object.entries(tallies)) {
    if (process.env['VERBOSE']) console.error(index, name, row.prompt);
    const record = await page.evaluate((request) => window.shellwright.generate(request), {
      prompt: row.prompt,
      guard: name === 'guarded',
      temperature: Number(options.temperature),
      max_tokens: Number(options.tokens),
      seed: index,
    });
    // From a file: on standard input, bash judges a NUL byte differently.
    writeFileSync(scriptPath, `${record.text}\n`);
    const check = spawnSync('bash', ['-n', scriptPath]);
    tally.generations += 1;
    tally.tokens += record.tokens.generated;
    tally.refusedTokens += record.guard.refusedTokens;
    tally.finishReasons[record.finishReason] = (tally.finishReasons[record.finishReason] ?? 0) + 1;
    if (record.guard.cutBack) tally.cutBack += 1;
    if (record.text.trim() === '') tally.empty += 1;
    const { firstTokenMs, lastTokenMs } = record.timestamps;
    const decodeMs = (lastTokenMs ?? 0) - (firstTokenMs ?? 0);
    if (record.tokens.generated > 8) {
      tally.tokensPerSecond.push((1000 * (record.tokens.generated - 1)) / decodeMs);
    }
    if (check.status === 0) tally.valid += 1;
    else {
      tally.invalid.push({
        prompt: row.prompt,
        text: record.text,
        message: check.stderr.toString().split('\n')[0] ?? '',
      });
    }
  }
}
await close();
rmSync(folder, { recursive: true });

const summary = Object.fromEntries(
  Object.entries(tallies).map(([name, tally]) => [
    name,
    {
      ...tally,
      validShare: tally.valid / tally.generations,
      tokensPerSecond: median(tally.tokensPerSecond),
      // The first few are enough to see what goes wrong.
      invalid: tally.invalid.slice(0, 5),
    },
  ]),
);
console.log(JSON.stringify({ options, ...summary }, null, 2));
process.exit(0);
