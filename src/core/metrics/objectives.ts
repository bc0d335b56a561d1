/** The operator's objectives: the defaults, and whether a window keeps them. */
import type { Objective, ObjectiveId, ObjectiveResult, Series } from './dashboard-shape.ts';
import type { GuardState } from './guard-states.ts';

/** Those of the guide, with the samples below which nothing is said. */
export const DEFAULT_OBJECTIVES: readonly Objective[] = [
  {
    id: 'latency-p95',
    name: 'p95 latency',
    comparison: 'below',
    threshold: 2,
    unit: 'seconds',
    minSamples: 20,
  },
  {
    id: 'error-rate',
    name: 'Error rate',
    comparison: 'below',
    threshold: 0.01,
    unit: 'ratio',
    minSamples: 20,
  },
  {
    id: 'syntax-validity',
    name: 'Syntax validity',
    comparison: 'above',
    threshold: 0.85,
    unit: 'ratio',
    minSamples: 20,
  },
  {
    id: 'active-requests',
    name: 'Active requests',
    comparison: 'below',
    threshold: 100,
    unit: 'requests',
    minSamples: 1,
  },
  {
    id: 'memory-used',
    name: 'Memory used',
    comparison: 'below',
    threshold: 0.8,
    unit: 'ratio',
    minSamples: 1,
  },
];

/** What an objective is held against. */
export interface Observation {
  /** Of the whole window; null where there are no samples. */
  readonly value: number | null;
  readonly n: number;
  /** Of each step, from however few samples. */
  readonly steps: Series;
  /** Of scripts, where it has to be said; null or left out elsewhere. */
  readonly guard?: GuardState | null;
}

/** Mostly one; each is judged by itself. */
export type Observations = Readonly<Record<ObjectiveId, readonly Observation[]>>;

/** `timesMs` holds the start of each step. */
export function judgeObjective(
  objective: Objective,
  { value, n, steps, guard = null }: Observation,
  timesMs: readonly number[],
): ObjectiveResult {
  const known = { objective, guard, value, n };
  if (value === null || n < objective.minSamples) {
    return { ...known, state: 'not-enough-data', missedSinceMs: null };
  }
  if (keeps(objective, value)) return { ...known, state: 'met', missedSinceMs: null };
  return { ...known, state: 'missed', missedSinceMs: runStart(objective, steps, timesMs) };
}

/** A value on the threshold does not keep the objective: it asks for below, or above. */
function keeps({ comparison, threshold }: Objective, value: number): boolean {
  return comparison === 'below' ? value < threshold : value > threshold;
}

/** Steps without data neither prolong the run nor end it. null where the newest data keeps the objective again. */
function runStart(objective: Objective, steps: Series, timesMs: readonly number[]): number | null {
  let startMs: number | null = null;
  for (let step = steps.length - 1; step >= 0; step--) {
    const value = steps[step] ?? null;
    if (value === null) continue;
    if (keeps(objective, value)) break;
    startMs = timesMs[step] ?? null;
  }
  return startMs;
}
