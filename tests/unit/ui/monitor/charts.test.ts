import { describe, expect, test } from 'vitest';
import { axisRange, logSplits } from '../../../../src/ui/monitor/chart/axis-range.ts';
import { hasData, type ChartSpec } from '../../../../src/ui/monitor/chart/chart-spec.ts';
import { chartCsv, chartTable, csvText } from '../../../../src/ui/monitor/chart/chart-table.ts';
import { describeStep, stepRows } from '../../../../src/ui/monitor/chart/describe-step.ts';
import {
  firstTokenChart,
  heatmapChart,
  latencyChart,
  memoryChart,
  outcomesChart,
  rateChart,
  validityChart,
} from '../../../../src/ui/monitor/dashboard-charts.ts';
import { makeDashboard, type Mood } from '../../../fixtures/monitoring/dashboard-fixture.ts';

const charts = (mood: Mood): ChartSpec[] => {
  const dashboard = makeDashboard({ mood });
  return [
    latencyChart(dashboard, false),
    heatmapChart(dashboard),
    outcomesChart(dashboard),
    rateChart(dashboard),
    validityChart(dashboard),
    firstTokenChart(dashboard),
    memoryChart(dashboard),
  ];
};

describe('every chart', () => {
  test('has ids and titles of its own', () => {
    const all = charts('healthy');
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
  });

  test('is told apart without colours: no two columns are drawn alike', () => {
    for (const { columns } of charts('healthy')) {
      const marks = columns.flatMap(({ mark }) =>
        mark === null ? [] : [mark.kind === 'line' ? mark.dash.join(' ') : mark.hatch],
      );
      expect(new Set(marks).size).toBe(marks.length);
    }
  });

  test('has a number, or a gap, for every step', () => {
    for (const { columns, timesMs } of charts('sparse')) {
      for (const { values } of columns) expect(values).toHaveLength(timesMs.length);
    }
  });

  test('says that there is nothing where nothing was measured', () => {
    for (const spec of charts('empty')) {
      expect(hasData(spec)).toBe(false);
      expect(spec.summary).toMatch(/^No(thing|) /u);
    }
  });
});

test('validity has a line for each setting of the guard that scripts were written under, told apart without colours', () => {
  const dashboard = makeDashboard();
  const { on } = dashboard.validity;
  const both = validityChart({ ...dashboard, validity: { on, off: on } });
  const lines = both.columns.filter(({ mark }) => mark !== null);
  expect(lines.map(({ label }) => label)).toEqual(['valid, guard on', 'valid, guard off']);
  expect(new Set(both.columns.map(({ label }) => label)).size).toBe(8);
  expect(new Set(both.bands.map(({ label }) => label)).size).toBe(2);
  expect(new Set(lines.map(({ mark }) => JSON.stringify(mark))).size).toBe(2);
  expect(both.summary).toMatch(/^Guard on: .* valid, n = .*Guard off: .* valid, n = /u);
  expect(validityChart(dashboard).columns.map(({ label }) => label)).toEqual([
    'valid',
    'at least',
    'at most',
    'checked',
  ]);
});

describe('the summary', () => {
  test('of latency tells percentiles, n, and how the median went, gaps included', () => {
    const { summary } = latencyChart(makeDashboard({ mood: 'degraded' }), false);
    expect(summary).toMatch(
      /^p50 1\.8 s, p95 3\.1 s, p99 4\.3 s, longest 5\.6 s, n = [\d,]+\. p50 went from \d+ ms at \d\d:\d\d to [\d.]+ s at \d\d:\d\d, with a gap\.$/u,
    );
  });

  test('says what is missing where there are too few requests', () => {
    const { summary } = latencyChart(makeDashboard({ mood: 'sparse' }), false);
    expect(summary).toMatch(/p95 needs 20 requests, and there are \d+\./u);
    expect(summary).not.toMatch(/p95 \d/u);
  });

  test('of endings counts each kind', () => {
    const dashboard = makeDashboard();
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    expect(outcomesChart(dashboard).summary).toContain(
      `${sum(dashboard.outcomes.cancelled)} stopped`,
    );
  });
});

