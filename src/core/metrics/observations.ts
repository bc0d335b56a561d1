/** What the objectives are held against, in a window and in each of its steps. */
import type { Series } from './dashboard-shape.ts';
import type { Observations } from './objectives.ts';
import { percentile } from './percentiles.ts';
import { total, type WindowSums } from './window-sums.ts';
import type { WindowValues } from './window-values.ts';

/** `active` requests are those of now. */
export function observe(sums: WindowSums, values: WindowValues, active: number): Observations {
  const finished = total(sums.finished);
  const judged = total(sums.judged);
  return {
    'latency-p95': {
      value: percentile(values.latency.overall, 'p95'),
      n: values.latency.overall.count,
      steps: values.latency.steps.map((step) => step.quantile(0.95)),
    },
    'error-rate': {
      value: finished === 0 ? null : total(sums.errors) / finished,
      n: finished,
      steps: shares(sums.errors, sums.finished),
    },
    'syntax-validity': {
      value: judged === 0 ? null : total(sums.valid) / judged,
      n: judged,
      steps: shares(sums.valid, sums.judged),
    },
    // Now is a reading too, also where none was stored.
    'active-requests': { value: active, n: sums.active.count + 1, steps: sums.active.max },
    'memory-used': {
      value: sums.memory.max.findLast((value) => value !== null) ?? null,
      n: sums.memory.count,
      steps: sums.memory.max,
    },
  };
}

/** null where there is nothing to be a share of. */
export function shares(parts: readonly number[], wholes: readonly number[]): Series {
  return wholes.map((whole, step) => (whole === 0 ? null : (parts[step] ?? 0) / whole));
}
