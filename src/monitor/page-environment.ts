/** What the browser tells of the page's surroundings: storage, service worker, isolation. */
import type { DeepHealth } from '../contracts/health.ts';
import type { SourceDevice } from '../core/export/metrics-dataset.ts';

export type PageEnvironment = Pick<
  DeepHealth,
  'storage' | 'serviceWorker' | 'isCrossOriginIsolated'
>;

/** Never rejects. */
export type ReadEnvironment = () => Promise<PageEnvironment>;

export const readPageEnvironment: ReadEnvironment = async () => ({
  storage: await readStorage(),
  serviceWorker: await readServiceWorker(),
  isCrossOriginIsolated: crossOriginIsolated,
});

/** Chromium's alone. */
interface DeviceMemory {
  readonly deviceMemory?: number;
}

export function readDevice(): SourceDevice {
  const { userAgent, hardwareConcurrency, deviceMemory } = navigator as Navigator & DeviceMemory;
  return {
    userAgent: userAgent.slice(0, 1000),
    cores: hardwareConcurrency > 0 ? hardwareConcurrency : null,
    memoryGiB: deviceMemory ?? null,
  };
}

async function readStorage(): Promise<PageEnvironment['storage']> {
  try {
    const { usage, quota } = await navigator.storage.estimate();
    if (usage === undefined || quota === undefined) return null;
    const isPersistent = await navigator.storage.persisted();
    return { usedBytes: usage, quotaBytes: quota, isPersistent };
  } catch {
    return null; // Not offered, or denied.
  }
}

async function readServiceWorker(): Promise<PageEnvironment['serviceWorker']> {
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    if (registration === undefined) return 'none';
    return registration.active === null ? 'installing' : 'active';
  } catch {
    return 'none'; // An insecure address, or denied.
  }
}
