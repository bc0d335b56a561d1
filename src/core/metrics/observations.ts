/** What the objectives are held against, in a window and in each of its steps. */
import type { Series } from './dashboard-shape.ts';
import { forEachGuard } from './guard-states.ts';
import type { Observation, Observations } from './objectives.ts';
import { percentile } from './percentiles.ts';
import { total, type WindowSums } from './window-sums.ts';
import type { WindowValues } from './window-values.ts';

/** `active` requests are those of now. */
export function observe(sums: WindowSums, values: WindowValues, active: number): Observations {
  const finished = total(sums.finished);
  return {
    'latency-p95': [
      {
        value: percentile(values.latency.overall, 'p95'),
        n: values.latency.overall.count,
        steps: values.latency.steps.map((step) => step.quantile(0.95)),
      },
    ],
    'error-rate': [
      {
        value: finished === 0 ? null : total(sums.errors) / finished,
        n: finished,
        steps: shares(sums.errors, sums.finished),
      },
    ],
    'syntax-validity': validities(sums),
    // Now is a reading too, also where none was stored.
    'active-requests': [{ value: active, n: sums.active.count + 1, steps: sums.active.max }],
    'memory-used': [
      {
        value: sums.latestMemory,
        n: sums.memory.count,
        steps: sums.memory.max,
      },
    ],
  };
}

/** One for each setting of the guard that scripts were written under; one at least. */
function validities(sums: WindowSums): readonly Observation[] {
  return forEachGuard(sums.guards, (guard) => {
    const { valid, judged } = sums.validity[guard];
    const n = total(judged);
    return { value: n === 0 ? null : total(valid) / n, n, steps: shares(valid, judged) };
  });
}

/** null where there is nothing to be a share of. */
export function shares(parts: readonly number[], wholes: readonly number[]): Series {
  return wholes.map((whole, step) => (whole === 0 ? null : (parts[step] ?? 0) / whole));
}
