/** The worker that writes what monitoring measures: each request is some thirty calls of IndexedDB, and none on the page. */
import type { Result } from '../contracts/failure.ts';
import type { MonitorCall, MonitorNews } from '../contracts/monitor-worker.ts';
import { storeFailure } from './attempt.ts';
import type { WorkerMethod } from './worker-monitor.ts';
import { openMonitor } from './open-monitor.ts';

type Methods = Readonly<
  Record<WorkerMethod, (...args: readonly unknown[]) => Promise<Result<unknown>>>
>;

function tell(news: MonitorNews): void {
  postMessage(news);
}

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
  } catch (error) {
    tell({ kind: 'answer', id, result: { ok: false, failure: storeFailure(error) } });
  }
}
