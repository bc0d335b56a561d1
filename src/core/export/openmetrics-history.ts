/**
 * What was measured over time as OpenMetrics with a time on every sample, which
 * `promtool tsdb create-blocks-from openmetrics` makes blocks of. Counters and histograms go on from what was counted
 * before the first row, so that they end where the totals stand.
 */
import type { GaugeData, HistogramData, Rollup, SeriesKey } from '../../contracts/rollup.ts';
import { isMetric, seriesLabels } from '../metrics/found-series.ts';
import { METRIC_NAMES, METRIC_TABLE, type MetricName } from '../metrics/metric-table.ts';
import { SeriesIndex } from '../metrics/series-index.ts';
import { formatSeriesKey, type Labels } from '../metrics/series-key.ts';
import { formatEdge, headLines, sampleLine } from './exposition.ts';
import { historySpans, type HistorySpan } from './history-spans.ts';

export interface HistoryInput {
  readonly minutes: readonly Rollup[];
  readonly hours: readonly Rollup[];
  readonly totals: readonly Rollup[];
  /** Wall clock: no sample is later. */
  readonly nowMs: number;
  /** Added to every series, such as `job` and `instance`: else those of two browsers would be one. */
  readonly labels: Labels;
}

/** What a series adds in one span. */
interface Addition {
  readonly count: number;
  readonly sumMicros: number;
  readonly classic: readonly number[];
}

interface Entry {
  readonly labels: Labels;
  /** By span. */
  readonly additions: Map<number, Addition>;
  /** Of all time. */
  total: Addition;
}

const NOTHING: Addition = { count: 0, sumMicros: 0, classic: [] };

/**
 * The text in pieces, since all of it may be too long for one string. A counter has a sample at the start of the first
 * span and at the end of every span in which anything was counted; a gauge has the mean of each span that read it.
 * Empty where there is no row.
 */
export function* writeOpenMetricsHistory(input: HistoryInput): Generator<string> {
  const spans = historySpans(input.minutes, input.hours, input.nowMs);
  if (spans.length === 0) return;
  const families = collect(spans, input);
  for (const name of METRIC_NAMES) {
    const entries = families.get(name);
    if (entries === undefined) continue;
    const { type, unit, help } = METRIC_TABLE[name];
    yield lines(headLines({ name, type, unit, help }, 'openmetrics'));
    for (const [, entry] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      yield lines(
        type === 'gauge' ? gaugeLines(name, entry, spans) : countedLines(name, entry, spans),
      );
    }
  }
  yield '# EOF\n';
}

function collect(
  spans: readonly HistorySpan[],
  { totals, labels }: HistoryInput,
): ReadonlyMap<MetricName, ReadonlyMap<SeriesKey, Entry>> {
  const families = new Map<MetricName, Map<SeriesKey, Entry>>();
  const keys = new SeriesIndex();
  const entryOf = (row: Rollup, key: SeriesKey): Entry | null => {
    const { name, labels: own } = keys.get(key);
    if (!isMetric(name)) return null;
    const all = { ...labels, ...seriesLabels(METRIC_TABLE[name], own, row) };
    let entries = families.get(name);
    if (entries === undefined) {
      entries = new Map<SeriesKey, Entry>();
      families.set(name, entries);
    }
    const id = formatSeriesKey(name, all);
    let entry = entries.get(id);
    if (entry === undefined) {
      entry = { labels: all, additions: new Map(), total: NOTHING };
      entries.set(id, entry);
    }
    return entry;
  };
  for (const [index, span] of spans.entries()) {
    for (const row of span.rows) {
      for (const [key, data] of additionsOf(row, true)) {
        const entry = entryOf(row, key);
        entry?.additions.set(index, plus(entry.additions.get(index) ?? NOTHING, data));
      }
    }
  }
  for (const row of totals) {
    for (const [key, data] of additionsOf(row, false)) {
      const entry = entryOf(row, key);
      if (entry !== null) entry.total = plus(entry.total, data);
    }
  }
  return families;
}

function* additionsOf(row: Rollup, withGauges: boolean): Generator<[SeriesKey, Addition]> {
  for (const [key, count] of Object.entries(row.counters)) yield [key, { ...NOTHING, count }];
  for (const [key, data] of Object.entries(row.histograms)) yield [key, ofHistogram(data)];
  if (!withGauges) return;
  for (const [key, data] of Object.entries(row.gauges)) yield [key, ofGauge(data)];
}

function ofHistogram({ count, sumMicros, classic }: HistogramData): Addition {
  return { count, sumMicros, classic };
}

function ofGauge({ count, sumMicros }: GaugeData): Addition {
  return { count, sumMicros, classic: [] };
}

function plus(a: Addition, b: Addition): Addition {
  const [longer, other] = a.classic.length < b.classic.length ? [b, a] : [a, b];
  return {
    count: a.count + b.count,
    sumMicros: a.sumMicros + b.sumMicros,
    classic: longer.classic.map((value, slot) => value + (other.classic[slot] ?? 0)),
  };
}

/** What was counted before the spans; never below 0, since a total may have been read a moment earlier than a row. */
function before({ additions, total }: Entry): Addition {
  const within = [...additions.values()].reduce(plus, NOTHING);
  const left = (whole: number, part: number): number => Math.max(0, whole - part);
  return {
    count: left(total.count, within.count),
    sumMicros: left(total.sumMicros, within.sumMicros),
    classic: total.classic.map((value, slot) => left(value, within.classic[slot] ?? 0)),
  };
}

function countedLines(
  name: MetricName,
  entry: Entry,
  spans: readonly HistorySpan[],
): readonly string[] {
  const isHistogram = METRIC_TABLE[name].type === 'histogram';
  let sum = before(entry);
  const written: string[] = [];
  const write = (atEpochMs: number): void => {
    const point = isHistogram
      ? histogramPoint(name, entry.labels, sum, atEpochMs)
      : [sampleLine({ name, labels: entry.labels, value: sum.count, atEpochMs }, 'openmetrics')];
    written.push(...point);
  };
  write(spans[0]?.startMs ?? 0);
  for (const [index, { startMs, endMs }] of spans.entries()) {
    // After a rest, the value from before it: else the count would seem to have risen during the rest.
    if (index > 0 && spans[index - 1]?.endMs !== startMs) write(startMs);
    const addition = entry.additions.get(index);
    if (addition !== undefined) sum = plus(sum, addition);
    write(endMs);
  }
  return written;
}

function histogramPoint(
  name: MetricName,
  labels: Labels,
  { count, sumMicros, classic }: Addition,
  atEpochMs: number,
): readonly string[] {
  const line = (suffix: string, value: number, more: Labels = {}): string =>
    sampleLine(
      { name: `${name}_${suffix}`, labels: { ...labels, ...more }, value, atEpochMs },
      'openmetrics',
    );
  let upTo = 0;
  const buckets = METRIC_TABLE[name].edges.map((edge, slot) => {
    upTo += classic[slot] ?? 0;
    return line('bucket', upTo, { le: formatEdge(edge, 'openmetrics') });
  });
  return [
    ...buckets,
    line('bucket', count, { le: '+Inf' }),
    line('sum', sumMicros / 1e6),
    line('count', count),
  ];
}

function gaugeLines(
  name: MetricName,
  { labels, additions }: Entry,
  spans: readonly HistorySpan[],
): readonly string[] {
  return [...additions].map(([index, { count, sumMicros }]) => {
    const value = sumMicros / count / 1e6;
    return sampleLine({ name, labels, value, atEpochMs: spans[index]?.endMs ?? 0 }, 'openmetrics');
  });
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}
