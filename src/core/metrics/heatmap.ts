/** Latency over time as a heatmap: rows are four to a doubling, made of whole histogram buckets. */
import type { Dashboard } from './dashboard-shape.ts';
import { BUCKETS_PER_DOUBLING } from './exponential-buckets.ts';
import type { Histogram } from './histogram.ts';

const ROWS_PER_DOUBLING = 4;
const BUCKETS_PER_ROW = BUCKETS_PER_DOUBLING / ROWS_PER_DOUBLING;
/** From 16 ms on; what is faster is counted in the lowest row. */
const LOWEST_ROW = -6 * ROWS_PER_DOUBLING;
/** Up to 68 min: a request may take an hour. */
const HIGHEST_ROW = 12 * ROWS_PER_DOUBLING - 1;

/** Rows from the fastest to the slowest that there is; none where nothing was counted. */
export function heatmapOf(steps: readonly Histogram[]): Dashboard['heatmap'] {
  const columns = steps.map(countRows);
  const rows = columns.flatMap((column) => [...column.keys()]);
  if (rows.length === 0) return { edgesSeconds: [], cells: steps.map(() => []) };
  const first = rows.reduce((a, b) => Math.min(a, b));
  const last = rows.reduce((a, b) => Math.max(a, b));
  const length = last - first + 1;
  return {
    edgesSeconds: Array.from(
      { length: length + 1 },
      (_, edge) => 2 ** ((first + edge) / ROWS_PER_DOUBLING),
    ),
    cells: columns.map((column) =>
      Array.from({ length }, (_, row) => column.get(first + row) ?? 0),
    ),
  };
}

function countRows(histogram: Histogram): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  let counted = 0;
  histogram.forEachBucket((index, count) => {
    const row = Math.floor(index / BUCKETS_PER_ROW);
    const shown = Math.min(HIGHEST_ROW, Math.max(LOWEST_ROW, row));
    counts.set(shown, (counts.get(shown) ?? 0) + count);
    counted += count;
  });
  // Latencies of 0 have no bucket: a request can be stopped in the millisecond in which it was made.
  const zeros = histogram.count - counted;
  if (zeros > 0) counts.set(LOWEST_ROW, (counts.get(LOWEST_ROW) ?? 0) + zeros);
  return counts;
}
