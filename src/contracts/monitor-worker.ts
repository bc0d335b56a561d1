/** What the page and the worker that keeps monitoring's data say to each other. */
import type { Failure, Result } from './failure.ts';

/** Name of the BroadcastChannel on which the worker tells all tabs that something was written. */
export const MONITOR_CHANNEL = 'shellwright-monitor';

/** `method` is one of the store's; see src/store/worker-monitor.ts. */
export interface MonitorCall {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** `opened` comes first; its failure is null where the database is open. `closed`: the connection has ended by itself. */
export type MonitorNews =
  | { readonly kind: 'opened'; readonly failure: Failure | null }
  | { readonly kind: 'closed' }
  | { readonly kind: 'answer'; readonly id: number; readonly result: Result<unknown> };

/** The worker while it runs. */
export interface MonitorWorker {
  send(call: MonitorCall): void;
  terminate(): void;
}

/** `onCrash`: the worker could not be started, or broke. */
export type SpawnMonitorWorker = (
  onNews: (news: MonitorNews) => void,
  onCrash: () => void,
) => MonitorWorker;
