/** Everything that the rollup rows of a window say, summed per step and over the window, in one pass over the rows. */
import { OUTCOMES, type Outcome } from '../../contracts/request-record.ts';
import type { HistogramData, Rollup } from '../../contracts/rollup.ts';
import { edgesOf, type HistogramName } from './bucket-edges.ts';
import type { DashboardFilter } from './dashboard-shape.ts';
import { GUARD_STATES, guardOf, type GuardState } from './guard-states.ts';
import { Histogram } from './histogram.ts';
import { SeriesIndex } from './series-index.ts';
import type { TimeSteps } from './time-steps.ts';

/** Histograms that are drawn over time; of the others only the whole window is shown. */
const STEPPED = [
  'generation_latency_seconds',
  'time_to_first_token_seconds',
  'generation_tokens_per_second',
] as const satisfies readonly HistogramName[];

const OVERALL = [
  'inter_token_latency_seconds',
  'generation_stall_seconds',
  'output_length_chars',
  'prompt_similarity_score',
  'generation_tokens',
  'request_prompt_tokens',
] as const satisfies readonly HistogramName[];

export type SteppedName = (typeof STEPPED)[number];
export type OverallName = (typeof OVERALL)[number] | SteppedName;

/** What a gauge read in each step; null where it did not. */
interface GaugeSeries {
  readonly max: (number | null)[];
  count: number;
}

/** Per step. */
export interface ValiditySums {
  readonly valid: number[];
  /** Valid, invalid and empty. */
  readonly judged: number[];
}

export class WindowSums {
  readonly accepted: number[];
  readonly finished: number[];
  readonly errors: number[];
  readonly validity: Readonly<Record<GuardState, ValiditySums>>;
  readonly outcomes: Readonly<Record<Outcome, number[]>>;
  readonly active: GaugeSeries;
  readonly memory: GaugeSeries;
  /** The largest reading of the newest row that has one, which is shorter than a step in a long window. */
  latestMemory: number | null = null;
  readonly errorTypes = new Map<string, number>();
  readonly dangerRules = new Map<string, number>();
  /** By `parameter=range`. */
  readonly parameterRanges = new Map<string, number>();
  readonly models = new Set<string>();
  readonly backends = new Set<string>();
  suspended = 0;
  dropped = 0;
  /** Requests that ended, whatever the filter. */
  unfilteredFinished = 0;
  #latestMemoryMs = -Infinity;
  readonly #filter: DashboardFilter;
  readonly #keys = new SeriesIndex();
  readonly #stepped = new Map<string, Histogram[]>();
  readonly #overall = new Map<string, Histogram>();

