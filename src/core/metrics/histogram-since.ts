/** What has been added to a histogram since an earlier state of it. */
import type { HistogramData } from '../../contracts/rollup.ts';
import { bucketIndex, lowerEdge } from './exponential-buckets.ts';

/** The least value is then known to its bucket only, and stands this near to the edge, which is no part of it. */
const INSIDE = 4e-10;

/** All of `total` where `before` is no earlier state of it, as after a deletion; null where nothing was added. */
export function histogramSince(
  before: HistogramData | undefined,
  total: HistogramData,
): HistogramData | null {
  if (total.count === 0) return null;
  if (before === undefined || before.count === 0) return total;
  const earlier = new Map(before.indices.map((index, i) => [index, before.counts[i] ?? 0]));
  const buckets = total.indices.map((index, i): [number, number] => {
    const added = (total.counts[i] ?? 0) - (earlier.get(index) ?? 0);
    earlier.delete(index);
    return [index, added];
  });
  const classic = total.classic.map((count, i) => count - (before.classic[i] ?? 0));
  const zeroCount = total.zeroCount - before.zeroCount;
  const parts = [zeroCount, ...classic, ...buckets.map(([, added]) => added)];
  if (earlier.size > 0 || parts.some((part) => part < 0)) return total;
  const count = total.count - before.count;
  if (count === 0) return null;
  const filled = buckets.filter(([, added]) => added > 0);
  const indices = filled.map(([index]) => index);
  return {
    count,
    sumMicros: total.sumMicros - before.sumMicros,
    min: zeroCount > 0 ? total.min : lowest(indices[0] ?? 0, total.min),
    max: indices.length === 0 ? Math.min(0, total.max) : highest(indices.at(-1) ?? 0, total.max),
    zeroCount,
    indices,
    counts: filled.map(([, added]) => added),
    classic,
  };
}

/** No value of the bucket is less. */
function lowest(index: number, min: number): number {
  const isExact = min > 0 && bucketIndex(min) === index;
  return isExact ? min : lowerEdge(index) * (1 + INSIDE);
}

/** No value of the bucket is more. */
function highest(index: number, max: number): number {
  return bucketIndex(max) === index ? max : lowerEdge(index + 1);
}
