/** The alert rules against Prometheus 2.42: the same rule over the same values is pending and fires at the same moments. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findOrInstallMonitoring } from '../../scripts/find-monitoring.mjs';
import type { AlertRule } from '../../src/contracts/alert.ts';
import type { RuleStatus } from '../../src/contracts/alert-record.ts';
import { backTest } from '../../src/core/alerts/back-test.ts';
import { stepRule } from '../../src/core/alerts/step-rule.ts';
import { seededRandom } from '../../src/core/sampling/random.ts';
import {
  HOUR_MS,
  makeReading,
  makeRule,
  MINUTE_MS,
  NOON_MS,
  requestDeltas,
  sourceOf,
  type RequestAt,
} from '../fixtures/alerts/alert-data.ts';

type State = RuleStatus['state'];

interface Case {
  readonly name: string;
  readonly expression: string;
  readonly forSeconds: number;
  readonly keepFiringForSeconds: number;
  /** By evaluation. */
  readonly states: readonly State[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Runs `promtool test rules`; throws with what it says where Prometheus is of another opinion. */
function promtool(
  cases: readonly Case[],
  stepSeconds: number,
  { firstStep = 0, asked = ['pending', 'firing'] }: { firstStep?: number; asked?: State[] } = {},
): void {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-promtool-'));
  const rules = {
    groups: [
      {
        name: 'all',
        interval: `${stepSeconds}s`,
        rules: cases.map(({ name, expression, forSeconds, keepFiringForSeconds }) => ({
          alert: name,
          expr: expression,
          ...(forSeconds === 0 ? {} : { for: `${forSeconds}s` }),
          ...(keepFiringForSeconds === 0 ? {} : { keep_firing_for: `${keepFiringForSeconds}s` }),
        })),
      },
    ],
  };
  const tests = {
    rule_files: ['rules.json'],
    evaluation_interval: `${stepSeconds}s`,
    tests: [
      {
        interval: `${stepSeconds}s`,
        input_series: cases.flatMap(({ series }) =>
          Object.entries(series).map(([name, values]) => ({
            series: name,
            // A sample that is only missing would be seen for five minutes more.
            values: values.map((value) => value ?? 'stale').join(' '),
          })),
        ),
        promql_expr_test: cases.flatMap(({ name, states }) =>
          states.flatMap((state, step) =>
            step < firstStep
              ? []
              : asked.map((alertState) => ({
                  expr: `count(ALERTS{alertname="${name}",alertstate="${alertState}"})`,
                  eval_time: `${step * stepSeconds}s`,
                  exp_samples: state === alertState ? [{ labels: '{}', value: 1 }] : [],
                })),
          ),
        ),
      },
    ],
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'rules.json'), JSON.stringify(rules));
  writeFileSync(join(folder, 'tests.json'), JSON.stringify(tests));
  try {
    execFileSync(findOrInstallMonitoring().promtool, ['test', 'rules', 'tests.json'], {
      cwd: folder,
      stdio: 'pipe',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const STEP_SECONDS = 15;

interface Sample {
  readonly value: number | null;
  readonly n: number;
}

/** Runs of good, bad and in-between values and of too few samples, each a few evaluations long. */
function sampleRuns(seed: number, length: number): readonly Sample[] {
  const random = seededRandom(seed);
  const samples: Sample[] = [];
  while (samples.length < length) {
    const kind = random.next();
    const run = 1 + Math.floor(random.next() * 5);
    for (let at = 0; at < run; at++) {
      if (kind < 0.15) samples.push({ value: null, n: 0 });
      else if (kind < 0.25) samples.push({ value: 3, n: 19 });
      else if (kind < 0.5) samples.push({ value: 1, n: 20 });
      else samples.push({ value: kind < 0.7 ? 1.9 : kind < 0.75 ? 2 : 3, n: 50 });
    }
  }
  return samples.slice(0, length);
}

function statesOf(rule: AlertRule, samples: readonly Sample[]): readonly State[] {
  let status: RuleStatus | null = null;
  return samples.map(({ value, n }, step) => {
    const nowMs = NOON_MS + step * STEP_SECONDS * 1000;
    status = stepRule(rule, status, makeReading(value, { n }), nowMs);
    return status.state;
  });
}

/** Values that an `AlertRule` sees, as two series, and the rule as an expression over them. */
function caseOf(name: string, rule: AlertRule, samples: readonly Sample[]): Case {
  const id = `{case="${name}"}`;
  const sign = rule.comparison === 'above' ? '>' : '<';
  const firing = `ALERTS{alertname="${name}",alertstate="firing"}`;
  const enough = `n${id} >= ${rule.minSamples}`;
  const parts = [
    `(v${id} ${sign} ${rule.threshold} and on() ${enough})`,
    `(v${id} ${sign} ${rule.clearThreshold} and on() ${enough} and on() ${firing})`,
  ];
  if (rule.noData === 'alert') parts.push(`(n${id} < ${rule.minSamples})`);
  if (rule.noData === 'keep') parts.push(`(n${id} < ${rule.minSamples} and on() ${firing})`);
  return {
    name,
    expression: `count(${parts.join(' or on() ')}) > 0`,
    forSeconds: rule.forMs / 1000,
    keepFiringForSeconds: (rule.clearEvaluations - 1) * STEP_SECONDS,
    states: statesOf(rule, samples),
    series: {
      [`v${id}`]: samples.map(({ value }) => value),
      [`n${id}`]: samples.map(({ n }) => n),
    },
  };
}

it('pending, firing and resolved are as Prometheus has them, for 72 rules over random values', () => {
  const cases: Case[] = [];
  for (const comparison of ['above', 'below'] as const) {
    for (const forMs of [0, 15_000, 60_000]) {
      for (const clearEvaluations of [1, 2, 4]) {
        for (const hasHysteresis of [false, true]) {
          for (const noData of ['ok', 'alert'] as const) {
            const clearThreshold = comparison === 'above' ? 1.8 : 2.5;
            const rule = makeRule({
              comparison,
              forMs,
              clearEvaluations,
              noData,
              clearThreshold: hasHysteresis ? clearThreshold : 2,
            });
            cases.push(caseOf(`case_${cases.length}`, rule, sampleRuns(cases.length, 60)));
          }
        }
      }
    }
  }
  expect(cases).toHaveLength(72);
  const seen = new Set(cases.flatMap(({ states }) => states));
  expect([...seen].sort()).toEqual(['firing', 'inactive', 'pending']);
  promtool(cases, STEP_SECONDS);
});

it('too few samples keep what fires firing', () => {
  const rule = makeRule({ noData: 'keep', clearThreshold: 1.8 });
  const cases = Array.from({ length: 10 }, (_, at) =>
    caseOf(`keep_${at}`, rule, sampleRuns(100 + at, 120)),
  );
  promtool(cases, STEP_SECONDS);
});

it('the comparison can fail: a rule that waits longer is another one', () => {
  const samples = sampleRuns(1, 60);
  const given = caseOf('wrong', makeRule({ forMs: 60_000, noData: 'ok' }), samples);
  expect(() => promtool([{ ...given, forSeconds: 15 }], STEP_SECONDS)).toThrow();
});

const MINUTES = 300;

/** Five hours with a burst of errors, a creeping loss, and quiet. */
function traffic(): readonly RequestAt[] {
  const random = seededRandom(7);
  return Array.from({ length: MINUTES }, (_, minute) => {
    const isQuiet = minute >= 200 && minute < 230;
    const errorShare = minute >= 60 && minute < 75 ? 0.5 : minute >= 120 && minute < 180 ? 0.08 : 0;
    return Array.from({ length: isQuiet ? 0 : 6 }, () => ({
      atMs: NOON_MS + minute * MINUTE_MS + Math.floor(random.next() * MINUTE_MS),
      isError: random.next() < errorShare,
    }));
  }).flat();
}

it('measured over rollups, rules fire when Prometheus does that counts the same requests', () => {
  const requests = traffic();
  const source = sourceOf(requestDeltas(requests));
  // Up to, and without, the minute's beginning, as Prometheus would have scraped them.
  const counts = (isCounted: (request: RequestAt) => boolean): readonly number[] =>
    Array.from({ length: MINUTES + 1 }, (_, minute) => {
      const untilMs = NOON_MS + minute * MINUTE_MS;
      return requests.filter((request) => request.atMs < untilMs && isCounted(request)).length;
    });
  const series = {
    errors_total: counts(({ isError }) => isError === true),
    finished_total: counts(() => true),
  };
  const grown = (name: string, span: string): string => `(${name} - ${name} offset ${span})`;
  const asked: readonly (readonly [string, AlertRule, string])[] = [
    [
      'ratio',
      makeRule({
        measure: { kind: 'error-ratio' },
        threshold: 0.05,
        clearThreshold: 0.05,
        forMs: 5 * MINUTE_MS,
        noData: 'ok',
      }),
      `${grown('errors_total', '15m')} / ${grown('finished_total', '15m')} > 0.05 and ${grown('finished_total', '15m')} >= 20`,
    ],
    [
      'burst',
      makeRule({
        measure: { kind: 'error-count' },
        windowMs: 5 * MINUTE_MS,
        threshold: 9,
        clearThreshold: 9,
        minSamples: 0,
      }),
      `${grown('errors_total', '5m')} > 9`,
    ],
    [
      'budget',
      makeRule({
        measure: { kind: 'budget-spent', objective: 'error-rate' },
        windowMs: HOUR_MS,
        threshold: 0.8,
        clearThreshold: 0.8,
        minSamples: 1,
        noData: 'ok',
      }),
      `${grown('errors_total', '1h')} / (0.01 * clamp_min(finished_total, 500)) > 0.8 and ${grown('errors_total', '5m')} / ${grown('finished_total', '5m')} > 0.01 and ${grown('errors_total', '1h')} >= 5`,
    ],
  ];
  const cases = asked.map(([name, rule, expression], at): Case => {
    const range = { fromMs: NOON_MS, toMs: NOON_MS + MINUTES * MINUTE_MS };
    const { spans, timesMs } = backTest(rule, source, range);
    expect(spans.length).toBeGreaterThan(0);
    const isFiring = (atMs: number): boolean =>
      spans.some(({ fromMs, toMs }) => fromMs <= atMs && (toMs === null || atMs < toMs));
    return {
      name,
      expression,
      forSeconds: rule.forMs / 1000,
      keepFiringForSeconds: 0,
      states: timesMs.map((atMs) => (isFiring(atMs) ? 'firing' : 'inactive')),
      series: at === 0 ? series : {},
    };
  });
  // Before the first hour is over there is nothing to compare with in Prometheus.
  promtool(cases, 60, { firstStep: 61, asked: ['firing'] });
});
