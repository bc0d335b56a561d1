/**
 * The exposition and the real Prometheus: it scrapes what a busy page has at forty points in time, and what it computes,
 * and what the Grafana dashboard asks of it, is held against the records themselves.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RequestRecord } from '../../src/contracts/request-record.ts';
import { exemplarsOf } from '../../src/core/export/exemplars.ts';
import { CONTENT_TYPES, type ExpositionFormat } from '../../src/core/export/exposition.ts';
import { negotiateFormat, writePrometheusText } from '../../src/core/export/prometheus-text.ts';
import { BUCKET_EDGES } from '../../src/core/metrics/bucket-edges.ts';
import { deviceLost, modelLoaded, modelLoadFailed } from '../../src/core/metrics/event-deltas.ts';
import { requestFigures } from '../../src/core/metrics/request-figures.ts';
import { metricsSnapshot } from '../../src/core/metrics/snapshot.ts';
import type { MetricsSnapshot } from '../../src/core/metrics/snapshot-shape.ts';
import { traceIdOf } from '../../src/core/trace/trace-ids.ts';
import { sampleRecords } from '../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../fixtures/monitoring/sample-rollups.ts';
import { promtool, servePrometheus, testFolder } from './support/prometheus-server.ts';

const STEP_MS = 15_000;
const STEPS = 40;
/** Of every query: so many steps, at whose ends there are samples, so that Prometheus extrapolates nothing. */
const WINDOW_MS = 20 * STEP_MS;
// Prometheus takes no samples that are older than its own start by much.
const END = Math.floor(Date.now() / STEP_MS) * STEP_MS - STEP_MS;
const START = END - STEPS * STEP_MS;
const RECORDS = sampleRecords({ seed: 77, count: 600, fromMs: START - 60_000, toMs: END });
const DELTAS = [
  ...deltasOf(RECORDS),
  modelLoaded(START + 1, 'cache', 1.2),
  modelLoadFailed(END - WINDOW_MS / 2, 'model/not-found'),
  deviceLost(END - WINDOW_MS / 3),
];

function snapshotAt(nowMs: number): MetricsSnapshot {
  const deltas = DELTAS.filter(({ atEpochMs }) => atEpochMs <= nowMs);
  return metricsSnapshot({
    nowMs,
    totals: rollupsOf(deltas, 'total'),
    recent: rollupsOf(deltas, 'minute'),
    current: {
      activeRequests: 2,
      memoryUsedRatio: 0.4,
      storageUsedRatio: 0.1,
      startedAtEpochMs: START,
      uptimeSeconds: (nowMs - START) / 1000,
    },
  });
}

