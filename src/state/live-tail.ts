/** Reads a part of time again and again, as long as it only grows: what is old enough is kept, and only the rest read. */
import type { Result } from '../contracts/failure.ts';
import type { TimeRange } from '../core/metrics/dashboard-shape.ts';

export interface LiveTailOptions<T> {
  /** In ascending order of time. */
  readonly read: (range: TimeRange) => Promise<Result<readonly T[]>>;
  readonly timeOf: (item: T) => number;
}

/** Other tabs write a moment late. */
const LATE_MS = 120_000;
/** Old items change too, if seldom: an orphan is found, a similarity becomes known, everything is deleted. */
const WHOLE_EVERY_MS = 60_000;

interface Kept<T> {
  readonly items: readonly T[];
  readonly fromMs: number;
  /** Items from here on are read again. */
  readonly settledMs: number;
  readonly wholeAtMs: number;
}

export class LiveTail<T> {
  readonly #options: LiveTailOptions<T>;
  #kept: Kept<T> | null = null;

  constructor(options: LiveTailOptions<T>) {
    this.#options = options;
  }

  /** `nowMs` is of the wall clock; `stepMs` is what items' times are multiples of, or 1. */
  async read(range: TimeRange, nowMs: number, stepMs: number): Promise<Result<readonly T[]>> {
    const { read, timeOf } = this.#options;
    const kept = this.#kept;
    const isUsable =
      kept !== null &&
      range.fromMs >= kept.fromMs &&
      range.fromMs <= kept.settledMs &&
      range.toMs >= kept.settledMs &&
      nowMs >= kept.wholeAtMs &&
      nowMs < kept.wholeAtMs + WHOLE_EVERY_MS;
    const settledMs = Math.min(range.toMs, Math.floor((nowMs - LATE_MS) / stepMs) * stepMs);
    if (!isUsable) {
      const result = await read(range);
      if (result.ok) {
        this.#kept = { items: result.value, fromMs: range.fromMs, settledMs, wholeAtMs: nowMs };
      }
      return result;
    }
    const isWhole = kept.settledMs >= range.toMs;
    const tail: Result<readonly T[]> = isWhole
      ? { ok: true, value: [] }
      : await read({ fromMs: kept.settledMs, toMs: range.toMs });
    if (!tail.ok) return tail;
    const inside = (item: T): boolean =>
      timeOf(item) >= range.fromMs && timeOf(item) < kept.settledMs;
    const value = [...kept.items.filter(inside), ...tail.value];
    this.#kept = { ...kept, items: value, fromMs: range.fromMs, settledMs };
    return { ok: true, value };
  }
}
