/** What the endpoints have this tab do: requests as every other request, health and figures as on their pages. */
import type { EndpointServerOptions } from '../bridge/endpoint-server.ts';
import type { TabStanding } from '../contracts/endpoint.ts';
import { within } from '../core/async/within.ts';
import { traceIdOf } from '../core/trace/trace-ids.ts';
import { SAMPLE_EVERY_MS } from '../monitor/memory-sampler.ts';
import type { Monitor } from '../monitor/monitor.ts';
import type { PageTools } from '../monitor/page-tools.ts';
import { settleSoon } from '../monitor/settle-soon.ts';
import type { BrowserHost } from './browser-host.ts';
import type { EngineStatus } from './engine-status.svelte.ts';
import { RecentValue } from './recent-value.ts';
import type { Requests } from './requests.ts';
import type { Settings } from './settings.svelte.ts';

export interface EndpointWorkOptions {
  readonly engine: Pick<EngineStatus, 'engine' | 'state'>;
  readonly requests: Pick<Requests, 'submit' | 'refuse'>;
  readonly settings: Pick<Settings, 'debugMode'>;
  readonly monitor: Pick<Monitor, 'log' | 'sampler' | 'store' | 'startedAtEpochMs'>;
  readonly loadPageTools: () => Promise<Pick<PageTools, 'checkHealth'>>;
  readonly host: Pick<BrowserHost, 'now' | 'after'>;
}

/** A busy model may take seconds to say how much memory it has. */
const READ_WITHIN_MS = 1_000;

export function endpointWork(
  options: EndpointWorkOptions,
): Omit<EndpointServerOptions, 'locks' | 'newId' | 'now'> {
  const { engine, requests, settings, monitor, loadPageTools, host } = options;
  // Memory is told by the worker that runs the model, between two tokens at best: not anew for each scrape.
  const gauges = new RecentValue({
    read: () => monitor.sampler.read(),
    maxAgeMs: SAMPLE_EVERY_MS,
    now: () => host.now(),
  });
  return {
    engine: () => engine.engine,
    isDebug: () => settings.debugMode,
    async generate(input, hooks) {
      if (engine.state.kind === 'unsupported') {
        const { failure } = engine.state;
        requests.refuse(failure, input);
        return { failure };
      }
      return { record: await requests.submit(input, hooks) };
    },
    refuse: (cause) => requests.refuse(cause, { prompt: '', parameters: null }),
    checkHealth: async (query) => (await loadPageTools()).checkHealth(query),
    async standing(): Promise<TabStanding> {
      const after = (ms: number, callback: () => void): (() => void) => host.after(ms, callback);
      const [read] = await Promise.all([
        within(gauges.get(), READ_WITHIN_MS, after).catch(() => null),
        settleSoon({ store: monitor.store, after }),
      ]);
      return {
        startedAtEpochMs: monitor.startedAtEpochMs,
        uptimeSeconds: host.now() / 1000,
        memoryUsedRatio: read?.memoryUsedRatio ?? null,
        storageUsedRatio: read?.storageUsedRatio ?? null,
      };
    },
    onAbandoned({ id, path, durationMs }) {
      const fields = { method: 'POST', path, status: 499, durationMs, code: 'endpoint/cancelled' };
      const traceId = id === null ? null : traceIdOf(id);
      monitor.log('warn', 'bridge', 'endpoint answered', fields, traceId);
    },
  };
}
