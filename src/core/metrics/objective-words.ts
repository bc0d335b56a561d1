/** Objectives in words: a value against its threshold. */
import type { Objective, ObjectiveId } from './dashboard-shape.ts';

export const OBJECTIVE_NAMES: Readonly<Record<ObjectiveId, string>> = {
  'latency-p95': 'p95',
  'error-rate': 'error rate',
  'syntax-validity': 'syntax validity',
  'active-requests': 'active requests',
  'memory-used': 'memory',
};

const MOST_DIGITS = 4;

/** `p95 3.1 s > 2 s`: the sign says on which side of the threshold the value is. */
export function comparisonWords({ id, threshold, unit }: Objective, value: number): string {
  const sign = value < threshold ? '<' : value > threshold ? '>' : '=';
  let digits = 1;
  // 2.04 s is above 2 s, and "2 s > 2 s" would be absurd.
  while (
    value !== threshold &&
    digits < MOST_DIGITS &&
    quantity(value, unit, digits) === quantity(threshold, unit, digits)
  ) {
    digits += 1;
  }
  const shown = quantity(value, unit, digits);
  return `${OBJECTIVE_NAMES[id]} ${shown} ${sign} ${quantity(threshold, unit, MOST_DIGITS)}`;
}

/** `2 s`, `240 ms`, `0.4 %`, `100`; with as many decimals as count, and at most `digits`. */
function quantity(value: number, unit: Objective['unit'], digits: number): string {
  switch (unit) {
    case 'seconds':
      return value < 1 ? `${round(value * 1000, digits - 1)} ms` : `${round(value, digits)} s`;
    case 'ratio':
      return `${round(value * 100, digits)} %`;
    case 'requests':
      return String(round(value, 0));
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
