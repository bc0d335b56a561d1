/** The cases of the fuzzer, each made from its number alone. */
import { existsSync } from 'node:fs';
import { readCorpus } from '../lib/syntax-corpus.ts';
import { Generator } from './generate.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';

const corpus = ['tests/fixtures/syntax/hand.jsonl', '../shared/syntax/mutated.jsonl.xz']
  .map((path) => new URL(`../../${path}`, import.meta.url))
  .filter((url) => existsSync(url))
  .flatMap((url) => readCorpus(url))
  .map((row) => Buffer.from(row.script).toString('latin1'));

/** The case of a seed: a fifth each of generated, generated and damaged (lightly, heavily), corpus and damaged corpus. */
export function makeCase(seed: number): Uint8Array {
  const random = new Random(seed);
  const kind = random.below(5);
  let text: string;
  if (kind < 3 || corpus.length === 0) {
    text = Buffer.from(new Generator(random).script()).toString('latin1');
    if (kind === 1) text = mutate(text, random, 1 + random.below(2));
    if (kind === 2) text = mutate(text, random, 1 + random.below(6));
  } else {
    text = random.pick(corpus);
    if (text.length > 1500) {
      const at = random.below(text.length - 1000);
      text = text.slice(at, at + 1000);
    }
    text = mutate(text, random, 1 + random.below(kind === 3 ? 2 : 5));
  }
  return Buffer.from(text, 'latin1');
}
