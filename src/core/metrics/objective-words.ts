/** Objectives in words: a value against its threshold. */
import type { Objective, ObjectiveId } from './dashboard-shape.ts';
import { guardWords, type GuardState } from './guard-states.ts';

export const OBJECTIVE_NAMES: Readonly<Record<ObjectiveId, string>> = {
  'latency-p95': 'p95',
  'error-rate': 'error rate',
  'syntax-validity': 'syntax validity',
  'active-requests': 'active requests',
  'memory-used': 'memory',
};

/** As alerts have them as well. */
export type MeasuredUnit = Objective['unit'] | 'events';

const MOST_DIGITS = 4;

/** `p95 3.1 s > 2 s`: the sign says on which side of the threshold the value is. */
export function comparisonWords(
  { id, threshold, unit }: Objective,
  value: number,
  guard: GuardState | null = null,
): string {
  const name = guard === null ? OBJECTIVE_NAMES[id] : `${OBJECTIVE_NAMES[id]}${guardWords(guard)},`;
  return `${name} ${valueAgainst(threshold, value, unit)}`;
}

/** `3.1 s > 2 s` */
export function valueAgainst(threshold: number, value: number, unit: MeasuredUnit): string {
  const sign = value < threshold ? '<' : value > threshold ? '>' : '=';
  let digits = 1;
  // 2.04 s is above 2 s, and "2 s > 2 s" would be absurd.
  while (
    value !== threshold &&
    digits < MOST_DIGITS &&
    measuredQuantity(value, unit, digits) === measuredQuantity(threshold, unit, digits)
  ) {
    digits += 1;
  }
  return `${measuredQuantity(value, unit, digits)} ${sign} ${measuredQuantity(threshold, unit)}`;
}

/** `2 s`, `240 ms`, `0.4 %`, `100`; with as many decimals as count, and at most `digits`. */
export function measuredQuantity(value: number, unit: MeasuredUnit, digits = MOST_DIGITS): string {
  switch (unit) {
    case 'seconds':
      return value < 1 ? `${round(value * 1000, digits - 1)} ms` : `${round(value, digits)} s`;
    case 'ratio':
      return `${round(value * 100, digits)} %`;
    case 'requests':
    case 'events':
      return String(round(value, 0));
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
