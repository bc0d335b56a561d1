import { describe, expect, test } from 'vitest';
import { BUCKET_EDGES, edgesOf } from '../../../../src/core/metrics/bucket-edges.ts';
import { initialLabelSets } from '../../../../src/core/metrics/label-sets.ts';
import {
  METRIC_NAMES,
  METRIC_TABLE,
  type MetricName,
} from '../../../../src/core/metrics/metric-table.ts';
import { parseSeriesKey } from '../../../../src/core/metrics/series-key.ts';
import { sampleRecords } from '../../../fixtures/monitoring/sample-records.ts';
import { deltasOf } from '../../../fixtures/monitoring/sample-rollups.ts';

/** As the guide has them. */
const GUIDE_EDGES = {
  generation_tokens: [10, 25, 50, 100, 200, 300, 500],
  generation_latency_seconds: [0.1, 0.5, 1, 2, 5, 10],
  prompt_similarity_score: [0.1, 0.3, 0.5, 0.7, 0.9, 1],
  output_length_chars: [100, 250, 500, 1000, 2000, 5000],
} as const;

describe('the table of metrics', () => {
  test.each([
    ['generation_requests_total', 'counter', ['model', 'backend']],
    ['generation_latency_seconds', 'histogram', ['outcome']],
    ['generation_tokens', 'histogram', []],
    ['active_generation_requests', 'gauge', []],
    ['generation_errors_total', 'counter', ['error_type']],
    ['syntax_validity_rate', 'gauge', ['guard', 'window']],
    ['prompt_similarity_score', 'histogram', ['method']],
    ['sampling_parameters_total', 'counter', ['parameter', 'value_range']],
    ['output_length_chars', 'histogram', []],
  ] as const)("has the guide's %s as a %s", (name, type, labels) => {
    expect(METRIC_TABLE[name].type).toBe(type);
    expect(METRIC_TABLE[name].labels.map((label) => label.name)).toEqual(labels);
  });

  test.each(Object.entries(GUIDE_EDGES))("keeps the guide's edges of %s", (name, edges) => {
    expect(edgesOf(name)).toEqual(expect.arrayContaining([...edges]));
  });

  test('names metrics as Prometheus asks: base units, _total on counters only', () => {
    for (const name of METRIC_NAMES) {
      const { type, unit } = METRIC_TABLE[name];
      expect(name).toMatch(/^[a-z][a-z_]*[a-z]$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name.endsWith('_seconds'), name).toBe(unit === 's');
      expect(name).not.toMatch(/_(ms|percent|millis)/);
    }
  });

  test('has ascending edges for histograms, and none for anything else', () => {
    for (const name of METRIC_NAMES) {
      const { type, edges } = METRIC_TABLE[name];
      expect(edges.length > 0, name).toBe(type === 'histogram');
      expect([...edges].sort((a, b) => a - b)).toEqual(edges);
    }
    expect(Object.keys(BUCKET_EDGES).every((name) => Object.hasOwn(METRIC_TABLE, name))).toBe(true);
    expect(edgesOf('no_such_metric')).toEqual([]);
    expect(edgesOf('constructor')).toEqual([]);
  });

  test('says of every label which values there are, or what bounds them', () => {
    for (const name of METRIC_NAMES) {
      for (const label of METRIC_TABLE[name].labels) {
        expect(label.values === null, `${name} ${label.name}`).toBe(label.bound !== null);
      }
    }
  });

  test('has no more than 60 series of a metric before anything was counted', () => {
    for (const name of METRIC_NAMES) {
      expect(initialLabelSets(METRIC_TABLE[name]).length, name).toBeLessThanOrEqual(60);
    }
  });

  test('knows every series that requests write, with labels and values from the table', () => {
    const records = sampleRecords({ seed: 4, count: 800, fromMs: 0, toMs: 3_600_000 });
    const keys = new Set(
      deltasOf(records).flatMap((delta) =>
        [...delta.counters, ...delta.observations].map(([key]) => key),
      ),
    );
    for (const key of keys) {
      const { name, labels } = parseSeriesKey(key) ?? { name: key, labels: {} };
      const own = METRIC_TABLE[name as MetricName].labels.filter(({ from }) => from === 'key');
      expect(Object.keys(labels).sort(), key).toEqual(own.map((label) => label.name).sort());
      for (const label of own) expect(label.values, key).toContain(labels[label.name]);
    }
    expect(keys.size).toBeGreaterThan(40);
  });
});
