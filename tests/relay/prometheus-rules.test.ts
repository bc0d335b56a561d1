/** The shipped configuration and rules, checked and exercised by promtool. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { METRIC_NAMES } from '../../src/core/metrics/metric-table.ts';
import { promtool, testFolder } from './support/prometheus-server.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'prometheus');
const RULE_FILES = ['recording-rules.yml', 'alert-rules.yml'].map((name) => join(FOLDER, name));

/** Series and their values, one a minute: `0+2x60` rises by 2 for an hour. */
type Series = Readonly<Record<string, string>>;

const J = 'job="shellwright"';
const HEALTHY: Series = {
  [`up{${J}}`]: '1x400',
  [`generation_requests_total{${J}}`]: '0+10x400',
  [`generation_finished_total{${J},finish_reason="stop"}`]: '0+10x400',
  [`generation_errors_total{${J},error_type="timeout"}`]: '0x400',
  [`generation_latency_seconds_bucket{${J},le="1"}`]: '0+10x400',
  [`generation_latency_seconds_bucket{${J},le="2"}`]: '0+10x400',
  [`generation_latency_seconds_bucket{${J},le="3"}`]: '0+10x400',
  [`generation_latency_seconds_bucket{${J},le="5"}`]: '0+10x400',
  [`generation_latency_seconds_bucket{${J},le="+Inf"}`]: '0+10x400',
  [`generation_latency_seconds_count{${J}}`]: '0+10x400',
  [`generation_syntax_checks_total{${J},guard="on",result="valid"}`]: '0+9x400',
  [`generation_syntax_checks_total{${J},guard="on",result="invalid"}`]: '0+1x400',
  [`generation_syntax_checks_total{${J},guard="on",result="unchecked"}`]: '0+50x400',
  [`fleet_last_telemetry_timestamp_seconds{${J}}`]: '0+60x400',
  [`active_generation_requests{${J}}`]: '3x400',
  [`memory_used_ratio{${J}}`]: '0.5x400',
  [`model_load_failures_total{${J},code="model/not-found"}`]: '0x400',
  [`device_lost_total{${J}}`]: '0x400',
  [`telemetry_dropped_total{${J},signal="log",reason="quota"}`]: '0x400',
};

interface Check {
  readonly expression: string;
  readonly atMinute: number;
  /** Labels as PromQL writes them, with the value. */
  readonly expected: readonly { readonly labels: string; readonly value: number }[];
}

/** Throws with what promtool says where it is otherwise. @param interval between two values of a series */
function testRules(series: Series, checks: readonly Check[], interval = '1m'): void {
  const file = join(testFolder(), 'test.json');
  const test = {
    rule_files: RULE_FILES,
    evaluation_interval: '1m',
    tests: [
      {
        interval,
        input_series: Object.entries({ ...HEALTHY, ...series }).map(([name, values]) => ({
          series: name,
          values,
        })),
        promql_expr_test: checks.map(({ expression, atMinute, expected }) => ({
          expr: expression,
          eval_time: `${atMinute}m`,
          exp_samples: expected,
        })),
      },
    ],
  };
  writeFileSync(file, JSON.stringify(test));
  promtool(['test', 'rules', file]);
}

/** @param names of alerts; one that fires for several windows is there as often */
function firing(atMinute: number, names: readonly string[]): Check {
  return {
    expression: 'count by (alertname) (ALERTS{alertstate="firing"})',
    atMinute,
    expected: [...new Set(names)].map((name) => ({
      labels: `{alertname="${name}"}`,
      value: names.filter((other) => other === name).length,
    })),
  };
}

const threeTimes = (name: string): readonly string[] => [name, name, name];

