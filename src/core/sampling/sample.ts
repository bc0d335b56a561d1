/** One draw in one call, for callers that never refuse a token. */
import type { Random } from './random.ts';
import { TokenSampler, type SamplingParameters } from './token-sampler.ts';

/** Returns a token id; see TokenSampler for the order of the filters and for what happens to `logits`. */
export function sampleToken(
  logits: Float32Array,
  parameters: SamplingParameters,
  random: Random,
  recentTokens: readonly number[],
): number {
  const sampler = new TokenSampler(parameters, random);
  sampler.begin(logits, recentTokens);
  return sampler.next();
}
