/** What is to be sent next of each signal, and where that leads on. */
import type { Result } from '../contracts/failure.ts';
import type { StoredLogLine } from '../contracts/log-line.ts';
import type { OtlpChoice, OtlpSignal } from '../contracts/otlp.ts';
import { RESOLUTION_MS } from '../contracts/rollup.ts';
import { otlpLogs } from '../core/export/otlp-logs.ts';
import { otlpMetrics } from '../core/export/otlp-metrics.ts';
import { otlpTraces } from '../core/export/otlp-traces.ts';
import type { OtlpSource } from '../core/export/otlp-values.ts';
import { FIRST_MEMORY_LOG_ID, type MonitorStore } from '../store/monitor-port.ts';

export interface Batch {
  readonly payload: object;
  /** Data points, traces or lines; 0 where there is nothing to be sent. */
  readonly items: number;
  /** What the signal's cursor is when the batch has arrived. */
  readonly next: number;
  /** There is more behind it. */
  readonly hasMore: boolean;
  /** Older ones that are left out, because there are too many. */
  readonly overflowed: number;
}

export interface BatchOptions {
  readonly store: Pick<MonitorStore, 'rollups' | 'endedRecords' | 'logs'>;
  readonly source: OtlpSource;
  readonly names: OtlpChoice['names'];
}

type Read = (options: BatchOptions, cursor: number, nowMs: number) => Promise<Result<Batch>>;

/** Rows and records may still be added to for a while after their time. */
const SETTLED_AFTER_MS = 2 * RESOLUTION_MS.minute;
const MINUTES_PER_BATCH = 30;
const TRACES_PER_BATCH = 100;
const LINES_PER_BATCH = 500;
const MAX_LINES_BEHIND = 5_000;

/** Cursors are the time up to which rows and traces were sent, and the id of the last line. */
export const READ_BATCH: Readonly<Record<OtlpSignal, Read>> = {
  async metrics({ store, source, names }, fromMs, nowMs) {
    const { minute } = RESOLUTION_MS;
    const settledMs = Math.floor((nowMs - SETTLED_AFTER_MS) / minute) * minute;
    const toMs = Math.min(settledMs, fromMs + MINUTES_PER_BATCH * minute);
    if (toMs <= fromMs) return { ok: true, value: nothing(fromMs) };
    const rows = await store.rollups({ resolution: 'minute', fromMs, toMs });
    if (!rows.ok) return rows;
    const { payload, points } = otlpMetrics(rows.value, source, names);
    return {
      ok: true,
      value: {
        payload,
        items: points,
        next: toMs,
        hasMore: toMs < settledMs,
        overflowed: 0,
      },
    };
  },

  async traces({ store, source }, fromMs, nowMs) {
    const toMs = nowMs - SETTLED_AFTER_MS;
    if (toMs <= fromMs) return { ok: true, value: nothing(fromMs) };
    const limit = TRACES_PER_BATCH + 1;
    const found = await store.endedRecords({ fromMs, toMs, limit });
    if (!found.ok) return found;
    const hasMore = found.value.length === limit;
    const lastMs = found.value.at(-1)?.endedAtEpochMs ?? toMs;
    // All that ended in one millisecond are sent together, or the rest of them would be passed over.
    const next = !hasMore ? toMs : Math.max(lastMs, fromMs + 1);
    const records = found.value.filter(({ endedAtEpochMs }) => (endedAtEpochMs ?? 0) < next);
    return {
      ok: true,
      value: {
        payload: otlpTraces(records, source),
        items: records.length,
        next,
        hasMore,
        overflowed: 0,
      },
    };
  },

  async logs({ store, source }, afterId) {
    const behind: StoredLogLine[] = [];
    let beforeId: number | null = null;
    let overflowed = 0;
    for (;;) {
      const found = await store.logs({
        level: 'debug',
        text: '',
        traceId: null,
        limit: LINES_PER_BATCH,
        beforeId,
      });
      if (!found.ok) return found;
      const newer = found.value.filter(({ id }) => id > afterId);
      // What is not on the disk yet is sent under the id that it gets there.
      behind.push(...newer.filter(({ id }) => id < FIRST_MEMORY_LOG_ID));
      beforeId = found.value.at(-1)?.id ?? null;
      if (newer.length < LINES_PER_BATCH || beforeId === null) break;
      if (behind.length >= MAX_LINES_BEHIND) {
        overflowed = beforeId - afterId - 1;
        break;
      }
    }
    const lines = behind.reverse().slice(0, LINES_PER_BATCH);
    return {
      ok: true,
      value: {
        payload: otlpLogs(lines, source),
        items: lines.length,
        next: lines.at(-1)?.id ?? afterId,
        hasMore: behind.length > lines.length,
        overflowed,
      },
    };
  },
};

function nothing(next: number): Batch {
  return { payload: {}, items: 0, next, hasMore: false, overflowed: 0 };
}
