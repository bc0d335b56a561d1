import { describe, expect, it } from 'vitest';
import type { BackTest } from '../../../../src/core/alerts/back-test.ts';
import { backTestChart, backTestSummary } from '../../../../src/ui/alerts/back-test-chart.ts';
import { latencyChart } from '../../../../src/ui/monitor/dashboard-charts.ts';
import {
  HOUR_MS,
  makeAlert,
  makeRule,
  MINUTE_MS,
  NOON_MS,
} from '../../../fixtures/alerts/alert-data.ts';
import { makeDashboard } from '../../../fixtures/monitoring/dashboard-fixture.ts';

function makeTest(change: Partial<BackTest> = {}): BackTest {
  return {
    range: { fromMs: NOON_MS - 2 * HOUR_MS, toMs: NOON_MS },
    minutesFromMs: NOON_MS - HOUR_MS,
    timesMs: [NOON_MS - HOUR_MS, NOON_MS - 30 * MINUTE_MS, NOON_MS],
    values: [1, 4, 3],
    spans: [],
    ...change,
  };
}

describe('the chart of a back-test', () => {
  it('has the worst value of each hour, which an evaluation at its end belongs to', () => {
    const [column] = backTestChart(makeRule(), makeTest()).columns;
    expect(column?.values).toEqual([1, 4]);
    const below = makeRule({ comparison: 'below', clearThreshold: 3 });
    expect(backTestChart(below, makeTest()).columns[0]?.values).toEqual([1, 3]);
  });

  it('leaves gaps where there was not enough data', () => {
    const [column] = backTestChart(makeRule(), makeTest({ values: [null, 4, null] })).columns;
    expect(column?.values).toEqual([null, 4]);
  });

  it('shades when the rule would have fired, up to now where it would still', () => {
    const spans = [{ fromMs: NOON_MS - MINUTE_MS, toMs: null, worstValue: 4 }];
    expect(backTestChart(makeRule(), makeTest({ spans })).shades?.spans).toEqual([
      { fromMs: NOON_MS - MINUTE_MS, toMs: NOON_MS, tone: 'red' },
    ]);
  });
});

it('the summary says how often and for how long, whether it goes on, and when nothing can be said', () => {
  const span = (fromMinutes: number, toMinutes: number | null) => ({
    fromMs: NOON_MS - fromMinutes * MINUTE_MS,
    toMs: toMinutes === null ? null : NOON_MS - toMinutes * MINUTE_MS,
    worstValue: 4,
  });
  const said = (...spans: BackTest['spans']) => backTestSummary(makeTest({ spans }));
  expect(said()).toBe('It would not have fired.');
  expect(said(span(20, 10))).toBe('It would have fired once, for 10 min in all.');
  expect(said(span(60, 50), span(5, null))).toBe(
    'It would have fired 2 times, for 15 min in all; it would be firing now.',
  );
  expect(said(span(0, null))).toBe('It would begin to fire now.');
  expect(backTestSummary(makeTest({ values: [null, null, null] }))).toBe(
    'There were never enough samples to say anything.',
  );
});

it('the latency chart shades alerts about times, as far as they are in its range', () => {
  const dashboard = makeDashboard({ mood: 'degraded' });
  const { fromMs, toMs } = dashboard.range;
  const alerts = [
    makeAlert({ firedAtMs: fromMs - 1000, endsAtMs: fromMs + 1000 }),
    makeAlert({ firedAtMs: toMs - 1000 }),
    makeAlert({ firedAtMs: toMs - 1000, unit: 'ratio' }),
    makeAlert({ firedAtMs: fromMs - 2000, endsAtMs: fromMs - 1000 }),
  ];
  expect(latencyChart(dashboard, false, alerts).shades?.spans).toEqual([
    { fromMs, toMs: fromMs + 1000, tone: 'red' },
    { fromMs: toMs - 1000, toMs, tone: 'red' },
  ]);
});
