import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../../../src/core/prompt/parse-parameters.ts';
import { seededRandom } from '../../../../src/core/sampling/random.ts';
import { sampleToken } from '../../../../src/core/sampling/sample.ts';
import { TokenSampler } from '../../../../src/core/sampling/token-sampler.ts';

const open = {
  ...DEFAULT_PARAMETERS,
  temperature: 1,
  top_k: 0,
  top_p: 1,
  min_p: 0,
  repetition_penalty: 1,
};
const logits = (): Float32Array => Float32Array.from([1, 3, 2, -1, 0]);

/** Shares of each token over many draws. */
function shares(parameters: typeof open, draws = 20_000): number[] {
  const random = seededRandom(7);
  const counts = [0, 0, 0, 0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const token = sampleToken(logits(), parameters, random, []);
    counts[token] = (counts[token] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

describe('sampling', () => {
  it('takes the likeliest token at temperature 0, whatever the filters', () => {
    const greedy = { ...open, temperature: 0, top_k: 3, top_p: 0.1 };
    expect(sampleToken(logits(), greedy, seededRandom(1), [])).toBe(1);
  });

  it('follows the softmax at temperature 1, within four standard errors', () => {
    const weights = [...logits()].map(Math.exp);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const measured = shares(open);
    weights.forEach((weight, token) => {
      const expected = weight / total;
      const standardError = Math.sqrt((expected * (1 - expected)) / 20_000);
      expect(Math.abs((measured[token] ?? 0) - expected)).toBeLessThan(4 * standardError);
    });
  });

  it.each([
    ['top_k keeps that many', { top_k: 2 }, [1, 2]],
    ['top_p keeps the fewest that reach the mass', { top_p: 0.85 }, [1, 2]],
    ['top_p keeps at least one', { top_p: 0.01 }, [1]],
    ['min_p is relative to the likeliest', { min_p: 0.3 }, [1, 2]],
  ])('%s', (_name, change, kept) => {
    const measured = shares({ ...open, ...change }, 3_000);
    const seen = measured.flatMap((share, token) => (share > 0 ? [token] : []));
    expect(seen).toEqual(kept);
  });

  it('penalises recent tokens only, positive and negative logits alike', () => {
    const values = Float32Array.from([2, -2, 2, -2]);
    new TokenSampler({ ...open, temperature: 0, repetition_penalty: 2 }, seededRandom(1)).begin(
      values,
      [0, 1],
    );
    expect([...values]).toEqual([1, -4, 2, -2]);
  });

  it('forgets tokens that are more than a window ago', () => {
    const values = Float32Array.from([2, 2]);
    const recent = [0, ...Array.from({ length: 64 }, () => 1)];
    new TokenSampler({ ...open, temperature: 0, repetition_penalty: 2 }, seededRandom(1)).begin(
      values,
      recent,
    );
    expect([...values]).toEqual([2, 1]);
  });

  it.each([0, 1])(
    'offers every token exactly once when the earlier ones are refused (temperature %d)',
    (temperature) => {
      const sampler = new TokenSampler({ ...open, temperature, top_k: 2 }, seededRandom(3));
      sampler.begin(logits(), []);
      const drawn = Array.from({ length: 5 }, () => sampler.next());
      expect(new Set(drawn)).toEqual(new Set([0, 1, 2, 3, 4]));
      expect(new Set(drawn.slice(0, 2))).toEqual(new Set([1, 2]));
      expect(drawn.slice(2)).toEqual([0, 4, 3]);
      expect(sampler.next()).toBe(-1);
    },
  );

  it('agrees with a full sort on random logits', () => {
    const random = seededRandom(11);
    const values = Float32Array.from({ length: 1000 }, () => Math.round(random.next() * 50));
    const sampler = new TokenSampler({ ...open, temperature: 0.5, top_k: 37 }, seededRandom(5));
    const expected = [...values.keys()]
      .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b)
      .slice(0, 37);
    sampler.begin(values.slice(), []);
    expect(new Set(Array.from({ length: 37 }, () => sampler.next()))).toEqual(new Set(expected));
  });

  it('repeats itself for the same seed and differs for another', () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 30 }, () => sampleToken(logits(), open, random, []));
    };
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
  });

  it('is uniform enough: mean and variance of the generator', () => {
    const random = seededRandom(0);
    const values = Array.from({ length: 50_000 }, () => random.next());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.006);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.003);
  });
});
