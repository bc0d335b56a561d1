/** Counts and logs what happens to the engine besides requests: loads, lost devices, restarts. */
import type { EngineEvent, LoadReport } from '../contracts/engine.ts';
import type { Failure } from '../contracts/failure.ts';
import type { EngineDescription } from '../contracts/generation.ts';
import type { LogLine } from '../contracts/log-line.ts';
import type { RollupDelta } from '../contracts/rollup.ts';
import {
  deviceLost,
  modelLoaded,
  modelLoadFailed,
  workerRestarted,
} from '../core/metrics/event-deltas.ts';
import type { RestartReason } from '../core/metrics/metric-labels.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { Log } from './monitor-access.ts';

export interface EngineWatchOptions {
  readonly store: Pick<MonitorStore, 'add'>;
  readonly log: Log;
  readonly epochNow: () => number;
}

export type WatchedEvent =
  | EngineEvent
  | {
      readonly kind: 'worker-crashed';
      readonly reason: RestartReason;
      readonly restarts: number;
    }
  | { readonly kind: 'queue' };

export class EngineWatch {
  readonly #options: EngineWatchOptions;

  constructor(options: EngineWatchOptions) {
    this.#options = options;
  }

  /** Hook for the events of the worker's client. */
  readonly onEvent = (event: WatchedEvent): void => {
    const { log, epochNow } = this.#options;
    switch (event.kind) {
      case 'queue':
        return;
      case 'device-lost':
        this.#add(deviceLost(epochNow()));
        return log('error', 'engine', 'device lost', { count: event.count });
      case 'worker-crashed': {
        const { reason, restarts } = event;
        this.#add(workerRestarted(epochNow(), reason));
        return log('error', 'bridge', 'worker restarted', { reason, restarts });
      }
      case 'recovered':
        return log('info', 'engine', 'model recovered', describe(event.engine));
      case 'recovery-failed':
        return log('error', 'engine', 'model recovery failed', { code: event.failure.code });
    }
  };

  readonly onLoaded = ({ engine, source, storage, bytes, totalMs }: LoadReport): void => {
    const { log, epochNow } = this.#options;
    this.#add(modelLoaded(epochNow(), source, totalMs / 1000));
    log('info', 'engine', 'model loaded', {
      ...describe(engine),
      source,
      storage,
      bytes,
      totalMs: Math.round(totalMs),
    });
  };

  /** A load that its reader stopped has not failed. */
  readonly onLoadFailed = ({ code }: Failure): void => {
    if (code === 'model/load-cancelled') return;
    const { log, epochNow } = this.#options;
    this.#add(modelLoadFailed(epochNow(), code));
    log('error', 'engine', 'model load failed', { code });
  };

  #add(delta: RollupDelta): void {
    void this.#options.store.add([delta]);
  }
}

function describe(engine: EngineDescription): LogLine['fields'] {
  const { modelId, backend, precision, threads, adapter } = engine;
  return { modelId, backend, precision, threads, adapter };
}
