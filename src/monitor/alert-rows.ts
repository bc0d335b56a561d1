/**
 * What rules are measured on, kept in memory between evaluations: reading thirty days anew every few seconds would be
 * most of what alerting costs.
 */
import { LONGEST_BY_MINUTE_MS, type MeasureSource } from '../core/alerts/read-measure.ts';
import { talliesIn, tallySpans, type SpanTally } from '../core/alerts/span-tally.ts';
import type { Objective } from '../core/metrics/dashboard-shape.ts';
import { RESOLUTION_MS } from '../contracts/rollup.ts';
import type { Result } from '../contracts/failure.ts';
import type { MonitorStore } from '../store/monitor-port.ts';

export interface AlertRowsOptions {
  readonly store: Pick<MonitorStore, 'rollups'>;
  readonly objectives: () => readonly Objective[];
}

const { minute: MINUTE_MS, hour: HOUR_MS } = RESOLUTION_MS;
const PERIOD_MS = 720 * HOUR_MS;
/** Rows that changed are never older, but for a clock that was set. */
const TAIL_MS = 5 * MINUTE_MS;
const READ_ALL_EVERY_MS = 10 * MINUTE_MS;
/** A row of now may be written by another tab whose clock was read a little later. */
const AHEAD_MS = 2 * MINUTE_MS;

export class AlertRows {
  readonly #options: AlertRowsOptions;
  #minutes: readonly SpanTally[] = [];
  #hours: readonly SpanTally[] = [];
  #readAllAtMs = -Infinity;
  /** Goes up with each call of `forget`: what was being read before it may be gone. */
  #turn = 0;

  constructor(options: AlertRowsOptions) {
    this.#options = options;
  }

  /** Rows that are kept here may be gone from the store: the next read takes all of them anew. */
  forget(): void {
    this.#turn += 1;
    this.#minutes = [];
    this.#hours = [];
    this.#readAllAtMs = -Infinity;
  }

  /** What there is now; fails where the store does. */
  async read(nowMs: number): Promise<Result<MeasureSource>> {
    const turn = this.#turn;
    const sinceMs = nowMs - this.#readAllAtMs;
    const isAll = sinceMs >= READ_ALL_EVERY_MS || sinceMs < 0;
    const minutesFromMs = startOf(nowMs - LONGEST_BY_MINUTE_MS, HOUR_MS);
    const fromMs = isAll ? minutesFromMs : startOf(nowMs - TAIL_MS, MINUTE_MS);
    const hoursFromMs = startOf(isAll ? nowMs - PERIOD_MS : nowMs - TAIL_MS, HOUR_MS);
    const [minutes, hours] = await Promise.all([
      this.#tallies('minute', fromMs, nowMs),
      this.#tallies('hour', hoursFromMs, nowMs),
    ]);
    if (!minutes.ok) return minutes;
    if (!hours.ok) return hours;
    if (isAll && turn === this.#turn) this.#readAllAtMs = nowMs;
    this.#minutes = [...talliesIn(this.#minutes, minutesFromMs, fromMs), ...minutes.value];
    this.#hours = [
      ...talliesIn(this.#hours, startOf(nowMs - PERIOD_MS, HOUR_MS), hoursFromMs),
      ...hours.value,
    ];
    return { ok: true, value: this.#source(this.#minutes, this.#hours, minutesFromMs) };
  }

  /** Everything that a back-test of the range can go through; not kept. */
  async readPast(
    fromMs: number,
    minutesFromMs: number,
    nowMs: number,
  ): Promise<Result<MeasureSource>> {
    const [minutes, hours] = await Promise.all([
      this.#tallies('minute', minutesFromMs, nowMs),
      this.#tallies('hour', startOf(fromMs - PERIOD_MS, HOUR_MS), nowMs),
    ]);
    if (!minutes.ok) return minutes;
    if (!hours.ok) return hours;
    return { ok: true, value: this.#source(minutes.value, hours.value, minutesFromMs) };
  }

  #source(
    minutes: readonly SpanTally[],
    hours: readonly SpanTally[],
    minutesFromMs: number,
  ): MeasureSource {
    return { minutes, hours, minutesFromMs, objectives: this.#options.objectives() };
  }

  async #tallies(
    resolution: 'minute' | 'hour',
    fromMs: number,
    nowMs: number,
  ): Promise<Result<readonly SpanTally[]>> {
    const rows = await this.#options.store.rollups({ resolution, fromMs, toMs: nowMs + AHEAD_MS });
    return rows.ok ? { ok: true, value: tallySpans(rows.value) } : rows;
  }
}

function startOf(epochMs: number, spanMs: number): number {
  return Math.floor(epochMs / spanMs) * spanMs;
}
