/** An objective's threshold as somebody types it: shares in percent. */
import type { Objective } from '../../core/metrics/dashboard-shape.ts';

export interface TargetField {
  readonly text: string;
  /** Of the number that is typed. */
  readonly unit: string;
}

export type ParsedTarget =
  | { readonly ok: true; readonly threshold: number }
  | { readonly ok: false; readonly problem: string };

export function targetField({ unit, threshold }: Objective): TargetField {
  const value = unit === 'ratio' ? Number((threshold * 100).toFixed(4)) : threshold;
  return {
    text: String(value),
    unit: unit === 'ratio' ? '%' : unit === 'seconds' ? 's' : 'requests',
  };
}

/** Takes a decimal comma as well as a point. */
export function parseTarget({ unit }: Objective, text: string): ParsedTarget {
  const trimmed = text.trim().replace(',', '.');
  const value = /^\d+(\.\d+)?$/u.test(trimmed) ? Number(trimmed) : NaN;
  if (!(value > 0)) return refuse('A number above 0.');
  if (unit === 'ratio') {
    return value < 100 ? { ok: true, threshold: value / 100 } : refuse('Less than 100 %.');
  }
  if (unit === 'requests' && !Number.isInteger(value)) return refuse('A whole number.');
  return value <= 1_000_000 ? { ok: true, threshold: value } : refuse('At most 1 000 000.');
}

function refuse(problem: string): ParsedTarget {
  return { ok: false, problem };
}
