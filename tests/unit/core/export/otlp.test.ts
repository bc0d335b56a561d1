import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, test } from 'vitest';
import { otlpLogs } from '../../../../src/core/export/otlp-logs.ts';
import { otlpMetrics } from '../../../../src/core/export/otlp-metrics.ts';
import { otlpName, SEMCONV_NAMES } from '../../../../src/core/export/otlp-names.ts';
import { otlpTraces } from '../../../../src/core/export/otlp-traces.ts';
import { keyValues } from '../../../../src/core/export/otlp-values.ts';
import { gaugesRead } from '../../../../src/core/metrics/event-deltas.ts';
import { METRIC_NAMES } from '../../../../src/core/metrics/metric-table.ts';
import { requestFigures } from '../../../../src/core/metrics/request-figures.ts';
import { sampleRecords } from '../../../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../../../fixtures/monitoring/sample-rollups.ts';
import { canonical, sortedText, throughProtobuf } from '../../../fixtures/otlp/receiver.ts';

const NOON = Date.UTC(2026, 10, 24, 12);
const RECORDS = sampleRecords({ seed: 12, count: 120, fromMs: NOON, toMs: NOON + 600_000 });
const ROWS = rollupsOf(
  [
    ...deltasOf(RECORDS),
    gaugesRead(NOON, { activeRequests: 1, memoryUsedRatio: 0.3, storageUsedRatio: null }),
  ],
  'minute',
);
const SOURCE = { instanceId: 'browser-1', version: '1.2.3' };
const LINES = [
  {
    atEpochMs: NOON + 0.25,
    level: 'warn',
    message: 'telemetry dropped',
    module: 'monitor',
    traceId: '0123456789abcdef0123456789abcdef',
    fields: { items: 3, signal: 'log', isLast: true, share: 0.5, cause: null },
  },
] as const;

interface Point {
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly timeUnixNano: string;
  readonly count: string;
  readonly asInt: string;
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly Point[] };
  readonly exponentialHistogram?: { readonly dataPoints: readonly Point[] };
  readonly gauge?: { readonly dataPoints: readonly Point[] };
}

function metricsOf(request: unknown): readonly Metric[] {
  const { resourceMetrics } = request as {
    resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[];
  };
  return resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
}

describe('what is sent', () => {
  test.each([
    ['metrics', otlpMetrics(ROWS, SOURCE, '1.41').payload],
    ['metrics', otlpMetrics(ROWS, SOURCE, 'inference').payload],
    ['traces', otlpTraces(RECORDS, SOURCE)],
    ['logs', otlpLogs(LINES, SOURCE)],
  ] as const)('of %s is a message of the published definitions, field by field', (signal, json) => {
    const understood = canonical(throughProtobuf(signal, JSON.parse(JSON.stringify(json))));
    expect(JSON.parse(sortedText(understood))).toEqual(JSON.parse(sortedText(canonical(json))));
  });

  test('has every request once, and every latency once', () => {
    const metrics = metricsOf(otlpMetrics(ROWS, SOURCE, '1.41').payload);
    const requests = metrics.find(({ name }) => name === 'shellwright.generation_requests');
    const counted = requests?.sum?.dataPoints.reduce((sum, { asInt }) => sum + Number(asInt), 0);
    expect(counted).toBe(RECORDS.length);
    const latency = metrics.find(({ name }) => name === 'gen_ai.client.operation.duration');
    const measured = latency?.exponentialHistogram?.dataPoints.reduce(
      (sum, { count }) => sum + Number(count),
      0,
    );
    expect(measured).toBe(
      RECORDS.filter((record) => requestFigures(record).latencySeconds !== null).length,
    );
    expect(latency?.unit).toBe('s');
  });

  test('has no two points of one series and minute, which a receiver would take for disorder', () => {
    for (const names of SEMCONV_NAMES) {
      const { payload, points } = otlpMetrics(ROWS, SOURCE, names);
      const ids = metricsOf(payload).flatMap(({ name, exponentialHistogram, sum, gauge }) =>
        ((exponentialHistogram ?? sum ?? gauge)?.dataPoints ?? []).map(
          ({ attributes, timeUnixNano }) => JSON.stringify([name, attributes, timeUnixNano]),
        ),
      );
      expect(ids).toHaveLength(points);
      expect(new Set(ids).size).toBe(points);
    }
    const series = ROWS.flatMap(({ counters }) => Object.keys(counters));
    // They would have been more: rows differ in what is no attribute of every metric.
    expect(series.length).toBeGreaterThan(new Set(series).size);
  });

  test('has what the conventions ask for of their own metrics', () => {
    for (const names of SEMCONV_NAMES) {
      for (const { name, exponentialHistogram, sum } of metricsOf(
        otlpMetrics(ROWS, SOURCE, names).payload,
      )) {
        if (!name.startsWith('gen_ai.')) continue;
        for (const { attributes } of (exponentialHistogram ?? sum)?.dataPoints ?? []) {
          const keys = attributes.map(({ key }) => key);
          expect(keys, name).toEqual(
            expect.arrayContaining(['gen_ai.operation.name', 'gen_ai.provider.name']),
          );
          expect(new Set(keys).size).toBe(keys.length);
          if (name === 'gen_ai.client.token.usage') expect(keys).toContain('gen_ai.token.type');
        }
      }
    }
  });

  test('holds a failed request as an error, with ids that belong together', () => {
    const [written] = RECORDS.filter(({ outcome }) => outcome === 'stop');
    if (written === undefined) throw new Error('some sample went well');
    const failed = [{ ...written, outcome: 'timeout' as const }];
    const { resourceSpans } = otlpTraces(failed, SOURCE) as {
      resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
    };
    const [root, ...children] = resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect(root).toMatchObject({ kind: 1, status: { code: 2 } });
    expect(root).not.toHaveProperty('parentSpanId');
    expect(children.length).toBeGreaterThan(2);
    for (const child of children) {
      expect(child).toMatchObject({ traceId: root?.['traceId'], parentSpanId: root?.['spanId'] });
    }
  });
});

