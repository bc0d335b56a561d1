import { describe, expect, test } from 'vitest';
import { exemplarsOf } from '../../../../src/core/export/exemplars.ts';
import {
  negotiateFormat,
  writePrometheusText,
} from '../../../../src/core/export/prometheus-text.ts';
import { initialLabelSets } from '../../../../src/core/metrics/label-sets.ts';
import { METRIC_NAMES, METRIC_TABLE } from '../../../../src/core/metrics/metric-table.ts';
import { formatSeriesKey } from '../../../../src/core/metrics/series-key.ts';
import { metricsSnapshot, type SnapshotInput } from '../../../../src/core/metrics/snapshot.ts';
import { traceIdOf } from '../../../../src/core/trace/trace-ids.ts';
import { sampleRecords } from '../../../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../../../fixtures/monitoring/sample-rollups.ts';

const NOW = Date.UTC(2026, 10, 24, 13, 7, 31);
const RECORDS = sampleRecords({ seed: 5, count: 200, fromMs: NOW - 3_600_000, toMs: NOW - 60_000 });
const EMPTY: SnapshotInput = {
  nowMs: NOW,
  totals: [],
  recent: [],
  current: {
    activeRequests: 3,
    memoryUsedRatio: null,
    storageUsedRatio: 0.25,
    startedAtEpochMs: NOW - 60_500,
    uptimeSeconds: 60.5,
  },
};
const BUSY = metricsSnapshot({ ...EMPTY, totals: rollupsOf(deltasOf(RECORDS), 'total') });

function textOf(snapshot = BUSY): readonly string[] {
  return writePrometheusText(snapshot, { format: 'text' }).split('\n');
}

function openMetricsOf(
  options: Omit<Parameters<typeof writePrometheusText>[1], 'format'> = {},
): readonly string[] {
  return writePrometheusText(BUSY, { format: 'openmetrics', ...options }).split('\n');
}

function valueOf(lines: readonly string[], series: string): number {
  const line = lines.find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1).split(' ')[0]);
}

describe('the text format', () => {
  test('has help, type and every series of a counter at 0 before anything was counted', () => {
    const lines = textOf(metricsSnapshot(EMPTY));
    for (const name of METRIC_NAMES) {
      const metric = METRIC_TABLE[name];
      expect(lines).toContain(`# TYPE ${name} ${metric.type}`);
      expect(lines.some((line) => line.startsWith(`# HELP ${name} `))).toBe(true);
      if (metric.type !== 'counter') continue;
      for (const labels of initialLabelSets(metric)) {
        expect(lines).toContain(`${formatSeriesKey(name, labels)} 0`);
      }
    }
  });

  test('has cumulative buckets up to +Inf, which is the count', () => {
    const lines = textOf();
    const buckets = lines.filter(
      (line) =>
        line.startsWith('generation_latency_seconds_bucket') && line.includes('outcome="stop"'),
    );
    const counts = buckets.map((line) => Number(line.split(' ')[1]));
    expect(counts).toHaveLength(16);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(buckets.at(-1)).toContain('le="+Inf"');
    expect(counts.at(-1)).toBe(valueOf(lines, 'generation_latency_seconds_count{outcome="stop"}'));
    expect(buckets.some((line) => line.includes('le="2"'))).toBe(true);
  });

  test('leaves out what has no value, and has no mark of the other format', () => {
    const lines = textOf();
    expect(lines).toContain('storage_used_ratio 0.25');
    expect(lines.some((line) => line.startsWith('memory_used_ratio'))).toBe(false);
    expect(lines.some((line) => /# (?:EOF|UNIT)|_created/.test(line))).toBe(false);
    expect(lines.at(-1)).toBe('');
  });

  test('escapes what a model may be called', () => {
    const [record] = RECORDS.filter(({ engine }) => engine !== null);
    if (record?.engine == null) throw new Error('some sample has an engine');
    const odd = { ...record, engine: { ...record.engine, modelId: 'a"b\\c\nd' } };
    const lines = textOf(
      metricsSnapshot({ ...EMPTY, totals: rollupsOf(deltasOf([odd]), 'total') }),
    );
    expect(lines).toContain(
      `generation_requests_total{backend="${odd.engine.backend}",model="a\\"b\\\\c\\nd"} 1`,
    );
  });
});

describe('OpenMetrics', () => {
  test('names a family of counters without _total and ends with EOF', () => {
    const lines = openMetricsOf();
    expect(lines).toContain('# TYPE generation_errors counter');
    expect(lines).toContain('model_load_failures_total{code="unknown"} 0');
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });

  test('gives units only to families whose name ends in it', () => {
    const units = openMetricsOf().filter((line) => line.startsWith('# UNIT'));
    expect(units).toContain('# UNIT generation_latency_seconds seconds');
    expect(units).toContain('# UNIT memory_used_ratio ratio');
    for (const line of units) {
      const [, , name = '', unit = ''] = line.split(' ');
      expect(name.endsWith(`_${unit}`)).toBe(true);
    }
  });

  test('spells edges with a decimal point', () => {
    const edges = openMetricsOf().flatMap((line) => /[{,]le="([^"]+)"/.exec(line)?.[1] ?? []);
    expect(edges).toContain('2.0');
    for (const edge of edges) expect(edge).toMatch(/^(?:\d+\.\d+|\+Inf)$/);
  });

  test('says when each counter and histogram was created, where that is known', () => {
    expect(openMetricsOf().some((line) => line.includes('_created'))).toBe(false);
    const lines = openMetricsOf({ createdAtEpochMs: NOW - 1500 });
    const created = (NOW - 1500) / 1000;
    expect(lines).toContain(`generation_errors_created{error_type="oom"} ${created}`);
    expect(lines).toContain(`generation_latency_seconds_created{outcome="stop"} ${created}`);
    expect(lines.some((line) => line.startsWith('uptime_seconds_created'))).toBe(false);
  });

  test('leads from a bucket to the last trace in it', () => {
    const lines = openMetricsOf({ exemplars: exemplarsOf(RECORDS) });
    const ids = new Set(RECORDS.map(({ id }) => traceIdOf(id)));
    const found = lines.flatMap((line) => {
      const match = /le="([^"]+)".* # \{trace_id="([^"]+)"\} (\S+) (\S+)$/.exec(line);
      return match === null ? [] : [match.slice(1) as [string, string, string, string]];
    });
    expect(found.length).toBeGreaterThan(50);
    for (const [le, id, value, seconds] of found) {
      expect(ids).toContain(id);
      expect(Number(value)).toBeLessThanOrEqual(Number(le.replace('+Inf', 'Infinity')));
      expect(Number(seconds) * 1000).toBeLessThanOrEqual(NOW);
    }
  });
});

describe('the format that an Accept header asks for', () => {
  test.each([
    ['', 'text'],
    ['*/*', 'text'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
    ['text/plain;version=0.0.4', 'text'],
    // Prometheus 2.42.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    ['application/openmetrics-text;q=0.1, text/plain', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['Application/OpenMetrics-Text; version=1.0.0', 'openmetrics'],
  ])('%s is %s', (accept, format) => {
    expect(negotiateFormat(accept)).toBe(format);
  });
});
