/**
 * Imported measurements, read as the store is: the rows of all browsers merged, their records side by side. Nothing of it
 * is written anywhere.
 */
import type { Result } from '../contracts/failure.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import type { Resolution, Rollup } from '../contracts/rollup.ts';
import { compare, rollupKey, type MetricsDataset } from '../core/export/metrics-dataset.ts';
import { figuresOf, type EndedFigures } from '../core/metrics/ended-figures.ts';
import { mergeRollups } from '../core/metrics/rollup.ts';
import type { EndedQuery, MonitorStore, RecordQuery, RollupQuery } from '../store/monitor-port.ts';

type MonitorReader = Pick<
  MonitorStore,
  | 'isPersistent'
  | 'rollups'
  | 'record'
  | 'records'
  | 'endedRecords'
  | 'endedFigures'
  | 'activeRecords'
  | 'countRecords'
>;

export class ImportedDataset implements MonitorReader {
  /** It lasts as long as it is shown, by design; nothing needs to be said about it. */
  readonly isPersistent = true;
  readonly dataset: MetricsDataset;
  readonly #rows = new Map<Resolution, readonly Rollup[]>();
  readonly #records: readonly RequestRecord[];

  constructor(dataset: MetricsDataset) {
    this.dataset = dataset;
    const byId = new Map<string, RequestRecord>();
    for (const { records } of dataset.sources) {
      for (const record of records ?? []) byId.set(record.id, record);
    }
    this.#records = [...byId.values()].sort((a, b) => a.acceptedAtEpochMs - b.acceptedAtEpochMs);
  }

  /** Wall clock: the moment up to which it tells, the last export. It takes the place of now. */
  get endMs(): number {
    return Math.max(...this.dataset.sources.map(({ exportedAtEpochMs }) => exportedAtEpochMs));
  }

  rollups({ resolution, fromMs, toMs }: RollupQuery): Promise<Result<readonly Rollup[]>> {
    let rows = this.#rows.get(resolution);
    if (rows === undefined) {
      rows = mergeRows(this.dataset, resolution);
      this.#rows.set(resolution, rows);
    }
    return done(
      resolution === 'total'
        ? rows
        : rows.filter(({ startMs }) => startMs >= fromMs && startMs < toMs),
    );
  }

  record(id: string): Promise<Result<RequestRecord | null>> {
    return done(this.#records.find((record) => record.id === id) ?? null);
  }

  records({
    fromMs,
    toMs,
    limit,
    order,
    outcome,
  }: RecordQuery): Promise<Result<readonly RequestRecord[]>> {
    const found = this.#records.filter(
      (record) =>
        record.acceptedAtEpochMs >= fromMs &&
        record.acceptedAtEpochMs < toMs &&
        (outcome === undefined || record.outcome === outcome),
    );
    return done((order === 'newest-first' ? found.reverse() : found).slice(0, limit));
  }

  endedRecords({ fromMs, toMs, limit }: EndedQuery): Promise<Result<readonly RequestRecord[]>> {
    const endOf = (record: RequestRecord): number => record.endedAtEpochMs ?? -1;
    const found = this.#records
      .filter((record) => endOf(record) >= fromMs && endOf(record) < toMs)
      .sort((a, b) => endOf(a) - endOf(b));
    return done(found.slice(0, limit));
  }

  async endedFigures(query: EndedQuery): Promise<Result<readonly EndedFigures[]>> {
    const ended = await this.endedRecords(query);
    return ended.ok ? { ok: true, value: figuresOf(ended.value) } : ended;
  }

  /** Requests end in their own browser. */
  activeRecords(): Promise<Result<readonly RequestRecord[]>> {
    return done([]);
  }

  countRecords(): Promise<Result<number>> {
    return done(this.#records.length);
  }
}

function mergeRows(dataset: MetricsDataset, resolution: Resolution): readonly Rollup[] {
  const rows = new Map<string, Rollup>();
  for (const row of dataset.sources.flatMap(({ rollups }) => rollups)) {
    if (row.resolution !== resolution) continue;
    const key = rollupKey(row);
    const before = rows.get(key);
    rows.set(key, before === undefined ? row : mergeRollups(before, row));
  }
  return [...rows]
    .sort(([a, x], [b, y]) => x.startMs - y.startMs || compare(a, b))
    .map(([, row]) => row);
}

function done<T>(value: T): Promise<Result<T>> {
  return Promise.resolve({ ok: true, value });
}