describe('the names', () => {
  test.each(SEMCONV_NAMES)(
    'of %s differ from metric to metric, but for kinds of tokens',
    (names) => {
      const all = METRIC_NAMES.map((metric) => otlpName(metric, names));
      const told = all.map(({ name, attributes }) => JSON.stringify([name, attributes]));
      expect(new Set(told).size).toBe(METRIC_NAMES.length);
      for (const { name } of all) expect(name).toMatch(/^(?:gen_ai|shellwright)\.[a-z_.]+$/);
    },
  );
});

/** What OpenTelemetry's SDK sends of the same values, at the same scale. */
async function sdkPoint(values: readonly number[]): Promise<Record<string, unknown>> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e9 });
  const provider = new MeterProvider({
    readers: [reader],
    views: [
      {
        instrumentName: '*',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 10_000 } },
      },
    ],
  });
  const instrument = provider.getMeter('oracle').createHistogram('values', { unit: 's' });
  for (const value of values) instrument.record(value);
  await reader.forceFlush();
  const [metrics] = exporter.getMetrics();
  if (metrics === undefined) throw new Error('the SDK has made no metrics');
  // The transformer brings its own copy of the SDK's types.
  const untyped: unknown = metrics;
  type Given = Parameters<typeof JsonMetricsSerializer.serializeRequest>[0];
  const bytes = JsonMetricsSerializer.serializeRequest(untyped as Given);
  const request: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const [metric] = metricsOf(request);
  await provider.shutdown();
  return metric as unknown as Record<string, unknown>;
}

test('what the conventions have as a double is one also where it is whole', () => {
  const attributes = keyValues({
    'gen_ai.request.temperature': 1,
    'gen_ai.request.top_p': 1,
    'gen_ai.evaluation.score.value': 0,
    'shellwright.request.repetition_penalty': 1,
    'gen_ai.request.top_k': 40,
  });
  expect(attributes.map(({ value }) => Object.keys(value)[0])).toEqual([
    'doubleValue',
    'doubleValue',
    'doubleValue',
    'doubleValue',
    'intValue',
  ]);
});

test('a histogram is what the SDK makes of the same values, but for its scale', async () => {
  const [record] = RECORDS.filter(({ tokens }) => tokens.generated > 20);
  if (record === undefined) throw new Error('some sample has many tokens');
  const rows = rollupsOf(deltasOf([record]), 'minute');
  const name = 'gen_ai.client.operation.time_per_output_chunk';
  const ours = metricsOf(otlpMetrics(rows, SOURCE, '1.41').payload).find(
    (metric) => metric.name === name,
  );
  const sdk = await sdkPoint(requestFigures(record).tokenGapsSeconds);
  const ourPoint = pointOf(ours);
  const sdkData = pointOf(sdk);
  expect(Number(ourPoint['count'])).toBe(sdkData['count']);
  expect(ourPoint['min']).toBe(sdkData['min']);
  expect(ourPoint['max']).toBe(sdkData['max']);
  expect(ourPoint['sum']).toBeCloseTo(Number(sdkData['sum']), 4);
  expect(ours).toMatchObject({ unit: 's', exponentialHistogram: { aggregationTemporality: 1 } });
  expect(sdk).toMatchObject({ unit: 's', exponentialHistogram: { aggregationTemporality: 1 } });
  // Buckets of a finer scale add up to those of ours (data model, exponential histograms: perfect subsetting).
  expect(bucketsAt(5, sdkData)).toEqual(bucketsAt(5, ourPoint));
  const known = new Set(Object.keys(sdkData));
  for (const key of Object.keys(ourPoint)) expect(known, key).toContain(key);
});

function pointOf(metric: unknown): Record<string, unknown> {
  const { exponentialHistogram } = metric as {
    exponentialHistogram: { dataPoints: Record<string, unknown>[] };
  };
  return exponentialHistogram.dataPoints[0] ?? {};
}

function bucketsAt(scale: number, point: Record<string, unknown>): ReadonlyMap<number, number> {
  const { offset, bucketCounts } = point['positive'] as {
    offset: number;
    bucketCounts: (number | string)[];
  };
  const found = new Map<number, number>();
  for (const [slot, count] of bucketCounts.entries()) {
    if (Number(count) === 0) continue;
    const index = Math.floor((offset + slot) / 2 ** (Number(point['scale']) - scale));
    found.set(index, (found.get(index) ?? 0) + Number(count));
  }
  return found;
}