  /** Rows outside of the steps are left out. */
  constructor(rows: readonly Rollup[], steps: TimeSteps, filter: DashboardFilter) {
    this.#filter = filter;
    const length = steps.timesMs.length;
    const zeros = () => new Array<number>(length).fill(0);
    this.accepted = zeros();
    this.finished = zeros();
    this.errors = zeros();
    this.validity = {
      on: { valid: zeros(), judged: zeros() },
      off: { valid: zeros(), judged: zeros() },
    };
    this.outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, zeros()])) as Record<
      Outcome,
      number[]
    >;
    this.active = { max: new Array<null>(length).fill(null), count: 0 };
    this.memory = { max: new Array<null>(length).fill(null), count: 0 };
    for (const name of STEPPED) {
      const edges = edgesOf(name);
      this.#stepped.set(
        name,
        steps.timesMs.map(() => new Histogram(edges)),
      );
    }
    for (const name of OVERALL) this.#overall.set(name, new Histogram(edgesOf(name)));
    for (const row of rows) {
      const step = steps.indexOf(row.startMs);
      if (step !== null) this.#addRow(row, step);
    }
  }

  /** Under which settings of the guard scripts were written that have a verdict. */
  get guards(): readonly GuardState[] {
    return GUARD_STATES.filter((guard) => total(this.validity[guard].judged) > 0);
  }

  /** One histogram for each step. */
  stepped(name: SteppedName): readonly Histogram[] {
    return this.#stepped.get(name) ?? [];
  }

  /** Of the whole window. */
  overall(name: OverallName): Histogram {
    const known = this.#overall.get(name);
    if (known !== undefined) return known;
    const merged = new Histogram(edgesOf(name));
    for (const histogram of this.#stepped.get(name) ?? []) {
      if (histogram.count > 0) merged.add(histogram.toData());
    }
    this.#overall.set(name, merged);
    return merged;
  }

  #addRow(row: Rollup, step: number): void {
    if (row.model !== 'none') this.models.add(row.model);
    if (row.backend !== 'none') this.backends.add(row.backend);
    if (isEnd(row.outcome))
      this.unfilteredFinished += row.counters['generation_finished_total'] ?? 0;
    // Rows of anything but requests belong to no model: no filter can be about them.
    if (row.outcome !== 'none' && !this.#lets(row)) return;
    for (const key in row.counters) this.#addCounter(key, row.counters[key] ?? 0, row, step);
    for (const key in row.histograms) {
      const data = row.histograms[key];
      if (data !== undefined) this.#addHistogram(this.#keys.get(key).name, data, step);
    }
    for (const key in row.gauges) {
      const max = row.gauges[key]?.max ?? null;
      if (key === 'memory_used_ratio') {
        raise(this.memory, step, max, row.gauges[key]?.count);
        this.#noteMemory(max, row.startMs);
      }
      if (key === 'active_generation_requests') {
        raise(this.active, step, max, row.gauges[key]?.count);
      }
    }
  }

  #noteMemory(max: number | null, startMs: number): void {
    if (max === null || startMs < this.#latestMemoryMs) return;
    const isSameRow = startMs === this.#latestMemoryMs;
    this.latestMemory = isSameRow ? Math.max(max, this.latestMemory ?? max) : max;
    this.#latestMemoryMs = startMs;
  }

  /** Parameters are counted when a request is accepted; how it will end is not known then. */
  #lets({ model, backend, outcome }: Rollup): boolean {
    const filter = this.#filter;
    return (
      (filter.model === null || filter.model === model) &&
      (filter.backend === null || filter.backend === backend) &&
      (filter.outcome === null || filter.outcome === outcome || outcome === 'accepted')
    );
  }

  #addCounter(key: string, count: number, { outcome }: Rollup, step: number): void {
    const { name, labels } = this.#keys.get(key);
    switch (name) {
      case 'generation_requests_total':
        add(this.accepted, step, count);
        break;
      case 'generation_finished_total':
        add(this.finished, step, count);
        if (isEnd(outcome)) add(this.outcomes[outcome], step, count);
        break;
      case 'generation_errors_total':
        add(this.errors, step, count);
        tally(this.errorTypes, labels['error_type'] ?? 'unknown', count);
        break;
      case 'generation_syntax_checks_total': {
        const { valid, judged } = this.validity[guardOf(labels)];
        if (labels['result'] === 'valid') add(valid, step, count);
        if (labels['result'] !== 'unchecked') add(judged, step, count);
        break;
      }
      case 'generation_dangers_total':
        tally(this.dangerRules, labels['rule'] ?? 'unknown', count);
        break;
      case 'sampling_parameters_total':
        tally(this.parameterRanges, `${labels['parameter']}=${labels['value_range']}`, count);
        break;
      case 'clock_suspend_total':
        this.suspended += count;
        break;
      case 'telemetry_dropped_total':
        this.dropped += count;
        break;
    }
  }

  #addHistogram(name: string, data: HistogramData, step: number): void {
    (this.#stepped.get(name)?.[step] ?? this.#overall.get(name))?.add(data);
  }
}

/** Of all steps. */
export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function isEnd(outcome: Rollup['outcome']): outcome is Outcome {
  return outcome !== 'accepted' && outcome !== 'none';
}

function add(counts: number[], step: number, count: number): void {
  counts[step] = (counts[step] ?? 0) + count;
}

function tally(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function raise(gauge: GaugeSeries, step: number, value: number | null, count = 0): void {
  const before = gauge.max[step] ?? null;
  gauge.max[step] = before === null || value === null ? (value ?? before) : Math.max(before, value);
  gauge.count += count;
}
