/** The time axis of a waterfall. */

export interface Tick {
  readonly atMs: number;
  /** Share of the axis, in [0, 1]. */
  readonly share: number;
}

/** Round times from 0 on, about `count` of them. @param durationMs positive */
export function axisTicks(durationMs: number, count: number): readonly Tick[] {
  const raw = durationMs / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const ticks: Tick[] = [];
  // Counted, not added up: sums of steps drift.
  for (let number = 0; number * step <= durationMs; number++) {
    ticks.push({ atMs: number * step, share: (number * step) / durationMs });
  }
  return ticks;
}
