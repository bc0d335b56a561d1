/** The worker that writes what monitoring measures: each request is some thirty calls of IndexedDB, and none on the page. */
import type { Result } from '../contracts/failure.ts';
import {
  MONITOR_CHANNEL,
  type MonitorCall,
  type MonitorNews,
} from '../contracts/monitor-worker.ts';
import { storeFailure } from './attempt.ts';
import { BroadcastNotifier } from './broadcast-notifier.ts';
import type { WorkerMethod } from './worker-monitor.ts';
import { openMonitor } from './open-monitor.ts';
import { Throttle } from './throttle.ts';

const NOTIFY_EVERY_MS = 250;
const WRITES = new Set(['open', 'close', 'amend', 'add', 'appendLogs', 'prune', 'clear', 'absorb']);

type Methods = Readonly<
  Record<WorkerMethod, (...args: readonly unknown[]) => Promise<Result<unknown>>>
>;

function tell(news: MonitorNews): void {
  postMessage(news);
}

/** Pages that show what is measured listen, in whichever tab they are. */
const channel = new BroadcastNotifier(MONITOR_CHANNEL);
const news = new Throttle(
  NOTIFY_EVERY_MS,
  (ms, callback) => setTimeout(callback, ms),
  () => channel.notify(),
);

const opened = openMonitor(() => tell({ kind: 'closed' }));

opened.then(
  () => tell({ kind: 'opened', failure: null }),
  (error: unknown) => tell({ kind: 'opened', failure: storeFailure(error) }),
);

addEventListener('message', ({ data }: MessageEvent<MonitorCall>) => void answer(data));

async function answer({ id, method, args }: MonitorCall): Promise<void> {
  try {
    const store = (await opened) as unknown as Methods;
    const result = await store[method as WorkerMethod](...args);
    tell({ kind: 'answer', id, result });
    if (result.ok && WRITES.has(method)) news.ask();
  } catch (error) {
    tell({ kind: 'answer', id, result: { ok: false, failure: storeFailure(error) } });
  }
}
