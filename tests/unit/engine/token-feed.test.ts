import { describe, expect, it } from 'vitest';
import { PromptLookup } from '../../../src/core/sampling/prompt-lookup.ts';
import type { Decoder } from '../../../src/engine/pack/decoder.ts';
import { TokenFeed } from '../../../src/engine/pack/token-feed.ts';

const VOCABULARY = 50;

/** A "model" whose next token depends on everything before it, and repeats itself now and then. */
function following(tokens: readonly number[]): number {
  const last = tokens.at(-1) ?? 0;
  return tokens.length % 23 === 0 ? (last * 7 + tokens.length) % VOCABULARY : (last + 1) % 5;
}

class FakeDecoder implements Decoder {
  readonly capacity = 400;
  readonly maxTokensPerRun = 64;
  readonly maxLogitRows = 4;
  readonly kvCacheBytes = 0;
  readonly runs: number[] = [];
  tokens: number[] = [];

  get length(): number {
    return this.tokens.length;
  }

  run(tokens: readonly number[], logitRows: number): Promise<Float32Array> {
    if (this.length + tokens.length > this.capacity) throw new RangeError('too long');
    if (logitRows > tokens.length) throw new RangeError('too many rows');
    this.runs.push(tokens.length);
    const logits = new Float32Array(logitRows * VOCABULARY);
    for (const [index, token] of tokens.entries()) {
      this.tokens.push(token);
      const row = index - (tokens.length - logitRows);
      if (row >= 0) logits[row * VOCABULARY + following(this.tokens)] = 1;
    }
    return Promise.resolve(logits);
  }

  rollback(length: number): void {
    this.tokens.length = Math.min(this.length, length);
  }

  release(): Promise<void> {
    return Promise.resolve();
  }
}

const best = (logits: Float32Array): number => logits.indexOf(1);

/** Greedy tokens through a feed. */
async function write(feed: TokenFeed, prompt: number[], count: number, guesses: number) {
  const lookup = new PromptLookup(guesses);
  const text = [...prompt];
  let logits = await feed.feed(prompt.slice(feed.reuse(prompt)));
  while (text.length < prompt.length + count) {
    const token = best(logits);
    text.push(token);
    logits = await feed.next(token, text, lookup);
  }
  return text.slice(prompt.length);
}

describe('guessing ahead', () => {
  it('changes nothing in the text, and takes fewer runs', async () => {
    const plain = new FakeDecoder();
    const guessing = new FakeDecoder();
    const expected = await write(new TokenFeed(plain), [1, 2, 3], 200, 0);
    expect(await write(new TokenFeed(guessing), [1, 2, 3], 200, 3)).toEqual(expected);
    expect(guessing.runs.length).toBeLessThan(0.6 * plain.runs.length);
    expect(Math.max(...guessing.runs)).toBe(4);
  });

  it('works up to the last slot of the cache', async () => {
    const decoder = new FakeDecoder();
    const text = await write(new TokenFeed(decoder), [1, 2, 3], 397, 3);
    expect(text).toHaveLength(397);
    expect(decoder.length).toBe(400);
  });

  it('stops for a while when guesses are wrong', () => {
    const lookup = new PromptLookup(3);
    const repeating = [1, 2, 3, 4, 1, 2, 3];
    expect(lookup.guess(repeating)).toEqual([4, 1, 2]);
    for (let wrong = 0; wrong < 2; wrong++) lookup.learn(3, 0);
    const tries = Array.from({ length: 7 }, () => lookup.guess(repeating).length);
    expect(tries).toEqual([0, 0, 0, 0, 0, 0, 3]);
  });

  it.each([
    ['nothing repeats', [1, 2, 3, 4], []],
    ['a single token repeats', [1, 2, 3, 1], []],
    ['the end repeats', [1, 2, 3, 4, 5, 1, 2], [3, 4, 5]],
    ['two places match: the later one counts', [1, 2, 7, 1, 2, 8, 1, 2], [8, 1, 2]],
    ['a longer match is better than a later one', [9, 1, 2, 7, 5, 1, 2, 8, 9, 1, 2], [7, 5, 1]],
    ['the text repeats itself', [6, 6, 6, 6], [6]],
  ])('guesses when %s', (_name, tokens, expected) => {
    expect(new PromptLookup(3).guess(tokens)).toEqual(expected);
  });
});

describe('the cache of the prompt before', () => {
  it('is reused as far as both begin alike, and never the last token', async () => {
    const decoder = new FakeDecoder();
    const feed = new TokenFeed(decoder);
    await feed.feed([1, 2, 3, 4]);
    expect(feed.reuse([1, 2, 9])).toBe(2);
    expect(decoder.length).toBe(2);
    await feed.feed([9]);
    expect(feed.reuse([1, 2, 9])).toBe(2);
  });

  it('is right after wrong guesses too', async () => {
    const decoder = new FakeDecoder();
    const feed = new TokenFeed(decoder);
    await write(feed, [1, 2, 3], 60, 3);
    const again = new FakeDecoder();
    expect(await write(feed, [1, 2, 3, 4], 60, 3)).toEqual(
      await write(new TokenFeed(again), [1, 2, 3, 4], 60, 0),
    );
  });
});
