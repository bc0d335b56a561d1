/** Rows of the window before the one that is shown: only their sums are needed, so whole hours are read as one row each. */
import type { Result } from '../contracts/failure.ts';
import { RESOLUTION_MS, type Resolution, type Rollup } from '../contracts/rollup.ts';
import type { TimeRange } from '../core/metrics/dashboard-shape.ts';
import type { MonitorStore } from '../store/monitor-port.ts';

/** Over, and so the same whenever it is read; but what was deleted must not be compared with for long. */
const KEPT_MS = 60_000;

export class WindowBefore {
  readonly #store: Pick<MonitorStore, 'rollups'>;
  #kept: { readonly key: string; readonly rows: readonly Rollup[] } | null = null;

  constructor(store: Pick<MonitorStore, 'rollups'>) {
    this.#store = store;
  }

  /** `range` is the one that is shown, `resolution` that of its rows; `isMerged` as in a query of the store. */
  async read(
    { fromMs, toMs }: TimeRange,
    resolution: Exclude<Resolution, 'total'>,
    nowMs: number,
    isMerged: boolean,
  ): Promise<Result<readonly Rollup[]>> {
    const before = { fromMs: fromMs - (toMs - fromMs), toMs: fromMs };
    const minute = Math.floor(nowMs / KEPT_MS);
    const key = [before.fromMs, before.toMs, resolution, minute, isMerged].join(' ');
    if (this.#kept?.key === key) return { ok: true, value: this.#kept.rows };
    const parts = await Promise.all(
      partsOf(before, resolution).map((part) => this.#store.rollups({ ...part, isMerged })),
    );
    const rows: Rollup[] = [];
    for (const part of parts) {
      if (!part.ok) return part;
      rows.push(...part.value);
    }
    this.#kept = { key, rows };
    return { ok: true, value: rows };
  }
}

type Part = TimeRange & { readonly resolution: Exclude<Resolution, 'total'> };

/** The hours that are wholly in the range, and the minutes around them. */
function partsOf(range: TimeRange, resolution: Part['resolution']): Part[] {
  const hourMs = RESOLUTION_MS.hour;
  const firstMs = Math.ceil(range.fromMs / hourMs) * hourMs;
  const lastMs = Math.floor(range.toMs / hourMs) * hourMs;
  if (resolution === 'hour' || lastMs <= firstMs) return [{ ...range, resolution }];
  const parts: Part[] = [
    { fromMs: range.fromMs, toMs: firstMs, resolution: 'minute' },
    { fromMs: firstMs, toMs: lastMs, resolution: 'hour' },
    { fromMs: lastMs, toMs: range.toMs, resolution: 'minute' },
  ];
  return parts.filter(({ fromMs, toMs }) => toMs > fromMs);
}
