/** Percentiles by nearest rank, from single values or from merged histograms. They are never averaged. */
import type { Percentiles } from './dashboard-shape.ts';

/** Fewer samples say nothing about a percentile so far out, and it is not shown. */
export const MIN_SAMPLES = { p50: 1, p95: 20, p99: 100 } as const;

/** What percentiles can be taken from: exact values, or a histogram. */
export interface ValueSet {
  readonly count: number;
  /** By nearest rank, `share` in (0, 1]; null where there are no values. */
  quantile(share: number): number | null;
}

/** Keeps every value. */
export class ExactValues implements ValueSet {
  readonly #values: number[] = [];
  #sorted: Float64Array | null = null;

  get count(): number {
    return this.#values.length;
  }

  record(value: number): void {
    this.#values.push(value);
    this.#sorted = null;
  }

  quantile(share: number): number | null {
    const rank = Math.max(1, Math.ceil(share * this.#values.length));
    this.#sorted ??= Float64Array.from(this.#values).sort();
    return this.#sorted[rank - 1] ?? null;
  }
}

export function percentilesOf(values: ValueSet): Percentiles {
  return {
    n: values.count,
    p50: percentile(values, 'p50'),
    p95: percentile(values, 'p95'),
    p99: percentile(values, 'p99'),
    max: values.quantile(1),
    isExact: values instanceof ExactValues,
  };
}

/** null where there are too few values for it. */
export function percentile(values: ValueSet, which: keyof typeof MIN_SAMPLES): number | null {
  if (values.count < MIN_SAMPLES[which]) return null;
  return values.quantile(Number(which.slice(1)) / 100);
}
