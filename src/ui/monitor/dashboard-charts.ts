/** The Monitor page's charts over time, each as a spec made from the dashboard. */
import type { AlertRecord } from '../../contracts/alert-record.ts';
import { OUTCOMES, type Outcome } from '../../contracts/request-record.ts';
import type {
  Dashboard,
  Objective,
  ObjectiveId,
  Percentiles,
  Series,
} from '../../core/metrics/dashboard-shape.ts';
import {
  GUARD_STATES,
  guardWords,
  namedGuard,
  type GuardState,
} from '../../core/metrics/guard-states.ts';
import type { ChartSpec, Column, Hatch, Level, Shade, Tone } from './chart/chart-spec.ts';
import { formatStep } from './chart/chart-time.ts';
import {
  summariseHeat,
  summariseOutcomes,
  summarisePercentiles,
  summariseShare,
} from './chart-summary.ts';
import { OUTCOME_WORDS } from './outcome-words.ts';
import { formatQuantity, formatTarget } from './quantity.ts';

const DASHED = [7, 4] as const;
const DOTTED = [2, 3] as const;

/** How each outcome is drawn, from the bottom of the stack to its top. */
export const OUTCOME_MARKS: Readonly<
  Record<Outcome, { readonly tone: Tone; readonly hatch: Hatch }>
> = {
  stop: { tone: 'blue', hatch: 'solid' },
  length: { tone: 'teal', hatch: 'rising' },
  cancelled: { tone: 'grey', hatch: 'level' },
  timeout: { tone: 'ochre', hatch: 'falling' },
  error: { tone: 'red', hatch: 'cross' },
  orphaned: { tone: 'violet', hatch: 'dots' },
};

const GUARD_MARKS = {
  on: { tone: 'teal', dash: [] },
  off: { tone: 'ochre', dash: DASHED },
} as const satisfies Record<GuardState, { tone: Tone; dash: readonly number[] }>;

export function latencyChart(
  dashboard: Dashboard,
  isLog: boolean,
  alerts: readonly AlertRecord[] = [],
): ChartSpec {
  const { latency } = dashboard;
  return {
    ...base(dashboard),
    id: 'latency',
    title: 'Latency',
    about: `From accepted to the last token, queue included; percentiles of each ${formatStep(dashboard.stepMs)}.`,
    summary: summarisePercentiles(dashboard, 'seconds', latency.overall, latency),
    unit: 'seconds',
    columns: [
      line('p50', 'seconds', latency.p50, 'blue', []),
      line('p95', 'seconds', latency.p95, 'orange', DASHED),
      line('p99', 'seconds', latency.p99, 'violet', DOTTED),
      requests(latency.counts),
    ],
    bands: [
      { lower: 0, upper: 1, tone: 'blue', opacity: 0.2, label: 'p50 to p95' },
      { lower: 1, upper: 2, tone: 'orange', opacity: 0.14, label: 'p95 to p99' },
    ],
    levels: [
      ...overallP95(latency.p95, latency.overall),
      ...objectiveLevel(dashboard, 'latency-p95', 'p95'),
    ],
    scale: isLog ? 'log' : 'linear',
    shades: { label: 'alert', spans: timeAlerts(dashboard, alerts) },
  };
}

export function heatmapChart(dashboard: Dashboard): ChartSpec {
  const { heatmap, latency } = dashboard;
  const max = heatmap.cells.reduce((most, rows) => Math.max(most, ...rows), 0);
  return {
    ...base(dashboard),
    id: 'heatmap',
    title: 'Latency of all requests',
    about: 'How many requests took how long: two bands are two kinds of requests.',
    summary: summariseHeat(dashboard, max),
    unit: 'seconds',
    columns: [requests(latency.counts)],
    scale: 'log',
    heat: { edges: heatmap.edgesSeconds, cells: heatmap.cells, max },
  };
}

export function outcomesChart(dashboard: Dashboard): ChartSpec {
  return {
    ...base(dashboard),
    id: 'outcomes',
    title: 'Endings',
    about: `Requests that ended, by how; in each ${formatStep(dashboard.stepMs)}.`,
    summary: summariseOutcomes(dashboard),
    unit: 'requests',
    columns: OUTCOMES.map((outcome) => {
      const mark = { kind: 'bar', ...OUTCOME_MARKS[outcome] } as const;
      const values = dashboard.outcomes[outcome];
      return { label: OUTCOME_WORDS[outcome], unit: 'count', values, mark };
    }),
  };
}

export function rateChart(dashboard: Dashboard): ChartSpec {
  const { tokensPerSecond } = dashboard;
  return {
    ...base(dashboard),
    id: 'rate',
    title: 'Tokens per second',
    about: 'While decoding only: queue and reading the prompt are not in it.',
    summary: summarisePercentiles(
      dashboard,
      'tokens-per-second',
      tokensPerSecond.overall,
      tokensPerSecond,
    ),
    unit: 'tokens-per-second',
    columns: [line('p50', 'tokens-per-second', tokensPerSecond.p50, 'teal', [])],
  };
}

