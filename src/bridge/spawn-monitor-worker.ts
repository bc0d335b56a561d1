/** Starts the worker that writes what monitoring measures: the one place in the page that names its file. */
import type { MonitorNews, SpawnMonitorWorker } from '../contracts/monitor-worker.ts';

export const spawnMonitorWorker: SpawnMonitorWorker = (onNews, onCrash) => {
  const worker = new Worker(new URL('../store/monitor.worker.ts', import.meta.url), {
    type: 'module',
    name: 'shellwright-monitor',
  });
  worker.addEventListener('message', ({ data }) => onNews(data as MonitorNews));
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    onCrash();
  });
  return {
    send: (call) => worker.postMessage(call),
    terminate: () => worker.terminate(),
  };
};
