/**
 * What the page and `window.shellwright` ask of monitoring when somebody looks: health, figures, records, the export.
 * No part of the first load.
 */
import type { Result } from '../contracts/failure.ts';
import type { CheckHealth, DeepHealth } from '../contracts/health.ts';
import type { HistoryEntry } from '../contracts/history.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import type { Objective } from '../core/metrics/dashboard-shape.ts';
import type { MetricsSnapshot } from '../core/metrics/snapshot-shape.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { ResilientMonitor } from '../store/resilient-monitor.ts';
import { Health, type HealthEngine, type HealthProbe } from './health.ts';
import { exportMetrics, type ExportMetrics } from './metrics-export.ts';
import { exportText, type ExportText } from './text-export.ts';
import { readMetrics, type ReadMetricsOptions } from './read-metrics.ts';
import { readDevice, readPageEnvironment } from './page-environment.ts';
import { settleSoon } from './settle-soon.ts';

export interface PageToolsOptions {
  readonly store: MonitorStore & Pick<ResilientMonitor, 'settled'>;
  readonly client: HealthProbe;
  readonly engine: HealthEngine;
  /** The newest entries of the history, at most so many. */
  readonly readHistory: (limit: number) => Promise<Result<readonly HistoryEntry[]>>;
  readonly objectives: () => readonly Objective[];
  readonly sourceId: () => string;
  readonly versions: DeepHealth['versions'];
  /** Wall clock: when the page was opened. */
  readonly startedAtEpochMs: number;
  readonly readGauges: ReadMetricsOptions['readGauges'];
  /** Monotonic clock in milliseconds; 0 is when the page was opened. */
  readonly now: () => number;
  readonly epochNow: () => number;
  readonly after: (ms: number, callback: () => void) => () => void;
}

export interface RecordsQuery {
  /** Accepted at this moment or later. */
  readonly sinceEpochMs: number;
  readonly limit: number;
}

const MAX_CONTENT_ENTRIES = 200_000;

export class PageTools {
  readonly #options: PageToolsOptions;
  readonly #health: Health;

  constructor(options: PageToolsOptions) {
    this.#options = options;
    this.#health = new Health({
      ...options,
      readEnvironment: readPageEnvironment,
      startedAtMs: 0,
    });
  }

  readonly checkHealth: CheckHealth = (query) => this.#health.check(query);

  readonly exportMetrics: ExportMetrics = async (choice) => {
    const { store, readHistory, sourceId, versions, engine, objectives, epochNow } = this.#options;
    await settleSoon(this.#options);
    return exportMetrics(
      {
        store,
        readContent: () => readHistory(MAX_CONTENT_ENTRIES),
        sourceId: sourceId(),
        appVersion: versions.app,
        device: readDevice(),
        engine: engine.engine,
        objectives: objectives(),
        epochNow,
      },
      choice,
    );
  };

  readonly exportText: ExportText = async (kind) => {
    const { store, sourceId, epochNow } = this.#options;
    await settleSoon(this.#options);
    const readSnapshot = () => readMetrics(this.#options);
    return exportText({ store, readSnapshot, sourceId: sourceId(), epochNow }, kind);
  };

  /** Of every request that had ended when it was asked for. */
  async metrics(): Promise<Result<MetricsSnapshot>> {
    await settleSoon(this.#options);
    return readMetrics(this.#options);
  }

  /** Newest first, active ones included. */
  async records({ sinceEpochMs, limit }: RecordsQuery): Promise<Result<readonly RequestRecord[]>> {
    await settleSoon(this.#options);
    return this.#options.store.records({
      fromMs: sinceEpochMs,
      toMs: Infinity,
      limit,
      order: 'newest-first',
    });
  }
}
