/** Reads every metric as it stands: totals from the store, gauges from the page. */
import type { Result } from '../contracts/failure.ts';
import type { Rollup } from '../contracts/rollup.ts';
import type { GaugeReading } from '../core/metrics/event-deltas.ts';
import { metricsSnapshot } from '../core/metrics/snapshot.ts';
import type { MetricsSnapshot } from '../core/metrics/snapshot-shape.ts';
import type { MonitorStore } from '../store/monitor-port.ts';

export interface ReadMetricsOptions {
  readonly store: Pick<MonitorStore, 'rollups' | 'activeRecords'>;
  readonly readGauges: () => Promise<Pick<GaugeReading, 'memoryUsedRatio' | 'storageUsedRatio'>>;
  /** Wall clock: when the page was opened; null where none is. */
  readonly startedAtEpochMs: number | null;
  /** Monotonic clock in milliseconds; 0 is when the page was opened, and null says that none is. */
  readonly now: () => number | null;
  readonly epochNow: () => number;
}

const DAY_MS = 86_400_000;

/** Requests that come and go meanwhile; after that many the figures are taken as they are. */
const MAX_TRIES = 5;

/** Fails as the store does. */
export async function readMetrics(options: ReadMetricsOptions): Promise<Result<MetricsSnapshot>> {
  const { store, readGauges, startedAtEpochMs, now, epochNow } = options;
  const standing = await readStanding(store);
  if (!standing.ok) return standing;
  const nowMs = epochNow();
  const minutes = await store.rollups({
    resolution: 'minute',
    fromMs: nowMs - DAY_MS,
    toMs: Infinity,
  });
  if (!minutes.ok) return minutes;
  const hours = await store.rollups({
    resolution: 'hour',
    fromMs: nowMs - 30 * DAY_MS,
    toMs: Infinity,
  });
  if (!hours.ok) return hours;
  const uptimeMs = now();
  return {
    ok: true,
    value: metricsSnapshot({
      nowMs,
      totals: standing.value.totals,
      recent: [...minutes.value, ...hours.value],
      current: {
        activeRequests: standing.value.activeCount,
        ...(await readGauges()),
        startedAtEpochMs,
        uptimeSeconds: uptimeMs === null ? null : uptimeMs / 1000,
      },
    }),
  };
}

interface Standing {
  readonly totals: readonly Rollup[];
  readonly activeCount: number;
}

/** Two reads of one moment: the same requests were active before the totals were read and after. */
async function readStanding(store: ReadMetricsOptions['store']): Promise<Result<Standing>> {
  let before = await store.activeRecords();
  for (let tries = 1; ; tries++) {
    if (!before.ok) return before;
    const totals = await store.rollups({ resolution: 'total', fromMs: 0, toMs: Infinity });
    if (!totals.ok) return totals;
    const after = await store.activeRecords();
    if (!after.ok) return after;
    const ids = new Set(before.value.map(({ id }) => id));
    const isStill = after.value.length === ids.size && after.value.every(({ id }) => ids.has(id));
    if (isStill || tries === MAX_TRIES) {
      return { ok: true, value: { totals: totals.value, activeCount: after.value.length } };
    }
    before = after;
  }
}
