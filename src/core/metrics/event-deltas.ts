/** What everything but requests adds to the rollups. These rows have no model, backend or outcome. */
import type { FailureCode } from '../../contracts/failure.ts';
import type { RollupDelta, SeriesKey } from '../../contracts/rollup.ts';
import type {
  DropReason,
  DropSignal,
  HealthCheckKind,
  HealthCheckResult,
  LoadSource,
  RestartReason,
} from './metric-labels.ts';
import type { MetricName } from './metric-table.ts';
import { formatSeriesKey, type Labels } from './series-key.ts';

type Additions = Partial<Pick<RollupDelta, 'counters' | 'observations' | 'gauges'>>;

export function modelLoaded(atEpochMs: number, source: LoadSource, seconds: number): RollupDelta {
  return event(atEpochMs, { observations: [series('model_load_seconds', seconds, { source })] });
}

export function modelLoadFailed(atEpochMs: number, code: FailureCode): RollupDelta {
  return event(atEpochMs, { counters: [series('model_load_failures_total', 1, { code })] });
}

export function deviceLost(atEpochMs: number): RollupDelta {
  return event(atEpochMs, { counters: [series('device_lost_total', 1)] });
}

export function workerRestarted(atEpochMs: number, reason: RestartReason): RollupDelta {
  return event(atEpochMs, { counters: [series('worker_restarts_total', 1, { reason })] });
}

export function healthChecked(
  atEpochMs: number,
  kind: HealthCheckKind,
  result: HealthCheckResult,
  checks = 1,
): RollupDelta {
  return event(atEpochMs, { counters: [series('health_checks_total', checks, { kind, result })] });
}

export function telemetryDropped(
  atEpochMs: number,
  signal: DropSignal,
  reason: DropReason,
  items: number,
): RollupDelta {
  return event(atEpochMs, {
    counters: [series('telemetry_dropped_total', items, { signal, reason })],
  });
}

/** A reading of what only has a value now; null where the browser does not tell. Shares are in [0, 1]. */
export interface GaugeReading {
  readonly activeRequests: number;
  readonly memoryUsedRatio: number | null;
  readonly storageUsedRatio: number | null;
}

export function gaugesRead(atEpochMs: number, reading: GaugeReading): RollupDelta {
  const { activeRequests, memoryUsedRatio, storageUsedRatio } = reading;
  return event(atEpochMs, {
    gauges: [
      series('active_generation_requests', activeRequests),
      ...(memoryUsedRatio === null ? [] : [series('memory_used_ratio', memoryUsedRatio)]),
      ...(storageUsedRatio === null ? [] : [series('storage_used_ratio', storageUsedRatio)]),
    ],
  });
}

function event(atEpochMs: number, additions: Additions): RollupDelta {
  return {
    atEpochMs,
    model: 'none',
    backend: 'none',
    outcome: 'none',
    counters: [],
    observations: [],
    gauges: [],
    ...additions,
  };
}

function series(
  name: MetricName,
  value: number,
  labels: Labels = {},
): readonly [SeriesKey, number] {
  return [formatSeriesKey(name, labels), value];
}
