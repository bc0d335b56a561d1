/**
 * `npm run bench:guard`: what the syntax guard costs per token, beside the time a token takes to decode. Twice: the
 * same greedy generations with and without it, taking turns, where it refused nothing; and its calls alone, timed in
 * Node on the tokens of those generations. Prints one JSON object; exit 1 if the calls take 3 % or more.
 * Options: --prompts 12 --tokens 64 --threads 2 --model shellwright-bash-116m
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadParserModule } from '../../scripts/lib/load-bash-syntax.ts';
import type { GenerationRecord } from '../../src/contracts/generation.ts';
import { IncrementalParser } from '../../src/core/bash/incremental-parser.ts';
import { SyntaxGuard } from '../../src/core/bash/syntax-guard.ts';
import { PackTokenizer } from '../../src/engine/pack/pack-tokenizer.ts';
import { ScriptWriter } from '../../src/engine/pack/script-writer.ts';
import { devRows, median, openApp, spread } from './support.ts';

const { values: options } = parseArgs({
  options: {
    prompts: { type: 'string', default: '12' },
    tokens: { type: 'string', default: '64' },
    threads: { type: 'string', default: '2' },
    model: { type: 'string', default: 'shellwright-bash-116m' },
  },
});
const BAR = 0.03;
/** Fewer tokens than this say little about the time of one. */
const MIN_TOKENS = 8;
const ROUNDS = 200;

const msPerToken = ({ timestamps, tokens }: GenerationRecord): number =>
  ((timestamps.lastTokenMs ?? NaN) - (timestamps.firstTokenMs ?? NaN)) / (tokens.generated - 1);

const app = await openApp(`?backend=wasm&threads=${options.threads}`);
const generate = (prompt: string, guard: boolean): Promise<GenerationRecord> =>
  app.page.evaluate((request) => window.shellwright.generate(request), {
    prompt,
    guard,
    temperature: 0,
    max_tokens: Number(options.tokens),
  });

await generate('list files', true);
const pairs: { guarded: GenerationRecord; unguarded: GenerationRecord }[] = [];
const leftOut = { refused: 0, cutBack: 0, short: 0, otherText: 0 };
for (const [index, { prompt }] of spread(devRows(), Number(options.prompts)).entries()) {
  // Who goes second finds the prompt in the cache; decoding is the same, but it is fair to take turns.
  const first = await generate(prompt, index % 2 === 0);
  const second = await generate(prompt, index % 2 === 1);
  const [guarded, unguarded] = index % 2 === 0 ? [first, second] : [second, first];
  if (guarded.guard.refusedTokens > 0) leftOut.refused += 1;
  else if (guarded.guard.cutBack) leftOut.cutBack += 1;
  else if (guarded.tokens.generated < MIN_TOKENS) leftOut.short += 1;
  else if (guarded.text !== unguarded.text) leftOut.otherText += 1;
  else pairs.push({ guarded, unguarded });
}
await app.close();
const ratios = pairs.map(({ guarded, unguarded }) => msPerToken(guarded) / msPerToken(unguarded));
const decodeMs = median(pairs.map(({ unguarded }) => msPerToken(unguarded)));

const tokenizer = PackTokenizer.parse(
  new Uint8Array(readFileSync(`public/models/${options.model}/tokenizer.json`)),
);
if (!tokenizer.ok) throw new Error(tokenizer.failure.message);
const texts = pairs.map(({ guarded }) =>
  tokenizer.value.encodePlain(guarded.text).map((token) => tokenizer.value.bytesOf(token)),
);
/** Every token of every text: what a model proposes for bash, in bash's own proportions. */
const candidates = texts.flat();
const parser = new IncrementalParser(loadParserModule());
const guardOf = (): SyntaxGuard => new SyntaxGuard(parser, new Uint8Array());

/** Microseconds per token of writing all texts, `extra` included; the median of many rounds. */
function microsecondsPerToken(
  isGuarded: boolean,
  extra: (writer: ScriptWriter, at: number) => void,
) {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now();
    for (const text of texts) {
      const writer = new ScriptWriter([], isGuarded ? guardOf() : null);
      for (const [at, bytes] of text.entries()) {
        writer.allows(bytes);
        extra(writer, at);
        writer.push(bytes);
      }
      if (writer.report(false).on !== isGuarded) throw new Error('the guard gave up');
    }
    return (1000 * (performance.now() - startedMs)) / candidates.length;
  });
  return median(rounds);
}

const nothing = (): void => {};
const unguardedUs = microsecondsPerToken(false, nothing);
const guardedUs = microsecondsPerToken(true, nothing);
const withEndUs = microsecondsPerToken(true, (writer) => writer.allowsEnd());
const REFUSALS = 20;
const withRefusalsUs = microsecondsPerToken(true, (writer, at) => {
  for (let i = 0; i < REFUSALS; i++) {
    writer.allows(candidates[(at * REFUSALS + i * 7) % candidates.length] ?? new Uint8Array());
  }
});
const share = (microseconds: number): number => (microseconds - unguardedUs) / 1000 / decodeMs;

const result = {
  options,
  pairs: pairs.length,
  leftOut,
  tokens: candidates.length,
  decodeMsPerToken: decodeMs,
  guardedOverUnguarded: {
    median: median(ratios),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
  },
  calls: {
    /** A token that is taken at once, which is the rule. */
    takenAtOnce: { microseconds: guardedUs - unguardedUs, share: share(guardedUs) },
    /** The same, where the model also wanted to end there. */
    endAskedToo: { microseconds: withEndUs - unguardedUs, share: share(withEndUs) },
    /** The same, after 20 other candidates. */
    after20Candidates: { microseconds: withRefusalsUs - unguardedUs, share: share(withRefusalsUs) },
  },
  bar: BAR,
};
console.log(JSON.stringify(result, null, 2));
process.exit(result.calls.after20Candidates.share < BAR ? 0 : 1);
