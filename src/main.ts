/** Composition root: makes everything, hands it to whom it may concern, and draws the page. The only file that sees all. */
import { mount } from 'svelte';
import { version } from '../package.json';
import { endpointPort } from './bridge/endpoint-port.ts';
import type { EndpointServer } from './bridge/endpoint-server.ts';
import { EngineClient } from './bridge/engine-client.ts';
import { fetchModelOffer } from './bridge/model-offer-client.ts';
import { runtimeUrls } from './bridge/runtime-urls.ts';
import { ServiceWorkerClient } from './bridge/service-worker-client.ts';
import type { EmbeddingWorker } from './bridge/spawn-embedding.ts';
import { spawnEngine } from './bridge/spawn-engine.ts';
import { spawnMonitorWorker } from './bridge/spawn-monitor-worker.ts';
import { FailureError } from './contracts/failure.ts';
import { MONITOR_CHANNEL } from './contracts/monitor-worker.ts';
import type { AlertAccess } from './monitor/alert-access.ts';
import { Monitor } from './monitor/monitor.ts';
import { OtlpCursor } from './monitor/otlp-cursor.ts';
import { pageHost } from './monitor/page-host.ts';
import type { PageTools } from './monitor/page-tools.ts';
import { AppUpdate } from './state/app-update.svelte.ts';
import { browserHost } from './state/browser-host.ts';
import type { AppState } from './state/context.ts';
import { Draft } from './state/draft.svelte.ts';
import { EngineStatus, missingFeature } from './state/engine-status.svelte.ts';
import { HistoryList } from './state/history-list.svelte.ts';
import { loadOnce } from './state/load-once.ts';
import { Notices } from './state/notices.svelte.ts';
import { OtlpExport } from './state/otlp-export.svelte.ts';
import { PolicyBlocks, subscribeToRefusals } from './state/policy-blocks.svelte.ts';
import { RecentAlerts } from './state/recent-alerts.svelte.ts';
import { Requests } from './state/requests.ts';
import { Router } from './state/router.svelte.ts';
import { createScriptingApi } from './state/scripting-api.ts';
import { parseOverrides, Settings } from './state/settings.svelte.ts';
import { ShareLinks } from './state/share-links.ts';
import { SimilarityScores } from './state/similarity-scores.svelte.ts';
import { SyntaxCheck } from './state/syntax-check.svelte.ts';
import { TelemetryExport } from './state/telemetry-export.svelte.ts';
import { Workbench } from './state/workbench.svelte.ts';
import { BroadcastNotifier } from './store/broadcast-notifier.ts';
import { LoadMark } from './store/load-mark.ts';
import { deleteStoredModels, storedManifest, storedModelBytes } from './store/model-storage.ts';
import { openHistory } from './store/open-history.ts';
import { PreferenceStore, type Preferences } from './store/preferences.ts';
import { SourceId } from './store/source-id.ts';
import { openWebStorage, StoredText } from './store/web-storage.ts';
import { openWorkerMonitor } from './store/worker-monitor.ts';
import App from './ui/App.svelte';
import './ui/styles/tokens.css';
import './ui/styles/base.css';

/** After the page has been drawn and the model is on its way. */
const ALERTING_AFTER_MS = 3_000;
const ALERTS_CHANNEL = 'shellwright-alerts';
const SITE_MODEL_ID = 'shellwright-bash-116m';
const EMBEDDING_MODEL_ID = 'all-minilm-l6-v2';

const query = new URLSearchParams(location.search);
const pageUrl = location.origin + location.pathname;
const packUrl = (modelId: string): string => new URL(`models/${modelId}/`, pageUrl).href;

const sessionStorageOrNull = openWebStorage('sessionStorage');
const host = browserHost;
const notices = new Notices(host);
const localStorageOrNull = openWebStorage('localStorage');
const preferences = new PreferenceStore(localStorageOrNull);
const settings = new Settings(preferences, parseOverrides(query));
/** What another tab has chosen at last, too. */
const stored = (): Pick<Preferences, 'otlp' | 'telemetry' | 'thresholds'> =>
  localStorageOrNull === null ? settings : preferences.read();
const newId = (): string => crypto.randomUUID();
const sourceId = new SourceId(localStorageOrNull, newId, 'source');
const measurementsId = new SourceId(localStorageOrNull, newId, 'measurements');
const router = new Router({
  hash: () => location.hash,
  replace: (hash) => history.replaceState(null, '', hash),
  subscribe: (onChange) => {
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  },
});

