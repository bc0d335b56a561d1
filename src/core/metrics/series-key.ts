/** Series keys: a metric's name and its labels as Prometheus writes them, labels sorted by name. */
import type { SeriesKey } from '../../contracts/rollup.ts';

export type Labels = Readonly<Record<string, string>>;

export interface ParsedSeriesKey {
  readonly name: string;
  readonly labels: Labels;
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
// Only `\`, `"` and the line feed are escaped in a label's value (Prometheus exposition format 0.0.4).
const KEY = /^([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.+)\})?$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/gy;

/** `name`, or `name{a="x",b="y"}`. */
export function formatSeriesKey(name: string, labels: Labels = {}): SeriesKey {
  const names = Object.keys(labels).sort();
  if (names.length === 0) return name;
  return `${name}{${names.map((label) => `${label}="${escape(labels[label] ?? '')}"`).join(',')}}`;
}

/** Takes apart what formatSeriesKey made; null for a key that it would not make. */
export function parseSeriesKey(key: SeriesKey): ParsedSeriesKey | null {
  const [, name, list] = KEY.exec(key) ?? [];
  if (name === undefined) return null;
  if (list === undefined) return NAME.test(key) ? { name, labels: {} } : null;
  const labels: Record<string, string> = {};
  for (const [, label, value] of list.matchAll(LABEL)) {
    if (label !== undefined) labels[label] = unescape(value ?? '');
  }
  // Unsorted, doubled or damaged labels come out differently.
  return formatSeriesKey(name, labels) === key ? { name, labels } : null;
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function unescape(value: string): string {
  return value.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}
