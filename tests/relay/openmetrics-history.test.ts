/** The exported history moves into Prometheus: what its blocks hold is asked for again and compared. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Rollup } from '../../src/contracts/rollup.ts';
import { writeOpenMetricsHistory } from '../../src/core/export/openmetrics-history.ts';
import { findSeries } from '../../src/core/metrics/found-series.ts';
import { sampleRecords } from '../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../fixtures/monitoring/sample-rollups.ts';
import { promtool, servePrometheus, testFolder } from './support/prometheus-server.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 24, 13, 7, 31);
const RECORDS = sampleRecords({ seed: 3, count: 600, fromMs: NOW - 96 * HOUR_MS, toMs: NOW - 1e5 });
const DELTAS = deltasOf(RECORDS);
const HOURS = rollupsOf(DELTAS, 'hour');
const LABELS = { job: 'shellwright', instance: 'browser' };

/** As the series of the history with these labels before. */
function counts(rows: readonly Rollup[], name: string): ReadonlyMap<string, number> {
  return new Map(
    [...findSeries(rows).values()]
      .filter((series) => series.name === name)
      .map(({ labels, count, histogram }) => {
        const all = Object.entries({ ...LABELS, ...labels }).sort(([a], [b]) => (a < b ? -1 : 1));
        const text = all.map(([label, value]) => `${label}="${value}"`).join(',');
        return [`{${text}}`, count + histogram.count] as const;
      }),
  );
}

test('a block made of the history has every count at every hour, and ends at the totals', async () => {
  // Rows older than three days are gone; the totals still have what they counted.
  const keptFromMs = NOW - 72 * HOUR_MS;
  const text = [
    ...writeOpenMetricsHistory({
      minutes: rollupsOf(DELTAS, 'minute').filter(({ startMs }) => startMs >= NOW - 47.5 * HOUR_MS),
      hours: HOURS.filter(({ startMs }) => startMs >= keptFromMs),
      totals: rollupsOf(DELTAS, 'total'),
      nowMs: NOW,
      labels: LABELS,
    }),
  ].join('');
  const folder = testFolder();
  writeFileSync(join(folder, 'history.txt'), text);
  const data = join(folder, 'data');
  mkdirSync(data);
  promtool(['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history.txt'), data]);
  const prometheus = await servePrometheus(data);

  const names = ['generation_requests_total', 'generation_latency_seconds_count'];
  for (const queried of names) {
    const name = queried.replace(/_count$/, '');
    for (const atMs of [NOW - 60 * HOUR_MS, NOW - 30 * HOUR_MS, NOW - 5 * HOUR_MS, NOW]) {
      const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
      const end = atMs === NOW ? NOW : hourMs;
      const expected = counts(
        HOURS.filter(({ startMs }) => startMs < end),
        name,
      );
      const found = await prometheus.query(`last_over_time(${queried}[2d])`, end);
      expect(expected.size).toBeGreaterThan(1);
      for (const [series, count] of expected) {
        expect(found.get(`${queried}${series}`), `${series} at ${end}`).toBe(count);
      }
    }
  }

  // The 95th percentile of a day by Prometheus lies in the same bucket as that of the values themselves.
  const [p95 = 0] = (
    await prometheus.query(
      'histogram_quantile(0.95, sum by (le) (increase(generation_latency_seconds_bucket[1d])))',
      NOW,
    )
  ).values();
  expect(p95).toBeGreaterThan(1);
  const [increase = 0] = (
    await prometheus.query('sum(increase(generation_requests_total[1d]))', NOW)
  ).values();
  const accepted = RECORDS.filter(({ acceptedAtEpochMs: at }) => at >= NOW - 24 * HOUR_MS).length;
  expect(Math.abs(increase / accepted - 1)).toBeLessThan(0.05);
}, 300_000);