const monitor: Monitor = new Monitor({
  openDisk: (onClosed) =>
    openWorkerMonitor(
      {
        spawn: spawnMonitorWorker,
        openHere: async (onEnded) => {
          const { openMonitor } = await import('./store/open-monitor.ts');
          return openMonitor(onEnded);
        },
      },
      onClosed,
    ),
  openChannel: () => new BroadcastNotifier(MONITOR_CHANNEL),
  locks: 'locks' in navigator ? navigator.locks : null,
  host: { ...host, ...pageHost },
  engine: () => client.engine,
  engineMemory: () => client.memory(),
  isDebug: () => settings.debugMode,
  onTrouble: (trouble) => {
    if (trouble === null) return;
    notices.show('What is measured cannot be kept on this device: it lasts as long as this page.');
  },
});

let isQueueBusy = false;
const client: EngineClient = new EngineClient({
  spawn: spawnEngine,
  now: () => host.now(),
  epochNow: () => host.epochNow(),
  newId,
  onEvent: (event) => {
    engine.onClientEvent(event);
    monitor.engineWatch.onEvent(event);
    if (event.kind === 'queue') isQueueBusy = event.running || event.waiting > 0;
    similarity.onEngineChange();
  },
});
const engine: EngineStatus = new EngineStatus({
  client,
  settings,
  notices,
  host,
  mark: new LoadMark({
    text: new StoredText(localStorageOrNull, 'shellwright.preparing'),
    locks: 'locks' in navigator ? navigator.locks : null,
    newId,
    onPageHide: (callback) => {
      addEventListener('pagehide', callback);
      return () => removeEventListener('pagehide', callback);
    },
  }),
  files: {
    readOffer: (modelId) => fetchModelOffer(packUrl(modelId), storedManifest),
    storedBytes: (offer) => storedModelBytes(offer.files),
    deleteAll: deleteStoredModels,
  },
  unsupported: missingFeature({
    hasWebAssembly: typeof WebAssembly === 'object',
    hasWorkers: typeof Worker === 'function',
  }),
  siteModelId: SITE_MODEL_ID,
  packUrl,
  runtimeUrls: runtimeUrls(pageUrl),
  onLoaded: (report) => {
    const { mjs, wasm } = runtimeUrls(pageUrl)[report.runtimeBuild];
    void serviceWorker.keepForOffline([mjs, wasm]);
    monitor.engineWatch.onLoaded(report);
    // Other tabs without a model are quick to answer for it.
    if (serviceWorkers?.controller != null) loadEndpointServer().catch(() => {});
    similarity.onEngineChange();
  },
  onLoadFailed: (cause) => {
    monitor.engineWatch.onLoadFailed(cause);
    similarity.onEngineChange();
  },
});

const createEmbedding = async (): Promise<() => EmbeddingWorker> => {
  const { spawnEmbedding } = await import('./bridge/spawn-embedding.ts');
  const { mjs, wasm } = runtimeUrls(pageUrl).wasm;
  return () => spawnEmbedding({ baseUrl: packUrl(EMBEDDING_MODEL_ID), runtime: { mjs, wasm } });
};
const similarity: SimilarityScores = new SimilarityScores({
  settings,
  load: async (onStatus) => {
    const [{ Similarity }, spawn] = await Promise.all([
      import('./monitor/similarity.ts'),
      createEmbedding(),
    ]);
    return new Similarity({
      spawn,
      store: monitor.store,
      isBusy: () => isQueueBusy || ['loading', 'recovering'].includes(engine.state.kind),
      epochNow: () => host.epochNow(),
      after: (ms, callback) => host.after(ms, callback),
      onStatus,
    });
  },
});

/** What every sender of figures takes of the page. */
const senderPorts = {
  fetch: (url: string, init: RequestInit) => fetch(url, init),
  locks: 'locks' in navigator ? navigator.locks : null,
  epochNow: () => host.epochNow(),
  after: (ms: number, callback: () => void) => host.after(ms, callback),
  random: () => Math.random(),
  log: monitor.log,
  onDropped: monitor.countDropped,
};

const policyBlocks = new PolicyBlocks(subscribeToRefusals);
const otlpCursor = new StoredText(localStorageOrNull, 'shellwright.otlp');
const otlp: OtlpExport = new OtlpExport({
  settings,
  forget: (signals) => new OtlpCursor(otlpCursor).forget(signals),
  load: async (choice, onStatus) => {
    const asked = JSON.stringify(stored().otlp);
    const { OtlpSender } = await import('./monitor/otlp-sender.ts');
    return new OtlpSender({
      store: monitor.store,
      choice,
      isStillChosen: () => JSON.stringify(stored().otlp) === asked,
      cursor: otlpCursor,
      source: { instanceId: sourceId.read(), version },
      ...senderPorts,
      onStatus,
    });
  },
  test: async (endpoint, signals) => {
    const { testOtlp } = await import('./monitor/otlp-request.ts');
    return testOtlp(senderPorts.fetch, endpoint, signals);
  },
});

