/** This browser's figures as files for Prometheus: as they stand, or over time. */
import type { Result } from '../contracts/failure.ts';
import type { Rollup } from '../contracts/rollup.ts';
import { CONTENT_TYPES } from '../core/export/exposition.ts';
import { writeOpenMetricsHistory } from '../core/export/openmetrics-history.ts';
import { writePrometheusText } from '../core/export/prometheus-text.ts';
import type { MetricsSnapshot } from '../core/metrics/snapshot-shape.ts';
import type { MonitorStore } from '../store/monitor-port.ts';

/** `prometheus`: text format 0.0.4. `history`: OpenMetrics with times, for `promtool tsdb create-blocks-from`. */
export type TextExportKind = 'prometheus' | 'history';

export interface ExportedText {
  readonly fileName: string;
  /** Empty where nothing was measured. */
  readonly text: string;
  /** Media type. */
  readonly type: string;
}

export type ExportText = (kind: TextExportKind) => Promise<Result<ExportedText>>;

export interface TextExportOptions {
  readonly store: Pick<MonitorStore, 'rollups'>;
  readonly readSnapshot: () => Promise<Result<MetricsSnapshot>>;
  /** Of this browser: it becomes the label `instance` of the history. */
  readonly sourceId: string;
  readonly epochNow: () => number;
}

/** Fails as the store does. */
export async function exportText(
  options: TextExportOptions,
  kind: TextExportKind,
): Promise<Result<ExportedText>> {
  const { store, readSnapshot, sourceId, epochNow } = options;
  if (kind === 'prometheus') {
    const snapshot = await readSnapshot();
    if (!snapshot.ok) return snapshot;
    const text = writePrometheusText(snapshot.value, { format: 'text' });
    return {
      ok: true,
      value: { fileName: 'shellwright-metrics.prom', text, type: CONTENT_TYPES.text },
    };
  }
  const rows = { minute: [], hour: [], total: [] } as Record<string, readonly Rollup[]>;
  for (const resolution of ['minute', 'hour', 'total'] as const) {
    const found = await store.rollups({ resolution, fromMs: 0, toMs: Infinity });
    if (!found.ok) return found;
    rows[resolution] = found.value;
  }
  const parts = writeOpenMetricsHistory({
    minutes: rows['minute'] ?? [],
    hours: rows['hour'] ?? [],
    totals: rows['total'] ?? [],
    nowMs: epochNow(),
    labels: { job: 'shellwright', instance: sourceId },
  });
  return {
    ok: true,
    value: {
      fileName: 'shellwright-history.openmetrics.txt',
      text: [...parts].join(''),
      type: CONTENT_TYPES.openmetrics,
    },
  };
}
