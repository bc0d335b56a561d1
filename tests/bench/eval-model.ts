/**
 * `npm run eval:model`: the shipped weights on NL2Bash's dev split, greedy and without the guard, through the engine in the built app.
 * Prints the scores as one JSON object. Answers are only parsed, never run.
 * Options: --rows 782 (spread evenly) --backend wasm --threads 2 --out FILE (also every answer)
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type AnsweredRow, scoreCommands } from './command-scores.ts';
import { devRows, median, openApp, spread } from './support.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '782' },
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string' },
  },
});
const LONGEST_ANSWER_TOKENS = 128;
/** Fewer tokens than this say little about the time of one. */
const MIN_TOKENS = 8;

/** Straight quotes and dashes, as model/data/rows.py makes them for the model and for the references. */
function plainTypography(text: string): string {
  return text
    .replaceAll(/[“”„″]/gu, '"')
    .replaceAll(/[‘’′]/gu, "'")
    .replaceAll(/[–—−]/gu, '-')
    .replaceAll('…', '...')
    .replaceAll('\u00a0', ' ')
    .replaceAll(/[\u00ad\u200b\ufeff\r]/gu, '');
}

const rows = spread(devRows(), Number(options.rows));
const app = await openApp(`?backend=${options.backend}&threads=${options.threads}`);
const answered: AnsweredRow[] = [];
const tokensPerSecond: number[] = [];
let engine: unknown = null;
for (const [index, { prompt, bash }] of rows.entries()) {
  const request = plainTypography(prompt).replaceAll(/\s+/gu, ' ').trim();
  const record = await app.page.evaluate((asked) => window.shellwright.generate(asked), {
    prompt: request,
    temperature: 0,
    guard: false,
    max_tokens: LONGEST_ANSWER_TOKENS,
  });
  if (record.failure !== null) throw new Error(`row ${index}: ${record.failure.message}`);
  engine ??= record.engine;
  const { firstTokenMs, lastTokenMs } = record.timestamps;
  if (record.tokens.generated >= MIN_TOKENS) {
    const decodeMs = (lastTokenMs ?? NaN) - (firstTokenMs ?? NaN);
    tokensPerSecond.push((1000 * (record.tokens.generated - 1)) / decodeMs);
  }
  const answer = record.text.trim();
  const passesBashN = answer !== '' && spawnSync('bash', ['-n'], { input: answer }).status === 0;
  answered.push({ request, answer, reference: plainTypography(bash).trim(), passesBashN });
  if (process.env['VERBOSE']) console.error(index, answer);
}
await app.close();
const result = {
  options,
  engine,
  scores: scoreCommands(answered),
  tokensPerSecond: median(tokensPerSecond),
};
console.log(JSON.stringify(result, null, 2));
if (options.out !== undefined) {
  writeFileSync(options.out, `${JSON.stringify({ ...result, answers: answered }, null, 1)}\n`);
}
process.exit(0);