const telemetry: TelemetryExport = new TelemetryExport({
  settings,
  epochNow: () => host.epochNow(),
  load: async (onStatus) => {
    const [{ TelemetrySender }, { settleSoon }, { telemetryBooks }, { readTelemetryGauges }] =
      await Promise.all([
        import('./monitor/telemetry-sender.ts'),
        import('./monitor/settle-soon.ts'),
        import('./store/telemetry-book.ts'),
        import('./monitor/telemetry-gauges.ts'),
      ]);
    return new TelemetrySender({
      store: monitor.store,
      settled: () => settleSoon({ store: monitor.store, after: senderPorts.after }),
      books: telemetryBooks,
      choice: () => stored().telemetry,
      relay: async () => {
        const choice = await (await loadAlerting()).store.relay();
        if (!choice.ok) throw new FailureError(choice.failure);
        return { url: choice.value?.url ?? pageUrl, token: choice.value?.token ?? '' };
      },
      readGauges: () => readTelemetryGauges(monitor.store, host.epochNow()),
      newId,
      ...senderPorts,
      onStatus,
    });
  },
});
pageHost.onHidden(() => telemetry.flush());

const openedHistory = openHistory((cause) => historyList.onClosed(cause));
const historyList: HistoryList = new HistoryList({
  opened: openedHistory,
  channel: new BroadcastNotifier('shellwright-history'),
  notices,
});
const syntax = new SyntaxCheck({
  load: async () => {
    const { loadScriptInspector } = await import('./bridge/load-script-inspector.ts');
    return loadScriptInspector(runtimeUrls(pageUrl).bashParser);
  },
});
const requests = new Requests({
  client,
  engine,
  history: historyList,
  syntax,
  findDangers: async (script) => {
    const { findDangers } = await import('./core/bash/danger-rules.ts');
    return [...new Set(findDangers(script).map(({ rule }) => rule))];
  },
  recorder: () => (monitor.isOn ? monitor.recorder : null),
  now: () => host.now(),
  after: (ms, callback) => host.after(ms, callback),
});
requests.onEnded(similarity.offer);
const draft = new Draft({
  prompt: new StoredText(sessionStorageOrNull, 'shellwright.prompt'),
  parameters: new StoredText(sessionStorageOrNull, 'shellwright.parameters'),
});
const workbench = new Workbench({
  requests,
  history: historyList,
  notices,
  host,
  lastEdit: new StoredText(sessionStorageOrNull, 'shellwright.last-edit'),
});
const shareLinks = new ShareLinks({ router, draft, workbench, notices, host, pageUrl });
const update = new AppUpdate();

/** When somebody looks: nothing of it is needed to write. */
const loadPageTools = loadOnce(createPageTools);

async function createPageTools(): Promise<PageTools> {
  const [{ PageTools }, { ONNX_RUNTIME_VERSION }, { objectivesWith }] = await Promise.all([
    import('./monitor/page-tools.ts'),
    import('./bridge/runtime-version.ts'),
    import('./state/objectives.ts'),
  ]);
  return new PageTools({
    store: monitor.store,
    client,
    engine,
    readHistory: async (limit) => {
      const found = await (await openedHistory).store.find({ text: '', limit });
      return found.ok ? { ok: true, value: found.value.entries } : found;
    },
    objectives: () => objectivesWith(settings.thresholds),
    sourceId: () => measurementsId.read(),
    versions: { app: version, onnxRuntime: ONNX_RUNTIME_VERSION, userAgent: navigator.userAgent },
    startedAtEpochMs: monitor.startedAtEpochMs,
    readGauges: () => monitor.sampler.read(),
    now: () => host.now(),
    epochNow: () => host.epochNow(),
    after: (ms, callback) => host.after(ms, callback),
  });
}

const recentAlerts = new RecentAlerts();
const loadAlerting = loadOnce(startAlerting);

async function startAlerting(): Promise<AlertAccess> {
  const [{ Alerting }, { openAlerts }, { alertingHost }, { objectivesWith }] = await Promise.all([
    import('./monitor/alerting.ts'),
    import('./store/open-alerts.ts'),
    import('./monitor/alerting-host.ts'),
    import('./state/objectives.ts'),
  ]);
  const started = new Alerting({
    monitor,
    openDisk: openAlerts,
    channel: new BroadcastNotifier(ALERTS_CHANNEL),
    locks: 'locks' in navigator ? navigator.locks : null,
    host: { ...host, ...pageHost, ...alertingHost },
    fetch: (url, init) => fetch(url, init),
    objectives: () => objectivesWith(stored().thresholds),
    instance: () => `browser-${sourceId.read().slice(0, 8)}`,
    pageUrl,
    version,
  });
  void started.start();
  recentAlerts.follow(started);
  return started;
}

