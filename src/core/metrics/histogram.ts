/**
 * A histogram that is being filled: single values and stored histograms go in, a stored histogram or percentiles come
 * out. Everything that is added up is an integer, so the order does not matter.
 */
import type { HistogramData } from '../../contracts/rollup.ts';
import { bucketIndex, bucketMiddle } from './exponential-buckets.ts';

/** Buckets that are made beyond those needed, for the values to come. */
const MARGIN = 16;

/** Millionths, as sums are kept. */
export function toMicros(value: number): number {
  return Math.round(value * 1e6) + 0;
}

export class Histogram {
  readonly #edges: readonly number[];
  #count = 0;
  #sumMicros = 0;
  #min = Infinity;
  #max = -Infinity;
  #zeroCount = 0;
  /** Counts of buckets from #first on. */
  #buckets: number[] = [];
  #first = 0;
  #classic: number[];

  /** `edges` of the classic buckets, ascending. */
  constructor(edges: readonly number[]) {
    this.#edges = edges;
    this.#classic = new Array<number>(edges.length + 1).fill(0);
  }

  get count(): number {
    return this.#count;
  }

  /** Values that are no finite number are left out. */
  record(value: number): void {
    if (!Number.isFinite(value)) return;
    // -0 and 0 are one value, or the minimum would depend on which came first.
    const exact = value + 0;
    this.#count += 1;
    this.#sumMicros += toMicros(exact);
    this.#min = Math.min(this.#min, exact);
    this.#max = Math.max(this.#max, exact);
    if (exact > 0) this.#addToBucket(bucketIndex(exact), 1);
    else this.#zeroCount += 1;
    const edge = this.#edges.findIndex((upper) => exact <= upper);
    const slot = edge < 0 ? this.#edges.length : edge;
    this.#classic[slot] = (this.#classic[slot] ?? 0) + 1;
  }

  /** Adds a stored histogram with the same edges. */
  add(data: HistogramData): void {
    if (data.count === 0) return;
    this.#count += data.count;
    this.#sumMicros += data.sumMicros;
    this.#min = Math.min(this.#min, data.min);
    this.#max = Math.max(this.#max, data.max);
    this.#zeroCount += data.zeroCount;
    const { indices, counts, classic } = data;
    const last = indices.length - 1;
    if (last >= 0) this.#makeRoom(indices[0] ?? 0, indices[last] ?? 0);
    for (let i = 0; i <= last; i++) {
      const slot = (indices[i] ?? 0) - this.#first;
      this.#buckets[slot] = (this.#buckets[slot] ?? 0) + (counts[i] ?? 0);
    }
    for (let i = 0; i < classic.length; i++) {
      this.#classic[i] = (this.#classic[i] ?? 0) + (classic[i] ?? 0);
    }
  }

  toData(): HistogramData {
    const indices: number[] = [];
    const counts: number[] = [];
    this.forEachBucket((index, count) => {
      indices.push(index);
      counts.push(count);
    });
    return {
      count: this.#count,
      sumMicros: this.#sumMicros,
      min: this.#count === 0 ? 0 : this.#min,
      max: this.#count === 0 ? 0 : this.#max,
      zeroCount: this.#zeroCount,
      indices,
      counts,
      classic: [...this.#classic],
    };
  }

  /** Nearest-rank percentile, `share` in (0, 1]; at most 1.09 % from the exact one. null where there are no values. */
  quantile(share: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.min(this.#count, Math.max(1, Math.ceil(share * this.#count)));
    if (rank === this.#count) return this.#max;
    if (rank === 1) return this.#min;
    if (rank <= this.#zeroCount) return Math.min(0, this.#max);
    let seen = this.#zeroCount;
    for (let slot = 0; slot < this.#buckets.length; slot++) {
      seen += this.#buckets[slot] ?? 0;
      if (seen >= rank) {
        return Math.min(this.#max, Math.max(this.#min, bucketMiddle(this.#first + slot)));
      }
    }
    return this.#max;
  }

  /** Calls back for every bucket that holds values, in ascending order. */
  forEachBucket(visit: (index: number, count: number) => void): void {
    for (let slot = 0; slot < this.#buckets.length; slot++) {
      const count = this.#buckets[slot] ?? 0;
      if (count > 0) visit(this.#first + slot, count);
    }
  }

  #addToBucket(index: number, count: number): void {
    this.#makeRoom(index, index);
    const slot = index - this.#first;
    this.#buckets[slot] = (this.#buckets[slot] ?? 0) + count;
  }

  #makeRoom(from: number, to: number): void {
    const end = this.#first + this.#buckets.length;
    if (this.#buckets.length > 0 && from >= this.#first && to < end) return;
    const isEmpty = this.#buckets.length === 0;
    const first = Math.min(from - MARGIN, isEmpty ? Infinity : this.#first);
    const length = Math.max(to + 1 + MARGIN, isEmpty ? -Infinity : end) - first;
    const grown = new Array<number>(length).fill(0);
    const shift = this.#first - first;
    for (let slot = 0; slot < this.#buckets.length; slot++) {
      grown[shift + slot] = this.#buckets[slot] ?? 0;
    }
    this.#buckets = grown;
    this.#first = first;
  }
}

/** Merging in any order, and in any groups, gives the same data. Both have the same edges. */
export function mergeHistograms(a: HistogramData, b: HistogramData): HistogramData {
  return mergeAllHistograms([a, b]);
}

/** All have the same edges. */
export function mergeAllHistograms(parts: readonly HistogramData[]): HistogramData {
  const edgeCount = Math.max(1, ...parts.map(({ classic }) => classic.length)) - 1;
  const merged = new Histogram(new Array<number>(edgeCount));
  for (const part of parts) merged.add(part);
  return merged.toData();
}
