/** Seeded samples of the shapes that latencies have. */
import { seededRandom, type Random } from '../../../../src/core/sampling/random.ts';

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

export const DISTRIBUTIONS = {
  lognormal: (random: Random) => Math.exp(0.2 + 0.8 * normal(random)),
  bimodal: (random: Random) =>
    random.next() < 0.7 ? 0.4 * Math.exp(0.1 * normal(random)) : 5 * Math.exp(0.2 * normal(random)),
  exponential: (random: Random) => -1.5 * Math.log(1 - random.next()),
  pareto: (random: Random) => 0.1 * (1 - random.next()) ** (-1 / 1.5),
} as const;

export type DistributionName = keyof typeof DISTRIBUTIONS;

export const DISTRIBUTION_NAMES = Object.keys(DISTRIBUTIONS) as DistributionName[];

export function samples(name: DistributionName, count: number, seed: number): readonly number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => DISTRIBUTIONS[name](random));
}

/** By nearest rank. */
export function exactQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? NaN;
}
