/** What rules need of a span of time, summed over models, backends and outcomes, so that a window is a few small sums. */
import type { HistogramData, Rollup } from '../../contracts/rollup.ts';
import { guardOf, type GuardState } from '../metrics/guard-states.ts';
import { mergeHistograms } from '../metrics/histogram.ts';
import { parseSeriesKey } from '../metrics/series-key.ts';

export interface ValidityTally {
  readonly valid: number;
  /** Valid, invalid and empty. */
  readonly judged: number;
}

export interface SpanTally {
  readonly startMs: number;
  readonly finished: number;
  readonly errors: number;
  readonly validity: Readonly<Record<GuardState, ValidityTally>>;
  readonly loadFailures: number;
  readonly devicesLost: number;
  readonly latency: HistogramData | null;
  readonly firstToken: HistogramData | null;
  /** Largest reading of the span; null without one. */
  readonly active: number | null;
  readonly memory: number | null;
}

type Draft = { -readonly [Key in keyof Omit<SpanTally, 'validity'>]: SpanTally[Key] } & {
  readonly validity: Record<GuardState, { valid: number; judged: number }>;
};

/** `rows` of one resolution, in any order. Spans of which there is no row are left out; the others are sorted. */
export function tallySpans(rows: readonly Rollup[]): readonly SpanTally[] {
  const spans = new Map<number, Draft>();
  for (const row of rows) {
    let span = spans.get(row.startMs);
    if (span === undefined) spans.set(row.startMs, (span = emptyTally(row.startMs)));
    addRow(span, row);
  }
  return [...spans.values()].sort((a, b) => a.startMs - b.startMs);
}

/** The tallies that start in [fromMs, toMs); `tallies` are sorted. */
export function talliesIn(
  tallies: readonly SpanTally[],
  fromMs: number,
  toMs: number,
): readonly SpanTally[] {
  return tallies.slice(firstFrom(tallies, fromMs), firstFrom(tallies, toMs));
}

function firstFrom(tallies: readonly SpanTally[], epochMs: number): number {
  let low = 0;
  let high = tallies.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tallies[middle]?.startMs ?? Infinity) < epochMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function emptyTally(startMs: number): Draft {
  return {
    startMs,
    finished: 0,
    errors: 0,
    validity: { on: { valid: 0, judged: 0 }, off: { valid: 0, judged: 0 } },
    loadFailures: 0,
    devicesLost: 0,
    latency: null,
    firstToken: null,
    active: null,
    memory: null,
  };
}

function addRow(span: Draft, row: Rollup): void {
  for (const [key, count] of Object.entries(row.counters)) addCounter(span, key, count);
  span.latency = together(span.latency, row.histograms['generation_latency_seconds']);
  span.firstToken = together(span.firstToken, row.histograms['time_to_first_token_seconds']);
  span.active = larger(span.active, row.gauges['active_generation_requests']?.max);
  span.memory = larger(span.memory, row.gauges['memory_used_ratio']?.max);
}

function addCounter(span: Draft, key: string, count: number): void {
  // Only the two with labels that matter are taken apart.
  if (key === 'generation_finished_total') span.finished += count;
  else if (key === 'device_lost_total') span.devicesLost += count;
  else if (key.startsWith('generation_errors_total')) span.errors += count;
  else if (key.startsWith('model_load_failures_total')) span.loadFailures += count;
  else if (key.startsWith('generation_syntax_checks_total')) {
    const labels = parseSeriesKey(key)?.labels ?? {};
    const validity = span.validity[guardOf(labels)];
    if (labels['result'] === 'valid') validity.valid += count;
    if (labels['result'] !== 'unchecked') validity.judged += count;
  }
}

function together(a: HistogramData | null, b: HistogramData | undefined): HistogramData | null {
  if (b === undefined) return a;
  return a === null ? b : mergeHistograms(a, b);
}

function larger(a: number | null, b: number | undefined): number | null {
  if (b === undefined) return a;
  return a === null ? b : Math.max(a, b);
}
