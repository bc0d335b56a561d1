/** What monitoring asks of the page it runs in, as browsers have it. */
import type { MonitorHost } from './monitor.ts';

/** Chromium's alone; in a page that is not isolated it comes in coarse steps. */
interface PerformanceMemory {
  readonly usedJSHeapSize: number;
  readonly jsHeapSizeLimit: number;
}

export const pageHost: Pick<MonitorHost, 'newId' | 'isVisible' | 'onHidden' | 'heap'> = {
  newId: () => crypto.randomUUID(),
  isVisible: () => document.visibilityState === 'visible',
  onHidden(callback) {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') callback();
    });
    addEventListener('pagehide', callback);
  },
  heap() {
    const { memory } = performance as Performance & { readonly memory?: PerformanceMemory };
    return memory === undefined
      ? null
      : { usedBytes: memory.usedJSHeapSize, limitBytes: memory.jsHeapSizeLimit };
  },
};