/** With a time on every sample, so that the points in time are as far apart as they claim. */
function timed(text: string, format: ExpositionFormat, atMs: number): string {
  const time = format === 'openmetrics' ? String(atMs / 1000) : String(atMs);
  return text.replaceAll(/^([^#\s{]+(?:\{[^}]*\})? \S+)/gm, `$1 ${time}`);
}

/** Serves one point in time after the other, each to one scrape. */
async function serveExposition(): Promise<{
  readonly port: number;
  readonly served: () => number;
  readonly formats: ReadonlySet<ExpositionFormat>;
}> {
  // Made before: a scrape that waits for long is given up.
  const texts = Array.from({ length: STEPS + 1 }, (_, step) => {
    const atMs = START + step * STEP_MS;
    const ended = RECORDS.filter(({ endedAtEpochMs }) => (endedAtEpochMs ?? Infinity) <= atMs);
    const snapshot = snapshotAt(atMs);
    const exemplars = exemplarsOf(ended);
    const write = (format: ExpositionFormat): string => {
      const options = { format, createdAtEpochMs: START, exemplars };
      return timed(writePrometheusText(snapshot, options), format, atMs);
    };
    return { text: write('text'), openmetrics: write('openmetrics') };
  });
  const formats = new Set<ExpositionFormat>();
  let served = 0;
  const server = createServer((request, response) => {
    const format = negotiateFormat(request.headers.accept ?? '');
    formats.add(format);
    response.writeHead(200, { 'Content-Type': CONTENT_TYPES[format] });
    // Twice, so that one scrape may be lost on a busy machine: the same sample once more is none.
    const step = Math.min(Math.floor(served / 2), STEPS);
    response.end(texts[step]?.[format], () => (served += 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, served: () => served, formats };
}

/** Ended in the window of every query: after its start, since what ended at a sample's time is in that sample. */
function inWindow({ endedAtEpochMs }: RequestRecord): boolean {
  return endedAtEpochMs !== null && endedAtEpochMs > END - WINDOW_MS && endedAtEpochMs <= END;
}

/** As Prometheus interpolates it within a bucket. */
function bucketQuantile(
  share: number,
  values: readonly number[],
  edges: readonly number[],
): number {
  const rank = share * values.length;
  let lower = 0;
  let below = 0;
  for (const upper of edges) {
    const upTo = values.filter((value) => value <= upper).length;
    if (upTo >= rank) return lower + ((upper - lower) * (rank - below)) / (upTo - below);
    lower = upper;
    below = upTo;
  }
  return lower;
}

interface Panel {
  readonly type: string;
  readonly id: number;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

const { panels } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'grafana', 'dashboard.json'), 'utf8'),
) as { readonly panels: readonly Panel[] };

test('promtool finds nothing to complain of, in a busy page and in one that was just opened', () => {
  for (const snapshot of [snapshotAt(END), snapshotAt(0)]) {
    expect(promtool(['check', 'metrics'], writePrometheusText(snapshot, { format: 'text' }))).toBe(
      '',
    );
  }
});

test('Prometheus computes what the records say, and the dashboard finds data for every query', async () => {
  const { port, served, formats } = await serveExposition();
  const prometheus = await servePrometheus(
    testFolder(),
    `scrape_configs:
  - job_name: shellwright
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
`,
  );
  await expect.poll(served, { timeout: 120_000 }).toBeGreaterThan(2 * STEPS + 4);
  expect([...formats]).toEqual(['openmetrics']);
  const ask = async (expression: string): Promise<number> => {
    const [value = NaN] = (await prometheus.query(expression, END)).values();
    return value;
  };
  // None was lost.
  expect(await ask('count_over_time(generation_requests_total{model="none"}[10m])')).toBe(
    STEPS + 1,
  );

  const ended = RECORDS.filter(inWindow);
  const accepted = RECORDS.filter(({ acceptedAtEpochMs: at }) => at > END - WINDOW_MS && at <= END);
  expect(ended.length).toBeGreaterThan(200);
  const window = `[${WINDOW_MS / 1000}s]`;
  const seconds = WINDOW_MS / 1000;
  expect(await ask(`sum(rate(generation_requests_total${window}))`)).toBeCloseTo(
    accepted.length / seconds,
    9,
  );

  const errors = ended.filter(({ outcome }) => outcome === 'error' || outcome === 'timeout');
  expect(errors.length).toBeGreaterThan(2);
  expect(
    await ask(
      `sum(rate(generation_errors_total${window})) / sum(rate(generation_finished_total${window}))`,
    ),
  ).toBeCloseTo(errors.length / ended.length, 9);

  for (const guard of ['on', 'off']) {
    const judged = ended.filter(
      (record) =>
        record.guard.on === (guard === 'on') &&
        record.syntax !== null &&
        record.syntax.result !== 'unchecked',
    );
    const valid = judged.filter(({ syntax }) => syntax?.result === 'valid');
    expect(
      await ask(
        `sum(rate(generation_syntax_checks_total{guard="${guard}",result="valid"}${window})) / sum(rate(generation_syntax_checks_total{guard="${guard}",result=~"valid|invalid|empty"}${window}))`,
      ),
    ).toBeCloseTo(valid.length / judged.length, 9);
  }

  for (const [name, figure] of [
    ['generation_latency_seconds', 'latencySeconds'],
    ['time_to_first_token_seconds', 'firstTokenSeconds'],
    ['generation_tokens_per_second', 'tokensPerSecond'],
  ] as const) {
    const values = ended.flatMap((record) => requestFigures(record)[figure] ?? []);
    for (const share of [0.5, 0.95, 0.99]) {
      expect(
        await ask(`histogram_quantile(${share}, sum by (le) (rate(${name}_bucket${window})))`),
        `${name} ${share}`,
      ).toBeCloseTo(bucketQuantile(share, values, BUCKET_EDGES[name]), 6);
    }
    expect(
      await ask(`sum(increase(${name}_sum${window})) / sum(increase(${name}_count${window}))`),
    ).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6);
  }

  const asked = new URLSearchParams({
    query: 'generation_latency_seconds_bucket',
    start: String(START / 1000 - 3600),
    end: String(END / 1000 + 60),
  });
  const exemplars = await (
    await fetch(`${prometheus.url}/api/v1/query_exemplars?${asked.toString()}`)
  ).text();
  expect(RECORDS.some(({ id }) => exemplars.includes(traceIdOf(id)))).toBe(true);

  for (const { title, targets = [] } of panels) {
    for (const { expr } of targets) {
      const expression = expr
        .replaceAll(/\$__(?:rate_)?interval/g, `${seconds}s`)
        .replaceAll(/\$(?:job|instance)/g, '.*');
      expect(expression).not.toContain('$');
      const values = [...(await prometheus.query(expression, END)).values()];
      expect(values.some(Number.isFinite), `${title}: ${expression}`).toBe(true);
    }
  }
});
