import { describe, expect, test } from 'vitest';
import type { TelemetryRow } from '../../../../src/contracts/relay.ts';
import { readHistogram } from '../../../../src/core/export/read-rollups.ts';
import { rowsSince } from '../../../../src/core/export/telemetry-rows.ts';
import { FieldReader } from '../../../../src/core/json/field-reader.ts';
import { BUCKET_EDGES } from '../../../../src/core/metrics/bucket-edges.ts';
import { histogramSince } from '../../../../src/core/metrics/histogram-since.ts';
import { Histogram } from '../../../../src/core/metrics/histogram.ts';
import { seededRandom } from '../../../../src/core/sampling/random.ts';

const NAME = 'prompt_similarity_score';

function histogramOf(values: readonly number[]) {
  const histogram = new Histogram(BUCKET_EDGES[NAME]);
  for (const value of values) histogram.record(value);
  return histogram;
}

function row(change: Partial<TelemetryRow>): TelemetryRow {
  return {
    model: 'own',
    backend: 'wasm',
    outcome: 'stop',
    counters: {},
    histograms: {},
    ...change,
  };
}

describe('what was added to a histogram', () => {
  test.each([0, 0.1])(
    'is what those values alone would have made, least and largest to their bucket',
    (shift) => {
      const generator = seededRandom(7);
      const random = (): number => generator.next();
      const total = histogramOf([]);
      let before = total.toData();
      for (let round = 0; round < 500; round++) {
        const values = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
          // Powers of two lie on the edges of buckets; scores can be 0 and less.
          random() < 0.3
            ? 2 ** Math.floor(random() * 12 - 8)
            : random() * 10 ** (random() * 6 - 3) - shift,
        );
        for (const value of values) total.record(value);
        const added = histogramSince(before, total.toData());
        const alone = histogramOf(values).toData();
        expect(added).toMatchObject({
          count: alone.count,
          sumMicros: alone.sumMicros,
          zeroCount: alone.zeroCount,
          indices: alone.indices,
          counts: alone.counts,
          classic: alone.classic,
        });
        // The relay takes it only if it adds up.
        readHistogram(new FieldReader(JSON.parse(JSON.stringify(added)), ''), NAME);
        before = total.toData();
      }
    },
  );

  test('is nothing where nothing was, and everything after a deletion', () => {
    const some = histogramOf([0.2, 0.4]).toData();
    expect(histogramSince(some, some)).toBeNull();
    expect(histogramSince(undefined, histogramOf([]).toData())).toBeNull();
    expect(histogramSince(undefined, some)).toEqual(some);
    const anew = histogramOf([0.9, 0.9, 0.9]).toData();
    expect(histogramSince(some, anew)).toEqual(anew);
  });
});

describe('rows since an earlier state', () => {
  test('hold the difference, and the state after it leaves none', () => {
    const before = [row({ counters: { a_total: 3, b_total: 1 } })];
    const totals = [
      row({ counters: { a_total: 5, b_total: 1, c_total: 2 } }),
      row({ outcome: 'error', counters: { a_total: 1 } }),
    ];
    const { rows, series, after, hasMore } = rowsSince(before, totals, Infinity);
    expect(rows).toEqual([
      row({ counters: { a_total: 2, c_total: 2 } }),
      row({ outcome: 'error', counters: { a_total: 1 } }),
    ]);
    expect([series, hasMore]).toEqual([3, false]);
    expect(rowsSince(after, totals, Infinity).rows).toEqual([]);
  });

  test('come in parts that fit, which are all of it together', () => {
    const histograms = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`h${n}`, histogramOf([n + 1, 2 * n + 1]).toData()]),
    );
    const totals = [row({ histograms }), row({ outcome: 'error', histograms })];
    let told: readonly TelemetryRow[] = [];
    const sent: string[] = [];
    for (;;) {
      const part = rowsSince(told, totals, 2_000);
      expect(JSON.stringify(part.rows).length).toBeLessThan(3_500);
      sent.push(
        ...part.rows.flatMap((each) =>
          Object.keys(each.histograms).map((key) => each.outcome + key),
        ),
      );
      told = part.after;
      if (!part.hasMore) break;
    }
    expect(sent).toHaveLength(60);
    expect(new Set(sent).size).toBe(60);
    expect(told).toEqual(totals);
  });

  test('begin anew with a counter that has fallen', () => {
    const { rows } = rowsSince(
      [row({ counters: { a_total: 9 } })],
      [row({ counters: { a_total: 2 } })],
      Infinity,
    );
    expect(rows).toEqual([row({ counters: { a_total: 2 } })]);
  });
});
