/**
 * The service worker: keeps the app for offline use, isolates it where the host cannot, and waits with a new version
 * until the user agrees. It never stores models.
 */
import { parseServiceWorkerMessage } from '../contracts/service-worker.ts';
import { AppCache } from './app-cache.ts';
import { buildManifest } from './build-manifest.ts';

declare const self: ServiceWorkerGlobalScope;

const appCache = new AppCache(buildManifest, self.registration.scope);

self.addEventListener('install', (event) => {
  event.waitUntil(appCache.install());
});

self.addEventListener('activate', (event) => {
  // Claiming lets the first visit already run under the service worker: offline from then on.
  event.waitUntil(appCache.dropOld().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const answer = appCache.answer(event.request);
  if (answer !== null) event.respondWith(answer);
});

self.addEventListener('message', (event) => {
  const message = parseServiceWorkerMessage(event.data);
  if (message?.kind === 'activate') event.waitUntil(self.skipWaiting());
  if (message?.kind === 'keep') event.waitUntil(appCache.keep(message.urls));
});