const serviceWorkers =
  import.meta.env.PROD && 'serviceWorker' in navigator ? navigator.serviceWorker : null;

/** When the service worker first asks for something. */
const loadEndpointServer = loadOnce(createEndpointServer);

async function createEndpointServer(): Promise<EndpointServer> {
  const [{ EndpointServer }, { endpointWork }] = await Promise.all([
    import('./bridge/endpoint-server.ts'),
    import('./state/endpoint-work.ts'),
  ]);
  return new EndpointServer({
    locks: navigator.locks,
    newId,
    now: () => host.now(),
    ...endpointWork({ engine, requests, settings, monitor, loadPageTools, host }),
  });
}

serviceWorkers?.addEventListener('message', (event) => {
  const port = endpointPort(event);
  // The service worker takes a tab that says nothing for one that is not there.
  if (port !== null)
    loadEndpointServer()
      .then((server) => server.answer(port))
      .catch(() => port.close());
});
serviceWorkers?.startMessages();

const serviceWorker: ServiceWorkerClient = new ServiceWorkerClient({
  container: serviceWorkers,
  scriptUrl: new URL('sw.js', pageUrl).href,
  isolated: crossOriginIsolated,
  // The form and a download outlive a reload; a request, whoever made it, and a script that is edited do not.
  isInUse: () => isQueueBusy || workbench.run !== null || workbench.script !== '',
  // Without a memory nothing would stop it from reloading again and again.
  session: sessionStorageOrNull ?? { getItem: () => 'yes', setItem: () => {} },
  reload: () => location.reload(),
  onUpdateReady: (apply) => {
    update.onUpdateReady(apply);
    notices.announce('A newer version of this page is ready to be used.');
  },
  onOfflineReady: () => {},
});

const app: AppState = {
  version,
  host,
  router,
  settings,
  notices,
  engine,
  draft,
  workbench,
  history: historyList,
  syntax,
  requests,
  monitor,
  checkHealth: async (options) => (await loadPageTools()).checkHealth(options),
  exportMetrics: async (choice) => (await loadPageTools()).exportMetrics(choice),
  exportText: async (kind) => (await loadPageTools()).exportText(kind),
  similarity,
  otlp,
  telemetry,
  policyBlocks,
  loadAlerting,
  async deleteMeasurements() {
    const deleted = await monitor.store.clear();
    if (!deleted.ok) return deleted;
    measurementsId.renew();
    // What is counted from now on is to be told as new, even where it is soon as much as before.
    telemetry.flush();
    // To whichever tab evaluates alert rules, this one included: it has rows in memory.
    new BroadcastNotifier(ALERTS_CHANNEL).notify();
    monitor.log('info', 'settings', 'measurements deleted');
    return deleted;
  },
  recentAlerts,
  shareLinks,
  update,
};

window.shellwright = createScriptingApi({
  version,
  requests,
  engine,
  packUrl,
  loadTools: loadPageTools,
  testing: query.has('testing')
    ? {
        loseDevice: () => client.loseDevice(),
        crashWorker: () => client.crashWorker(),
        memory: () => client.memory(),
        setMonitoring: (isOn) => monitor.setOn(isOn),
        loadEmbedding: async () => {
          const worker = (await createEmbedding())();
          const result = await worker.load();
          if (!result.ok) throw new FailureError(result.failure);
          return worker;
        },
      }
    : null,
});

const target = document.querySelector('#app');
if (target !== null) mount(App, { target, props: { app } });
shareLinks.open();
addEventListener('hashchange', () => shareLinks.open());
monitor.start();
otlp.start();
telemetry.start();
addEventListener('storage', ({ key }) => {
  if (!preferences.isChangedBy(key)) return;
  settings.takeOver();
  otlp.follow();
  telemetry.follow();
  similarity.follow();
});
// A page that is asked not to measure, as by the bench that tells what measuring costs, watches over nothing.
host.after(ALERTING_AFTER_MS, () => {
  if (monitor.isOn) loadAlerting().catch(() => monitor.log('warn', 'main', 'alerting not loaded'));
});
monitor.log('info', 'main', 'page started', {
  version,
  isIsolated: crossOriginIsolated,
  isSecure: isSecureContext,
});
void engine.start();
void workbench.recoverEdit();
void serviceWorker.start();