export function validityChart(dashboard: Dashboard): ChartSpec {
  const { validity } = dashboard;
  const shown = GUARD_STATES.filter((guard) => validity[guard].n.some((count) => count > 0));
  const guards = shown.length === 0 ? (['on'] as const) : shown;
  return {
    ...base(dashboard),
    id: 'validity',
    title: 'Syntax validity',
    about:
      'Share of scripts that bash accepts, among those that were checked; the band is where the true share is, at 95 % (Wilson).',
    summary: summariseShare(dashboard),
    unit: 'ratio',
    columns: guards.flatMap((guard) => {
      const { rate, low, high, n } = validity[guard];
      const { tone, dash } = GUARD_MARKS[guard];
      const words = guardWords(namedGuard(guard, shown));
      return [
        line(`valid${words}`, 'ratio', rate, tone, dash),
        { label: `at least${words}`, unit: 'ratio', values: low, mark: null },
        { label: `at most${words}`, unit: 'ratio', values: high, mark: null },
        { label: `checked${words}`, unit: 'count', values: n, mark: null },
      ] as const;
    }),
    bands: guards.map((guard, place) => ({
      lower: 4 * place + 1,
      upper: 4 * place + 2,
      tone: GUARD_MARKS[guard].tone,
      opacity: 0.18,
      label: `95 % interval${guardWords(namedGuard(guard, shown))}`,
    })),
    levels: objectiveLevel(dashboard, 'syntax-validity', ''),
    // Where it stays near 1, half of the axis would be empty.
    bounds: [guards.every((guard) => validity[guard].rate.every(isHigh)) ? 0.5 : 0, 1],
  };
}

function isHigh(share: number | null): boolean {
  return share === null || share > 0.5;
}

export function firstTokenChart(dashboard: Dashboard): ChartSpec {
  const { firstToken } = dashboard;
  return {
    ...base(dashboard),
    id: 'first-token',
    title: 'First token',
    about: 'From accepted to the first token, queue included.',
    summary: summarisePercentiles(dashboard, 'seconds', firstToken.overall, firstToken),
    unit: 'seconds',
    columns: [
      line('p50', 'seconds', firstToken.p50, 'blue', []),
      line('p95', 'seconds', firstToken.p95, 'orange', DASHED),
    ],
    bands: [{ lower: 0, upper: 1, tone: 'blue', opacity: 0.2, label: 'p50 to p95' }],
    levels: overallP95(firstToken.p95, firstToken.overall),
  };
}

export function memoryChart(dashboard: Dashboard): ChartSpec {
  const { ratio, latest } = dashboard.memory;
  return {
    ...base(dashboard),
    id: 'memory',
    title: 'Memory',
    about: 'Used share of what the page may use; the largest reading of each step.',
    summary:
      latest === null
        ? 'No reading in this window.'
        : `The last reading is ${formatQuantity('ratio', latest)}.`,
    unit: 'ratio',
    columns: [line('used', 'ratio', ratio, 'violet', [])],
    levels: objectiveLevel(dashboard, 'memory-used', ''),
    bounds: [0, 1],
  };
}

/** `< 2 s`. */
export function objectiveText({ comparison, threshold, unit }: Objective): string {
  return `${comparison === 'below' ? '<' : '>'} ${formatTarget(unit, threshold)}`;
}

type Base = Pick<
  ChartSpec,
  'range' | 'stepMs' | 'timesMs' | 'bands' | 'levels' | 'scale' | 'bounds' | 'heat'
>;

function base({ range, stepMs, timesMs }: Dashboard): Base {
  return {
    range,
    stepMs,
    timesMs,
    bands: [],
    levels: [],
    scale: 'linear',
    bounds: null,
    heat: null,
  };
}

function line(
  label: string,
  unit: Column['unit'],
  values: Column['values'],
  tone: Tone,
  dash: readonly number[],
): Column {
  return { label, unit, values, mark: { kind: 'line', tone, dash } };
}

function requests(values: readonly number[]): Column {
  return { label: 'requests', unit: 'count', values, mark: null };
}

function objectiveLevel(dashboard: Dashboard, id: ObjectiveId, what: string): Level[] {
  const found = dashboard.objectives.find(({ objective }) => objective.id === id)?.objective;
  if (found === undefined) return [];
  const words = ['objective', what, objectiveText(found)].filter((word) => word !== '');
  return [{ value: found.threshold, label: words.join(' '), tone: null }];
}

/** When alerts about times were firing. */
function timeAlerts({ range }: Dashboard, alerts: readonly AlertRecord[]): readonly Shade[] {
  return alerts
    .filter(({ unit }) => unit === 'seconds')
    .map(({ firedAtMs, endsAtMs }) => ({
      fromMs: Math.max(range.fromMs, firedAtMs),
      toMs: Math.min(range.toMs, endsAtMs ?? range.toMs),
      tone: 'red' as const,
    }))
    .filter(({ fromMs, toMs }) => fromMs < toMs);
}

/** Where no step has enough requests for p95, the one of the whole window stands for all of them. */
function overallP95(steps: Series, { p95 }: Percentiles): Level[] {
  if (p95 === null || steps.some((value) => value !== null)) return [];
  const label = `p95 of the window ${formatQuantity('seconds', p95)}`;
  return [{ value: p95, label, tone: 'orange' }];
}
