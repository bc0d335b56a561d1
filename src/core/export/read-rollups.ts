/** Reads rows of rollups from outside: only rows that measuring can have made, and whose sums agree with each other. */
import { OUTCOMES } from '../../contracts/request-record.ts';
import {
  type GaugeData,
  type HistogramData,
  type Resolution,
  type Rollup,
} from '../../contracts/rollup.ts';
import type { FieldReader } from '../json/field-reader.ts';
import { edgesOf } from '../metrics/bucket-edges.ts';
import { currentCounters } from '../metrics/current-counters.ts';
import { bucketIndex } from '../metrics/exponential-buckets.ts';
import { METRIC_TABLE } from '../metrics/metric-table.ts';
import { metricOf, spanStart } from '../metrics/rollup.ts';
import { parseSeriesKey } from '../metrics/series-key.ts';
import { rollupKey } from './metrics-dataset.ts';
import { ROLLUP_LISTS } from './metrics-file.ts';

const MAX_ROWS = 200_000;
const MAX_SERIES = 2_000;
const MAX_KEY_CHARS = 500;
/** Of a double's exponents, the doubling below the lowest one included. */
const MAX_BUCKETS = 2_200 * 32;

const ROW_OUTCOMES = [...OUTCOMES, 'accepted', 'none'] as const;

export function readRollups(lists: FieldReader): readonly Rollup[] {
  lists.only(...Object.values(ROLLUP_LISTS));
  const read = (resolution: Resolution): readonly Rollup[] => {
    const known = new Set<string>();
    return lists.at(ROLLUP_LISTS[resolution]).list((entry) => {
      const row = readRow(entry, resolution);
      const key = rollupKey(row);
      entry.require(!known.has(key), 'is there twice');
      known.add(key);
      return row;
    }, MAX_ROWS);
  };
  const [totals, hours, minutes] = [read('total'), read('hour'), read('minute')];
  requirePartsOf(lists.at(ROLLUP_LISTS.hour), hours, totals, 'total', 'the total');
  requirePartsOf(lists.at(ROLLUP_LISTS.minute), minutes, hours, 'hour', 'its hour');
  return [...totals, ...hours, ...minutes];
}

function readRow(row: FieldReader, resolution: Resolution): Rollup {
  row.only('startMs', 'model', 'backend', 'outcome', 'counters', 'histograms', 'gauges');
  const startMs = row.at('startMs').epochMs();
  row
    .at('startMs')
    .require(
      spanStart(resolution, startMs) === startMs,
      resolution === 'total' ? 'is not 0' : `is not the start of a ${resolution}`,
    );
  return {
    schemaVersion: 1,
    resolution,
    startMs,
    model: row.at('model').text(MAX_KEY_CHARS),
    backend: row.at('backend').oneOf(['webgpu', 'wasm', 'none']),
    outcome: row.at('outcome').oneOf(ROW_OUTCOMES),
    counters: currentCounters(
      row.at('counters').map((field, key) => {
        requireKey(field, key, 'counter');
        return field.count();
      }, MAX_SERIES),
    ),
    histograms: row.at('histograms').map((field, key) => {
      requireKey(field, key, 'histogram');
      return readHistogram(field, key);
    }, MAX_SERIES),
    gauges: row.at('gauges').map((field, key) => {
      requireKey(field, key, 'gauge');
      return readGauge(field);
    }, MAX_SERIES),
  };
}

/** Metrics that this version does not know are kept, so that a file of another version loses nothing. */
function requireKey(
  field: FieldReader,
  key: string,
  type: 'counter' | 'histogram' | 'gauge',
): void {
  field.require(
    key.length <= MAX_KEY_CHARS && parseSeriesKey(key) !== null && !(key in Object.prototype),
    'is no series',
  );
  const known = Object.entries(METRIC_TABLE).find(([name]) => name === metricOf(key));
  field.require(known === undefined || known[1].type === type, `is no ${type}`);
}

