/**
 * Lines of Prometheus' text format 0.0.4 and of OpenMetrics 1.0: where the two differ is decided here and nowhere else.
 * https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
import { formatSeriesKey, type Labels } from '../metrics/series-key.ts';

export type ExpositionFormat = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** One request that a bucket or a counter counted. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Wall clock. */
  readonly atEpochMs: number;
}

export interface FamilyHead {
  /** As in the table of metrics: counters end in `_total`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** UCUM, as in the table. */
  readonly unit: string;
  readonly help: string;
}

export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  readonly atEpochMs?: number | null;
  readonly exemplar?: Exemplar | null;
}

const UNITS: readonly (readonly [suffix: string, ucum: string])[] = [
  ['seconds', 's'],
  ['ratio', '1'],
  ['tokens', '{token}'],
  ['chars', '{char}'],
];

/** The name of the family: OpenMetrics leaves out what its samples add. */
export function familyName({ name, type }: FamilyHead, format: ExpositionFormat): string {
  return format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
}

/** HELP, TYPE and, for OpenMetrics, UNIT where the name ends in it, as that format demands. */
export function headLines(head: FamilyHead, format: ExpositionFormat): readonly string[] {
  const name = familyName(head, format);
  const unit = UNITS.find(
    ([suffix, ucum]) => ucum === head.unit && name.endsWith(`_${suffix}`),
  )?.[0];
  return [
    `# HELP ${name} ${escapeHelp(head.help, format)}`,
    `# TYPE ${name} ${head.type}`,
    ...(format === 'openmetrics' && unit !== undefined ? [`# UNIT ${name} ${unit}`] : []),
  ];
}

/** Exemplars and times in seconds are OpenMetrics' own; the text format gets milliseconds and no exemplar. */
export function sampleLine(sample: Sample, format: ExpositionFormat): string {
  const { name, labels, value, atEpochMs = null, exemplar = null } = sample;
  const line = `${formatSeriesKey(name, labels)} ${formatNumber(value)}`;
  if (format === 'text') return atEpochMs === null ? line : `${line} ${atEpochMs}`;
  const timed = atEpochMs === null ? line : `${line} ${formatSeconds(atEpochMs)}`;
  return exemplar === null ? timed : `${timed} # ${exemplarText(exemplar)}`;
}

export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}

/** The label `le`: OpenMetrics asks for one spelling of each number, which has a decimal point. */
export function formatEdge(edge: number | '+Inf', format: ExpositionFormat): string {
  if (edge === '+Inf') return edge;
  return format === 'openmetrics' && Number.isInteger(edge) ? edge.toFixed(1) : String(edge);
}

/** Unix time; no float has the milliseconds of our century otherwise than rounded, but its text has. */
export function formatSeconds(epochMs: number): string {
  return String(Math.round(epochMs) / 1000);
}

function exemplarText({ traceId, value, atEpochMs }: Exemplar): string {
  return `${formatSeriesKey('', { trace_id: traceId })} ${formatNumber(value)} ${formatSeconds(atEpochMs)}`;
}

function escapeHelp(help: string, format: ExpositionFormat): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped;
}
