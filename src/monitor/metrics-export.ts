/** Exports what this browser has measured as a metrics file. */
import type { Result } from '../contracts/failure.ts';
import type { EngineDescription } from '../contracts/generation.ts';
import type { HistoryEntry } from '../contracts/history.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import type { Resolution, Rollup } from '../contracts/rollup.ts';
import type { RequestContent, SourceDevice } from '../core/export/metrics-dataset.ts';
import { writeMetricsFile } from '../core/export/write-metrics-file.ts';
import type { Objective } from '../core/metrics/dashboard-shape.ts';
import type { MonitorStore } from '../store/monitor-port.ts';

export interface ExportChoice {
  /** Adds one record for each request that has ended. Left out is false. */
  readonly records?: boolean;
  /** Adds prompts and scripts to the records. Left out is false, and it is without meaning where there are no records. */
  readonly content?: boolean;
}

export interface ExportedMetrics {
  readonly fileName: string;
  readonly text: string;
  readonly recordCount: number;
  /** Older records that would have made the file too large to be read again. */
  readonly omittedRecordCount: number;
}

export type ExportMetrics = (choice: ExportChoice) => Promise<Result<ExportedMetrics>>;

export interface MetricsExportOptions {
  readonly store: Pick<MonitorStore, 'rollups' | 'records'>;
  /** Of the history, newest first. */
  readonly readContent: () => Promise<Result<readonly HistoryEntry[]>>;
  readonly sourceId: string;
  readonly appVersion: string;
  readonly device: SourceDevice;
  /** null while no model is ready. */
  readonly engine: EngineDescription | null;
  readonly objectives: readonly Objective[];
  readonly epochNow: () => number;
  /** Of records and content together; what a file can hold, if left out. */
  readonly maxRecordChars?: number;
}

/** What remains of the limit on import is for everything else. */
const MAX_RECORD_CHARS = 96 * 1024 * 1024;
const MAX_RECORDS = 200_000;

/** Fails with `store/unavailable` or `store/quota-exceeded`, as the store does. */
export async function exportMetrics(
  options: MetricsExportOptions,
  { records: withRecords = false, content: withContent = false }: ExportChoice,
): Promise<Result<ExportedMetrics>> {
  const exportedAtEpochMs = options.epochNow();
  const rollups: Rollup[] = [];
  // The totals last: whatever is counted meanwhile is then in them too, and parts never exceed the whole.
  for (const resolution of ['minute', 'hour', 'total'] as const satisfies Resolution[]) {
    const rows = await options.store.rollups({ resolution, fromMs: 0, toMs: Infinity });
    if (!rows.ok) return rows;
    rollups.push(...rows.value);
  }
  const found = withRecords ? await readRecords(options) : null;
  if (found?.ok === false) return found;
  const entries = withRecords && withContent ? await options.readContent() : null;
  if (entries?.ok === false) return entries;
  const content = entries === null ? null : toContent(entries.value);
  const records =
    found === null ? null : fit(found.value, content, options.maxRecordChars ?? MAX_RECORD_CHARS);
  const ids = new Set(records?.map(({ id }) => id));
  const { sourceId: id, appVersion, device, engine: model, objectives } = options;
  return {
    ok: true,
    value: {
      fileName: `shellwright-metrics-${new Date(exportedAtEpochMs).toISOString().slice(0, 19).replaceAll(':', '-')}Z.json`,
      text: writeMetricsFile({
        sources: [
          {
            id,
            exportedAtEpochMs,
            appVersion,
            device,
            model,
            objectives,
            rollups,
            records,
            content:
              content === null ? null : [...content.values()].filter((entry) => ids.has(entry.id)),
          },
        ],
      }),
      recordCount: records?.length ?? 0,
      omittedRecordCount: (found?.value.length ?? 0) - (records?.length ?? 0),
    },
  };
}

/** Ended ones, newest first. */
async function readRecords({
  store,
}: MetricsExportOptions): Promise<Result<readonly RequestRecord[]>> {
  const result = await store.records({
    fromMs: 0,
    toMs: Infinity,
    limit: MAX_RECORDS,
    order: 'newest-first',
  });
  if (!result.ok) return result;
  return { ok: true, value: result.value.filter(({ endedAtEpochMs }) => endedAtEpochMs !== null) };
}

function toContent(entries: readonly HistoryEntry[]): ReadonlyMap<string, RequestContent> {
  return new Map(
    entries.map(({ id, record: { prompt, text } }) => [id, { id, prompt, text }] as const),
  );
}

/** The newest records, as many as the file can hold. */
function fit(
  records: readonly RequestRecord[],
  content: ReadonlyMap<string, RequestContent> | null,
  maxChars: number,
): readonly RequestRecord[] {
  let chars = 0;
  const end = records.findIndex((record) => {
    chars += JSON.stringify(record).length;
    const entry = content?.get(record.id);
    if (entry !== undefined) chars += JSON.stringify(entry).length;
    return chars > maxChars;
  });
  return end < 0 ? records : records.slice(0, end);
}
