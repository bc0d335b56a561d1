/** Reads what monitoring has on the disk, for any number of askers at once. */
import type { TabStanding } from '../../contracts/endpoint.ts';
import type { Result } from '../../contracts/failure.ts';
import type { LogLine } from '../../contracts/log-line.ts';
import { exemplarsOf } from '../../core/export/exemplars.ts';
import type { ExpositionFormat } from '../../core/export/exposition.ts';
import { writePrometheusText } from '../../core/export/prometheus-text.ts';
import { readMetrics } from '../../monitor/read-metrics.ts';
import { storeFailure } from '../../store/attempt.ts';
import type { MonitorStore } from '../../store/monitor-port.ts';
import { SharedRun } from './shared-run.ts';

/** Of src/store/indexed-db-monitor.ts. */
export interface ReadStore extends Pick<
  MonitorStore,
  'rollups' | 'records' | 'appendLogs' | 'activeRecords'
> {
  /** Wall clock: when the totals began; null where nothing was counted. */
  countingSince(): Promise<Result<number | null>>;
}

export interface MetricsReaderOptions {
  /** May reject. `onClosed` is for a connection that ends by itself. */
  readonly open: (onClosed: () => void) => Promise<ReadStore>;
  /** Of the tab that answers; null where none is open, and then memory and uptime have no value. Never rejects. */
  readonly readStanding: () => Promise<TabStanding | null>;
  readonly epochNow: () => number;
}

export interface Uptime {
  readonly standing: TabStanding | null;
  /** Wall clock: when the totals began; null where nothing was counted. */
  readonly countingSinceEpochMs: number | null;
}

/** The newest that have ended: enough for the last scrapes of a busy tab. */
const EXEMPLAR_RECORDS = 200;
/** Many who look take a sixth of the time at most, and the rest is left to those who work. */
const REST_FACTOR = 5;

export class MetricsReader {
  readonly #options: MetricsReaderOptions;
  #store: Promise<ReadStore> | null = null;
  readonly #texts: Readonly<Record<ExpositionFormat, SharedRun<Result<string>>>>;
  readonly #uptime = new SharedRun(() => this.#readUptime(), REST_FACTOR);
  #lines: LogLine[] = [];
  #writing: Promise<void> | null = null;

  constructor(options: MetricsReaderOptions) {
    this.#options = options;
    this.#texts = {
      text: new SharedRun(() => this.#read('text'), REST_FACTOR),
      openmetrics: new SharedRun(() => this.#read('openmetrics'), REST_FACTOR),
    };
  }

  /** As it stood at the question or later. */
  text(format: ExpositionFormat): Promise<Result<string>> {
    return this.#texts[format].result();
  }

  uptime(): Promise<Result<Uptime>> {
    return this.#uptime.result();
  }

  async #read(format: ExpositionFormat): Promise<Result<string>> {
    const standing = await this.#options.readStanding();
    return this.#with(async (store) => {
      const snapshot = await readMetrics({
        store,
        readGauges: () =>
          Promise.resolve({
            memoryUsedRatio: standing?.memoryUsedRatio ?? null,
            storageUsedRatio: standing?.storageUsedRatio ?? null,
          }),
        startedAtEpochMs: standing?.startedAtEpochMs ?? null,
        now: () => (standing === null ? null : standing.uptimeSeconds * 1000),
        epochNow: this.#options.epochNow,
      });
      if (!snapshot.ok) return snapshot;
      if (format === 'text') {
        return { ok: true, value: writePrometheusText(snapshot.value, { format }) };
      }
      const [records, since] = await Promise.all([
        store.records({
          fromMs: 0,
          toMs: Infinity,
          limit: EXEMPLAR_RECORDS,
          order: 'newest-first',
        }),
        store.countingSince(),
      ]);
      if (!records.ok) return records;
      const ended = records.value.filter(({ endedAtEpochMs }) => endedAtEpochMs !== null);
      const exemplars = exemplarsOf(ended);
      const createdAtEpochMs = since.ok ? since.value : null;
      return {
        ok: true,
        value: writePrometheusText(snapshot.value, { format, createdAtEpochMs, exemplars }),
      };
    });
  }

  async #readUptime(): Promise<Result<Uptime>> {
    const [standing, since] = await Promise.all([
      this.#options.readStanding(),
      this.#with((store) => store.countingSince()),
    ]);
    return since.ok ? { ok: true, value: { standing, countingSinceEpochMs: since.value } } : since;
  }

  /** Resolves when it is on the disk. Lines that come while others are being written go together. */
  async log(line: LogLine): Promise<void> {
    this.#lines.push(line);
    await this.#writing;
    this.#writing ??= this.#write().finally(() => (this.#writing = null));
    await this.#writing;
  }

  async #write(): Promise<void> {
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) await this.#with((store) => store.appendLogs(lines));
  }

  async #with<T>(work: (store: ReadStore) => Promise<Result<T>>): Promise<Result<T>> {
    try {
      this.#store ??= this.#options.open(() => (this.#store = null));
      return await work(await this.#store);
    } catch (error) {
      this.#store = null;
      return { ok: false, failure: storeFailure(error) };
    }
  }
}
