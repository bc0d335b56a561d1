/** Values with their units, as tiles, axes, tooltips and tables write them. */
import { formatDuration, formatRate } from '../../core/format/quantities.ts';

export type Unit =
  | 'seconds'
  | 'ratio'
  | 'requests'
  | 'tokens-per-second'
  | 'count'
  | 'characters'
  /** A cosine, in [-1, 1]. */
  | 'score';

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `1.2 s`, `97.3 %`, `84 requests`, `18.3 tok/s`; an en dash where there is no value. */
export function formatQuantity(unit: Unit, value: number | null): string {
  if (value === null) return '–';
  switch (unit) {
    case 'seconds':
      return formatDuration(value * 1000);
    case 'ratio':
      return `${formatPercent(value)} %`;
    case 'tokens-per-second':
      return `${formatRate(value)} tok/s`;
    case 'requests':
      return `${WHOLE.format(value)} ${value === 1 ? 'request' : 'requests'}`;
    case 'characters':
      return `${WHOLE.format(value)} chars`;
    case 'count':
      return WHOLE.format(value);
    case 'score':
      return value.toFixed(2);
  }
}

/** For axes, where there is little room: requests and counts go without their word. */
export function formatTick(unit: Unit, value: number): string {
  if (unit === 'seconds') return value === 0 ? '0' : formatSeconds(value);
  if (unit === 'ratio') return `${round(value * 100, 1)} %`;
  return unit === 'tokens-per-second' ? String(round(value, 1)) : WHOLE.format(value);
}

/** A target as it was set: `2 s`, `0.5 %`, `100`. */
export function formatTarget(unit: Unit, value: number): string {
  if (unit === 'ratio') return `${round(value * 100, 4)} %`;
  return unit === 'seconds' ? `${round(value, 4)} s` : WHOLE.format(value);
}

/** What an axis without units in its ticks is labelled with; null where each tick has its unit. */
export function axisUnit(unit: Unit): string | null {
  return unit === 'tokens-per-second' ? 'tok/s' : unit === 'requests' ? 'requests' : null;
}

/** The name of the unit for the head of a column, where cells hold bare numbers. */
export function unitName(unit: Unit): string {
  return unit === 'ratio' ? 'ratio' : unit === 'tokens-per-second' ? 'tokens/s' : unit;
}

/** How a value differs from the one before, as `+12 %`, or in points where both are percentages: `-1.3 points`. */
export function formatChange(unit: Unit, value: number, previous: number): string | null {
  if (unit === 'ratio') {
    const points = round((value - previous) * 100, 1);
    return points === 0 ? 'no change' : `${sign(points)}${Math.abs(points)} points`;
  }
  if (previous === 0) return null;
  const percent = Math.round((value / previous - 1) * 100);
  if (percent === 0) return 'no change';
  return percent >= 1000
    ? `×${round(value / previous, 0)}`
    : `${sign(percent)}${Math.abs(percent)} %`;
}

function formatPercent(ratio: number): string {
  return String(round(ratio * 100, 1));
}

function formatSeconds(value: number): string {
  return value < 1
    ? `${round(value * 1000, 1)} ms`
    : value < 120
      ? `${round(value, 1)} s`
      : `${round(value / 60, 1)} min`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** With the typographic minus, which is as wide as the plus. */
function sign(value: number): string {
  return value < 0 ? '−' : '+';
}