describe('the shipped configuration', () => {
  test('is valid', () => {
    const said = promtool(['check', 'config', join(FOLDER, 'prometheus.yml')]);
    expect(said).toContain('2 rule files found');
    expect(promtool(['check', 'rules', '--lint=all', '--lint-fatal', ...RULE_FILES])).toContain(
      'SUCCESS',
    );
  });

  test('asks only for metrics that exist', () => {
    const known = new Set<string>(METRIC_NAMES);
    const text = RULE_FILES.map((file) => readFileSync(file, 'utf8')).join('\n');
    const asked = [...text.matchAll(/(?<![\w:])([a-z]\w+)(?=\{|\[)/g)].map(([, name = '']) =>
      name.replace(/_(?:bucket|sum|count)$/, (suffix) => (known.has(name) ? suffix : '')),
    );
    const others = ['up', 'fleet_last_telemetry_timestamp_seconds'];
    const unknown = asked.filter((name) => !known.has(name) && !others.includes(name));
    expect(asked.length).toBeGreaterThan(20);
    expect(unknown).toEqual([]);
  });
});

describe('the rules', () => {
  test('are silent while all is well', () => {
    testRules({}, [firing(30, []), firing(390, [])]);
  });

  test('record rates, ratios and percentiles', () => {
    const recorded = (name: string, value: number): Check => ({
      expression: `round(job:${name}, 0.0001)`,
      atMinute: 60,
      expected: [{ labels: `{${J}}`, value }],
    });
    testRules({ [`generation_errors_total{${J},error_type="timeout"}`]: '0+1x400' }, [
      recorded('generation_requests:rate5m', 0.1667),
      recorded('generation_errors:ratio_rate5m', 0.1),
      {
        expression: 'round(job_guard:generation_syntax_checks_valid:ratio_rate5m, 0.0001)',
        atMinute: 60,
        expected: [{ labels: `{${J},guard="on"}`, value: 0.9 }],
      },
      recorded('generation_latency_seconds:p95_rate5m', 0.95),
      // 600 requests so far.
      recorded('generation_errors:allowed30d', 6),
    ]);
  });

  test.each<[string, Series, number, readonly string[]]>([
    ['a relay that does not answer', { [`up{${J}}`]: '1x9 0x400' }, 20, ['ShellwrightNotScraped']],
    [
      'browsers that have fallen silent',
      { [`fleet_last_telemetry_timestamp_seconds{${J}}`]: '0+60x9 540x400' },
      31,
      ['ShellwrightNoTelemetry'],
    ],
    [
      'a relay that never heard of a browser',
      { [`fleet_last_telemetry_timestamp_seconds{${J}}`]: '_x400', [`up{${J}}`]: '_x4 1x400' },
      11,
      ['ShellwrightNoTelemetry'],
    ],
    [
      'slow answers',
      {
        [`generation_latency_seconds_bucket{${J},le="1"}`]: '0+10x9 91+1x400',
        [`generation_latency_seconds_bucket{${J},le="2"}`]: '0+10x9 92+2x400',
      },
      25,
      ['ShellwrightSlowAnswers', ...threeTimes('ShellwrightLatencyBudget')],
    ],
    [
      'a request that is very slow, where the edge is spelt as in OpenMetrics',
      {
        [`generation_latency_seconds_bucket{${J},le="5"}`]: '_x400',
        [`generation_latency_seconds_bucket{${J},le="5.0"}`]: '0+10x9 99+10x400',
      },
      12,
      ['ShellwrightVerySlowRequest'],
    ],
    [
      'a memory that is full',
      { [`memory_used_ratio{${J}}`]: '0.5x9 0.9x400' },
      20,
      ['ShellwrightMemoryUsed'],
    ],
    [
      'a queue that is long',
      { [`active_generation_requests{${J}}`]: '3x9 101x400' },
      12,
      ['ShellwrightActiveRequests'],
    ],
    [
      'a device that was lost',
      { [`device_lost_total{${J}}`]: '0x9 1x400' },
      12,
      ['ShellwrightDeviceLost'],
    ],
    [
      'a model that did not load',
      { [`model_load_failures_total{${J},code="model/not-found"}`]: '0x9 1x400' },
      12,
      ['ShellwrightModelLoadFailed'],
    ],
    [
      'figures that were lost',
      { [`telemetry_dropped_total{${J},signal="log",reason="quota"}`]: '0x9 20x400' },
      12,
      ['ShellwrightTelemetryLost'],
    ],
    [
      'scripts that are not valid',
      { [`generation_syntax_checks_total{${J},guard="on",result="invalid"}`]: '0+1x120 124+3x400' },
      390,
      ['ShellwrightSyntaxValidity', ...threeTimes('ShellwrightValidityBudget')],
    ],
    [
      'scripts that are not valid, without the guard, beside many more that are',
      {
        [`generation_syntax_checks_total{${J},guard="off",result="valid"}`]: '0+1x400',
        [`generation_syntax_checks_total{${J},guard="off",result="invalid"}`]: '0x120 1+1x400',
        [`generation_syntax_checks_total{${J},guard="on",result="valid"}`]: '0+90x400',
      },
      390,
      ['ShellwrightSyntaxValidity', ...threeTimes('ShellwrightValidityBudget')],
    ],
  ])('tell of %s', (_, series, atMinute, names) => {
    testRules(series, [firing(5, []), firing(atMinute, names)]);
  });

  test('tell of errors by their share, their number and what they cost', () => {
    testRules({ [`generation_errors_total{${J},error_type="timeout"}`]: '0x60 2+2x9 20x400' }, [
      firing(55, []),
      {
        expression: 'count(ALERTS{alertname="ShellwrightErrorRate",alertstate="pending"})',
        atMinute: 62,
        expected: [{ labels: '{}', value: 1 }],
      },
      {
        expression: 'count by (alertname) (ALERTS{alertstate="firing"})',
        atMinute: 70,
        expected: [
          { labels: '{alertname="ShellwrightErrorRate"}', value: 1 },
          { labels: '{alertname="ShellwrightErrorBurst"}', value: 1 },
          { labels: '{alertname="ShellwrightErrorBudget"}', value: 3 },
        ],
      },
      // Nothing has failed for a long time: what is spent stays spent, but nobody is called for it.
      firing(390, []),
    ]);
  });

  test.each([
    [9, []],
    [10, ['ShellwrightErrorBurst']],
  ])('take %i errors in five minutes for what they are', (count, names) => {
    const series = `0x80 ${Array.from({ length: count }, (_, at) => at + 1).join(' ')} ${count}x400`;
    const bursts = {
      ...firing(23, names),
      expression: 'count by (alertname) (ALERTS{alertname="ShellwrightErrorBurst"})',
    };
    testRules({ [`generation_errors_total{${J},error_type="timeout"}`]: series }, [bursts], '15s');
  });

  test('say nothing of few requests', () => {
    testRules(
      {
        [`generation_finished_total{${J},finish_reason="stop"}`]: '0+1x400',
        [`generation_errors_total{${J},error_type="timeout"}`]: '0x60 3x400',
      },
      [firing(66, [])],
    );
  });
});
