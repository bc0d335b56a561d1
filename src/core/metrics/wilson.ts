/** The Wilson score interval: how far a share may be from what was counted. It stays inside [0, 1] and makes sense for few. */

/** 97.5th percentile of the normal distribution, for an interval at 95 %. */
const Z = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** At 95 %, of `hits` among `n`; null for none. E. B. Wilson (1927). */
export function wilsonInterval(hits: number, n: number): Interval | null {
  if (n <= 0) return null;
  const share = hits / n;
  const denominator = 1 + (Z * Z) / n;
  const middle = (share + (Z * Z) / (2 * n)) / denominator;
  const reach = (Z / denominator) * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  // At the ends the formula gives exactly 0 or 1 but for rounding.
  return {
    low: hits === 0 ? 0 : Math.max(0, middle - reach),
    high: hits === n ? 1 : Math.min(1, middle + reach),
  };
}
