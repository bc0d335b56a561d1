/** The six tiles on top of the Monitor page. */
import type { ObjectiveId, ObjectiveResult, Series, Tile } from './dashboard-shape.ts';
import { shares } from './observations.ts';
import { percentile, type ValueSet } from './percentiles.ts';
import { total, type WindowSums } from './window-sums.ts';
import { mergedValues, type WindowValues } from './window-values.ts';

export interface TilesInput {
  /** Per step. */
  readonly requests: readonly number[];
  readonly sums: WindowSums;
  readonly values: WindowValues;
  /** Of the window before, with steps of any length. */
  readonly previous: WindowSums;
  readonly results: readonly ObjectiveResult[];
  readonly isFiltered: boolean;
}

export function tilesOf(input: TilesInput): readonly Tile[] {
  const { requests, sums, values, previous, results, isFiltered } = input;
  const before = mergedValues(previous);
  const objectiveOf = (id: ObjectiveId) =>
    results.find(({ objective }) => objective.id === id) ?? null;
  const previousRequests = total(isFiltered ? previous.finished : previous.accepted);
  return [
    {
      id: 'requests',
      unit: 'requests',
      value: total(requests),
      n: total(requests),
      previous: previousRequests === 0 ? null : previousRequests,
      sparkline: requests,
      objective: null,
      apart: null,
    },
    {
      ...share(sums.errors, sums.finished, previous.errors, previous.finished),
      id: 'error-rate',
      objective: objectiveOf('error-rate'),
      apart: null,
    },
    {
      id: 'latency-p95',
      unit: 'seconds',
      value: percentile(values.latency.overall, 'p95'),
      n: values.latency.overall.count,
      previous: percentile(before.latency.overall, 'p95'),
      sparkline: shape(values.latency.steps, 0.95),
      objective: objectiveOf('latency-p95'),
      apart: null,
    },
    {
      id: 'ttft-p95',
      unit: 'seconds',
      value: percentile(values.firstToken.overall, 'p95'),
      n: values.firstToken.overall.count,
      previous: percentile(before.firstToken.overall, 'p95'),
      sparkline: shape(values.firstToken.steps, 0.95),
      objective: null,
      apart: null,
    },
    {
      id: 'tokens-per-second',
      unit: 'tokens-per-second',
      value: percentile(values.tokensPerSecond.overall, 'p50'),
      n: values.tokensPerSecond.overall.count,
      previous: percentile(before.tokensPerSecond.overall, 'p50'),
      sparkline: shape(values.tokensPerSecond.steps, 0.5),
      objective: null,
      apart: null,
    },
    validityTile(
      sums,
      previous,
      results.filter(({ objective }) => objective.id === 'syntax-validity'),
    ),
  ];
}

/** Of the guard on or off, whichever decides: the worse one, but only from enough samples. */
function validityTile(
  sums: WindowSums,
  previous: WindowSums,
  results: readonly ObjectiveResult[],
): Tile {
  const known = results.filter(({ state }) => state !== 'not-enough-data');
  const [decisive = null] =
    known.length > 0
      ? known.toSorted((a, b) => (a.value ?? 1) - (b.value ?? 1))
      : results.toSorted((a, b) => b.n - a.n);
  const guard = decisive?.guard ?? sums.guards[0] ?? 'on';
  const [now, before] = [sums.validity[guard], previous.validity[guard]];
  return {
    ...share(now.valid, now.judged, before.valid, before.judged),
    id: 'validity',
    objective: decisive,
    apart: results.find((result) => result !== decisive) ?? null,
  };
}

/** A sparkline shows a shape and no figures, so it is drawn from however few samples a step has. */
function shape(steps: readonly ValueSet[], quantile: number): Series {
  return steps.map((values) => values.quantile(quantile));
}

function share(
  parts: readonly number[],
  wholes: readonly number[],
  previousParts: readonly number[],
  previousWholes: readonly number[],
): Omit<Tile, 'id' | 'objective' | 'apart'> {
  const n = total(wholes);
  const previousN = total(previousWholes);
  return {
    unit: 'ratio',
    value: n === 0 ? null : total(parts) / n,
    n,
    previous: previousN === 0 ? null : total(previousParts) / previousN,
    sparkline: shares(parts, wholes),
  };
}
