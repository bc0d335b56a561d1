/**
 * Which series of the fleet a page's counts belong to: only metrics of the table, with the labels that the table gives
 * them. The few labels without a fixed list of values keep a limited number apart; what comes after is `other`.
 */
import type { SeriesKey } from '../src/contracts/rollup.ts';
import type { TelemetryRow } from '../src/contracts/relay.ts';
import type { LabelDefinition } from '../src/core/metrics/metric-labels.ts';
import { METRIC_TABLE, type MetricDefinition } from '../src/core/metrics/metric-table.ts';
import { formatSeriesKey, parseSeriesKey } from '../src/core/metrics/series-key.ts';

export type DropReason = 'unknown_metric' | 'unknown_label';

const MAX_VALUES = { model: 50, rule: 200 } as const;
const MAX_OTHER_VALUES = 50;
const OPEN_VALUE = /^[\w.:/@-]{1,120}$/;
export const OVERFLOW_VALUE = 'other';

/** Values of labels that the table leaves open, by label. */
export class OpenLabelValues {
  readonly #known = new Map<string, Set<string>>();

  /** The value itself, or `other` where there are too many already. */
  keepApart(label: string, value: string): string {
    const known = this.#known.get(label) ?? new Set();
    this.#known.set(label, known);
    if (known.has(value) || value === OVERFLOW_VALUE) return value;
    const limit =
      label in MAX_VALUES ? MAX_VALUES[label as keyof typeof MAX_VALUES] : MAX_OTHER_VALUES;
    if (!OPEN_VALUE.test(value) || known.size >= limit) return OVERFLOW_VALUE;
    known.add(value);
    return value;
  }

  /** Goes on keeping apart what the labels of this series are, as it was before a restart. */
  keepApartAsIn(series: SeriesKey): void {
    const parsed = parseSeriesKey(series);
    const metric = parsed === null ? null : metricOf(parsed.name);
    for (const { name, values } of metric?.labels ?? []) {
      const value = parsed?.labels[name];
      if (values === null && value !== undefined) this.keepApart(name, value);
    }
  }
}

/** The fleet's series for a page's series in a row of these dimensions, or why there is none. */
export function fleetSeries(
  key: SeriesKey,
  type: 'counter' | 'histogram',
  row: Pick<TelemetryRow, 'model' | 'backend' | 'outcome'>,
  openValues: OpenLabelValues,
): { readonly series: SeriesKey } | { readonly dropped: DropReason } {
  const parsed = parseSeriesKey(key);
  const metric = parsed === null ? null : metricOf(parsed.name);
  if (parsed === null || metric?.type !== type || metric.from !== 'rollup') {
    return { dropped: 'unknown_metric' };
  }
  const ofKey = metric.labels.filter(({ from }) => from === 'key');
  if (Object.keys(parsed.labels).length !== ofKey.length) return { dropped: 'unknown_label' };
  const labels: Record<string, string> = {};
  for (const label of metric.labels) {
    const value = label.from === 'key' ? parsed.labels[label.name] : row[label.from];
    const kept = value === undefined ? null : keptValue(label, value, openValues);
    if (kept === null) return { dropped: 'unknown_label' };
    labels[label.name] = kept;
  }
  return { series: formatSeriesKey(parsed.name, labels) };
}

function metricOf(name: string): MetricDefinition | null {
  return Object.hasOwn(METRIC_TABLE, name) ? METRIC_TABLE[name as keyof typeof METRIC_TABLE] : null;
}

function keptValue(
  label: LabelDefinition,
  value: string,
  openValues: OpenLabelValues,
): string | null {
  if (label.values === null) return openValues.keepApart(label.name, value);
  return label.values.includes(value) ? value : null;
}