describe('where no step has enough requests for p95', () => {
  test('the one of the window is drawn across the chart', () => {
    const dashboard = makeDashboard();
    const nothing = dashboard.timesMs.map(() => null);
    const latency = { ...dashboard.latency, p95: nothing, p99: nothing };
    const spec = latencyChart({ ...dashboard, latency }, false);
    expect(spec.levels.map(({ label }) => label)).toEqual([
      'p95 of the window 1.3 s',
      'objective p95 < 2 s',
    ]);
    expect(spec.summary).toContain('p95 is not drawn: no step has 20 requests.');
  });
});

describe('the value axis', () => {
  const latency = latencyChart(makeDashboard(), false);

  test('begins at 0 and holds the objective where it is near', () => {
    const { min, max } = axisRange(latency);
    expect(min).toBe(0);
    expect(max).toBeGreaterThan(2);
  });

  test('is not flattened by an objective that is far off', () => {
    const levels = [{ value: 3600, label: 'objective', tone: null }];
    expect(axisRange({ ...latency, levels }).max).toBeLessThan(10);
  });

  test('holds every value on a logarithmic scale, above 0', () => {
    const { min, max } = axisRange(latencyChart(makeDashboard(), true));
    const values = latency.columns
      .filter(({ mark }) => mark !== null)
      .flatMap((column) => column.values.filter((value) => value !== null));
    expect(min).toBeGreaterThan(0);
    expect(min).toBeLessThan(Math.min(...values));
    expect(max).toBeGreaterThan(Math.max(...values));
  });

  test('has few lines on a logarithmic scale, inside of it', () => {
    expect(logSplits({ min: 0.3, max: 7 }, 8)).toEqual([0.5, 1, 2, 5]);
    expect(logSplits({ min: 0.001, max: 900 }, 7)).toEqual([0.001, 0.01, 0.1, 1, 10, 100]);
  });
});

describe('a chart as numbers', () => {
  test('has one line per step in its CSV, with UTC times, units and empty gaps', () => {
    const spec = latencyChart(makeDashboard(), false);
    const lines = chartCsv(spec).trimEnd().split('\r\n');
    expect(lines[0]).toBe('time,p50 (seconds),p95 (seconds),p99 (seconds),requests (count)');
    expect(lines).toHaveLength(61);
    expect(lines[1]).toMatch(/^2026-11-24T12:00:00\.000Z,0\.\d+,/u);
    expect(lines.some((line) => line.endsWith(',,,,0'))).toBe(true);
  });

  test('quotes what CSV would take apart', () => {
    expect(csvText([['a,b', 'say "x"', null, 1.5]])).toBe('"a,b","say ""x""",,1.5\r\n');
  });

  test('of a heatmap leaves out rows that are empty throughout', () => {
    const { columns } = chartTable(heatmapChart(makeDashboard()));
    expect(columns[0]?.label).toBe('requests');
    expect(columns.length).toBeGreaterThan(5);
    expect(columns.length).toBeLessThan(25);
  });

  test('tells a step in words, and what is marked', () => {
    const spec = latencyChart(makeDashboard(), false);
    expect(describeStep(spec, 0, null)).toMatch(/ \d\d:00–\d\d:01: p50 \d+ ms, .*requests \d+\.$/u);
    expect(describeStep(spec, 0, 9)).toMatch(/Marked: .*\d\d:00–\d\d:10\.$/u);
    expect(describeStep(spec, 26, null)).toMatch(/requests 0\.$/u);
  });

  test('lists the top of a stack first', () => {
    const spec = outcomesChart(makeDashboard());
    const labels = stepRows(spec, 0).map(({ label }) => label);
    expect(labels.at(-1)).toBe('finished');
  });
});
