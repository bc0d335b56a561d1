/**
 * The service worker: keeps the app for offline use, isolates it where the host cannot, and waits with a new version
 * until the user agrees. It never stores models. It answers for the site's endpoints. Where the browser has Background
 * Sync, it sends alerts that wait while no page is open.
 */
import { OUTBOX_SYNC } from '../contracts/outbox-sync.ts';
import { parseServiceWorkerMessage } from '../contracts/service-worker.ts';
import { telemetryDropped } from '../core/metrics/event-deltas.ts';
import { openAlerts } from '../store/open-alerts.ts';
import { openMonitor } from '../store/open-monitor.ts';
import { AppCache } from './app-cache.ts';
import { buildManifest } from './build-manifest.ts';
import { Endpoints } from './endpoints/endpoints.ts';
import { MetricsReader } from './endpoints/metrics-reader.ts';
import { Tabs } from './endpoints/tabs.ts';
import { sendOutbox } from './send-outbox.ts';
import { showPage } from './show-page.ts';

/** Of Background Sync, which Chromium alone has. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

declare const self: ServiceWorkerGlobalScope;

const { scope } = self.registration;
const { locks } = self.navigator;
const appCache = new AppCache(buildManifest, scope);
const tabs = new Tabs({ clients: self.clients, locks, scope });
const endpoints = new Endpoints({
  scope,
  tabs,
  metrics: new MetricsReader({
    open: openMonitor,
    readStanding: () => tabs.standing(),
    epochNow: () => Date.now(),
  }),
  locks,
  clients: self.clients,
  newId: () => crypto.randomUUID(),
  now: () => performance.now(),
  epochNow: () => Date.now(),
});

self.addEventListener('install', (event) => {
  event.waitUntil(appCache.install());
});

self.addEventListener('activate', (event) => {
  // Claiming lets the first visit already run under the service worker: offline from then on.
  event.waitUntil(appCache.dropOld(Date.now()).then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const answer = endpoints.answer(event) ?? appCache.answer(event.request);
  if (answer !== null) event.respondWith(answer);
});

self.addEventListener('message', (event) => {
  const message = parseServiceWorkerMessage(event.data);
  if (message?.kind === 'activate') event.waitUntil(self.skipWaiting());
  if (message?.kind === 'keep') event.waitUntil(appCache.keep(message.urls));
});

self.addEventListener('sync', (event) => {
  const { tag } = event as SyncEvent;
  if (tag !== OUTBOX_SYNC) return;
  const sent = sendOutbox({
    open: () => openAlerts(() => {}),
    locks: self.navigator.locks,
    fetch: (url, init) => fetch(url, init),
    siteUrl: self.registration.scope,
    epochNow: () => Date.now(),
    random: Math.random,
    async onExpired(alerts) {
      const monitor = await openMonitor(() => {});
      await monitor.add([telemetryDropped(Date.now(), 'alert', 'expired', alerts)]);
    },
  });
  (event as SyncEvent).waitUntil(sent);
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(showPage(self.clients, event.notification.data, self.registration.scope));
});
