/** Monitoring's data on the disk, written by a worker and, where much is to be read, read by the page itself. */
import { failure, FailureError, type Failure, type Result } from '../contracts/failure.ts';
import type { LogLine, StoredLogLine } from '../contracts/log-line.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import type { MonitorWorker, SpawnMonitorWorker } from '../contracts/monitor-worker.ts';
import type { Rollup, RollupDelta } from '../contracts/rollup.ts';
import type { EndedFigures } from '../core/metrics/ended-figures.ts';
import { storeFailure } from './attempt.ts';
import type { KeptElsewhere } from './indexed-db-monitor.ts';
import type {
  EndedQuery,
  LogQuery,
  Pruned,
  RecordQuery,
  RetentionLimits,
  RollupQuery,
} from './monitor-port.ts';
import type { DiskMonitor } from './resilient-monitor.ts';

/** What the worker does. Reading much is left to the page: it would be copied twice. */
export type WorkerMethod = Exclude<
  keyof DiskMonitor,
  'isPersistent' | 'rollups' | 'records' | 'endedRecords' | 'endedFigures' | 'logs'
>;

export interface WorkerMonitorOptions {
  readonly spawn: SpawnMonitorWorker;
  /** Opens a connection of the page's own, when somebody first reads much. May reject. */
  readonly openHere: (onClosed: () => void) => Promise<DiskMonitor>;
}

/** Rejects where the database cannot be opened; where no worker can be started, the page writes by itself. */
export function openWorkerMonitor(
  { spawn, openHere }: WorkerMonitorOptions,
  onClosed: () => void,
): Promise<DiskMonitor> {
  return new Promise((resolve, reject) => {
    let monitor: WorkerMonitor | null = null;
    const worker = spawn(
      (news) => {
        if (news.kind === 'answer') monitor?.settle(news.id, news.result);
        else if (news.kind === 'closed') onClosed();
        else if (news.failure === null) {
          monitor = new WorkerMonitor(worker, openHere);
          resolve(monitor);
        } else {
          worker.terminate();
          reject(new FailureError(news.failure));
        }
      },
      () => {
        worker.terminate();
        if (monitor === null) return resolve(openHere(onClosed));
        monitor.fail(failure('store/unavailable', undefined, { cause: 'worker' }));
        onClosed();
      },
    );
  });
}

class WorkerMonitor implements DiskMonitor {
  readonly isPersistent = true;
  readonly #worker: MonitorWorker;
  readonly #openHere: WorkerMonitorOptions['openHere'];
  readonly #waiting = new Map<number, (result: Result<never>) => void>();
  #reader: Promise<DiskMonitor> | null = null;
  #lastId = 0;
  #crash: Failure | null = null;

  constructor(worker: MonitorWorker, openHere: WorkerMonitorOptions['openHere']) {
    this.#worker = worker;
    this.#openHere = openHere;
  }

  settle(id: number, result: Result<unknown>): void {
    this.#waiting.get(id)?.(result as Result<never>);
    this.#waiting.delete(id);
  }

  /** Nothing will be answered any more. */
  fail(cause: Failure): void {
    this.#crash = cause;
    for (const id of this.#waiting.keys()) this.settle(id, { ok: false, failure: cause });
  }

  open(record: RequestRecord, delta: RollupDelta): Promise<Result<void>> {
    return this.#call('open', record, delta);
  }

  close(record: RequestRecord, deltas: readonly RollupDelta[]): Promise<Result<boolean>> {
    return this.#call('close', record, deltas);
  }

  amend(
    id: string,
    change: Partial<Pick<RequestRecord, 'similarity' | 'timestamps'>>,
    delta: RollupDelta | null,
  ): Promise<Result<boolean>> {
    return this.#call('amend', id, change, delta);
  }

  add(deltas: readonly RollupDelta[]): Promise<Result<void>> {
    return this.#call('add', deltas);
  }

  record(id: string): Promise<Result<RequestRecord | null>> {
    return this.#call('record', id);
  }

  activeRecords(): Promise<Result<readonly RequestRecord[]>> {
    return this.#call('activeRecords');
  }

  countRecords(): Promise<Result<number>> {
    return this.#call('countRecords');
  }

  appendLogs(lines: readonly LogLine[]): Promise<Result<void>> {
    return this.#call('appendLogs', lines);
  }

  prune(limits: RetentionLimits): Promise<Result<Pruned>> {
    return this.#call('prune', limits);
  }

  clear(): Promise<Result<void>> {
    return this.#call('clear');
  }

  absorb(kept: KeptElsewhere): Promise<Result<void>> {
    return this.#call('absorb', kept);
  }

  rollups(query: RollupQuery): Promise<Result<readonly Rollup[]>> {
    return this.#read((reader) => reader.rollups(query));
  }

  records(query: RecordQuery): Promise<Result<readonly RequestRecord[]>> {
    return this.#read((reader) => reader.records(query));
  }

  endedRecords(query: EndedQuery): Promise<Result<readonly RequestRecord[]>> {
    return this.#read((reader) => reader.endedRecords(query));
  }

  endedFigures(query: EndedQuery): Promise<Result<readonly EndedFigures[]>> {
    return this.#read((reader) => reader.endedFigures(query));
  }

  logs(query: LogQuery): Promise<Result<readonly StoredLogLine[]>> {
    return this.#read((reader) => reader.logs(query));
  }

  #call<T>(method: WorkerMethod, ...args: readonly unknown[]): Promise<Result<T>> {
    if (this.#crash !== null) return Promise.resolve({ ok: false, failure: this.#crash });
    return new Promise((resolve) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, resolve);
      this.#worker.send({ id, method, args });
    });
  }

  async #read<T>(work: (reader: DiskMonitor) => Promise<Result<T>>): Promise<Result<T>> {
    const forget = (): void => {
      this.#reader = null;
    };
    try {
      this.#reader ??= this.#openHere(forget);
      return await work(await this.#reader);
    } catch (error) {
      // The next one tries again.
      forget();
      return { ok: false, failure: storeFailure(error) };
    }
  }
}