/** @throws InvalidField for sums that do not agree with each other */
export function readHistogram(field: FieldReader, key: string): HistogramData {
  field.only('count', 'sumMicros', 'min', 'max', 'zeroCount', 'indices', 'counts', 'classic');
  const count = field.at('count').positive();
  const zeroCount = field.at('zeroCount').count();
  const indices = field.at('indices').list((entry) => entry.integer(), MAX_BUCKETS);
  const counts = field.at('counts').list((entry) => entry.positive(), MAX_BUCKETS);
  const classic = field.at('classic').list((entry) => entry.count(), 1_000);
  field.at('indices').require(
    indices.every((index, i) => i === 0 || index > (indices[i - 1] ?? 0)),
    'is not ascending',
  );
  field.at('counts').require(counts.length === indices.length, 'does not go with the indices');
  field.at('counts').require(zeroCount + sum(counts) === count, 'does not add up to the count');
  field.at('classic').require(sum(classic) === count, 'does not add up to the count');
  const edges = edgesOf(metricOf(key));
  field
    .at('classic')
    .require(edges.length === 0 || classic.length === edges.length + 1, 'has not every bucket');
  const range = readRange(field, count);
  // The least and the largest value tell which buckets are the outermost.
  field
    .at('min')
    .require(
      range.min > 0 ? zeroCount === 0 && bucketIndex(range.min) === indices[0] : zeroCount > 0,
      'is not in the lowest bucket',
    );
  field
    .at('max')
    .require(
      range.max > 0 ? bucketIndex(range.max) === indices.at(-1) : indices.length === 0,
      'is not in the highest bucket',
    );
  return { count, ...range, zeroCount, indices, counts, classic };
}

function readGauge(field: FieldReader): GaugeData {
  field.only('count', 'sumMicros', 'min', 'max');
  const count = field.at('count').positive();
  return { count, ...readRange(field, count) };
}

function readRange(
  field: FieldReader,
  count: number,
): Pick<GaugeData, 'sumMicros' | 'min' | 'max'> {
  const sumMicros = field.at('sumMicros').integer();
  const min = field.at('min').number();
  const max = field.at('max').number();
  field.at('max').require(max >= min, 'is less than the least value');
  // Each value is rounded to a millionth by itself.
  const slack = count * 0.5 + Math.abs(sumMicros) * 1e-9;
  field
    .at('sumMicros')
    .require(
      sumMicros >= min * count * 1e6 - slack && sumMicros <= max * count * 1e6 + slack,
      'does not lie between least and largest value',
    );
  return { sumMicros, min, max };
}

/** Every delta is added to its minute, its hour and the total, so that parts never exceed what holds them. */
function requirePartsOf(
  field: FieldReader,
  parts: readonly Rollup[],
  wholes: readonly Rollup[],
  resolution: 'hour' | 'total',
  name: string,
): void {
  const keyOf = (row: Rollup): string =>
    rollupKey({ ...row, resolution, startMs: spanStart(resolution, row.startMs) });
  const byKey = new Map(wholes.map((row) => [rollupKey(row), row]));
  const sums = new Map<string, number>();
  for (const row of parts) {
    const whole = byKey.get(keyOf(row));
    // An hour can have been pruned; the total never is.
    if (whole === undefined && resolution === 'hour') continue;
    for (const [key, value] of countsOf(row)) {
      const id = `${keyOf(row)} ${key}`;
      const added = (sums.get(id) ?? 0) + value;
      sums.set(id, added);
      const limit =
        whole === undefined ? 0 : (whole.counters[key] ?? whole.histograms[key]?.count ?? 0);
      field.require(added <= limit, `adds up to more than ${name} for ${metricOf(key)}`);
    }
  }
}

function countsOf(row: Rollup): readonly (readonly [string, number])[] {
  return [
    ...Object.entries(row.counters),
    ...Object.entries(row.histograms).map(([key, { count }]) => [key, count] as const),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
