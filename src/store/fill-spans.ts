/** Makes the spans of rows that were written before there were spans. */
import type { StoredRollup, UpgradeTransaction } from './schema.ts';
import { unpackRow } from './packed-row.ts';
import { rowKey } from './rollup-rows.ts';
import { addToSpan, groupBySpan, spanKey } from './span-rows.ts';

/** A week of many requests has tens of thousands of rows, and need not be in memory at once. */
const BATCH = 1_000;

export async function fillSpans(transaction: UpgradeTransaction): Promise<void> {
  const rollups = transaction.objectStore('rollups');
  const spans = transaction.objectStore('spans');
  let after: IDBKeyRange | null = null;
  for (;;) {
    const rows: StoredRollup[] = (await rollups.getAll(after, BATCH)).map(unpackRow);
    const [first] = rows;
    const last = rows.at(-1);
    // A batch may end in the middle of a span.
    const begun = first === undefined ? undefined : await spans.get(spanKey(first));
    await Promise.all(
      groupBySpan(rows).map((group, place) =>
        spans.put(addToSpan(place === 0 ? begun : undefined, group)),
      ),
    );
    if (last === undefined || rows.length < BATCH) return;
    after = IDBKeyRange.lowerBound(rowKey(last), true);
  }
}
