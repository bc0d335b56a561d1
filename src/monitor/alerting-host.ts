/** What alerting asks of the page it runs in, as browsers have it. */
import { OUTBOX_SYNC } from '../contracts/outbox-sync.ts';
import type { AlertingHost } from './alerting.ts';

/** Chromium's alone. */
interface SyncRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
}

export const alertingHost: Pick<AlertingHost, 'onOnline' | 'requestSync'> = {
  onOnline(callback) {
    addEventListener('online', callback);
  },
  requestSync() {
    void registerSync();
  },
};

async function registerSync(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    await (
      registration as (ServiceWorkerRegistration & SyncRegistration) | undefined
    )?.sync?.register(OUTBOX_SYNC);
  } catch {
    // Not offered, or denied: the next page that is opened sends what waits.
  }
}
