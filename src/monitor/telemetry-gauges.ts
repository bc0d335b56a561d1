/** What the relay is told besides counts: what only has a value now, of all pages of the site in this browser. */
import type { TelemetryGauges } from '../contracts/relay.ts';
import { RESOLUTION_MS } from '../contracts/rollup.ts';
import type { MonitorStore } from '../store/monitor-port.ts';

/** null where the store does not tell. */
export async function readTelemetryGauges(
  store: Pick<MonitorStore, 'activeRecords' | 'rollups'>,
  nowMs: number,
): Promise<TelemetryGauges | null> {
  // Each page that is shown samples its own memory into the row of the minute, which may have just begun.
  const fromMs = nowMs - 2 * RESOLUTION_MS.minute;
  const [active, rows] = await Promise.all([
    store.activeRecords(),
    store.rollups({ resolution: 'minute', fromMs, toMs: nowMs + 1 }),
  ]);
  if (!active.ok || !rows.ok) return null;
  const ratios = rows.value.flatMap(({ gauges }) => gauges['memory_used_ratio']?.max ?? []);
  return {
    activeRequests: active.value.length,
    memoryUsedRatio: ratios.length === 0 ? null : Math.max(...ratios),
  };
}
