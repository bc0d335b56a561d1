/** What the service worker shows of an alert, and what a click on it does, in the browser itself. */
import type { Page, Worker } from 'playwright';
import { expect } from 'vitest';
import { BUSY_MACHINE_TIMEOUT_MS, test } from './support/app-test.ts';

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly url: string;
}

/** The part of a service worker's global scope that is used. */
interface WorkerScope {
  readonly registration: ServiceWorkerRegistration;
  readonly NotificationEvent: new (
    type: string,
    init: { readonly notification: Notification },
  ) => Event;
  addEventListener(type: 'error', callback: (event: Event) => void): void;
  dispatchEvent(event: Event): boolean;
}

const shown = (page: Page): Promise<readonly Shown[]> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const notifications = await registration.getNotifications();
    return notifications.map(({ title, body, tag, data }) => {
      const { url } = data as { url: string };
      return { title, body, tag, url };
    });
  });

/**
 * Nobody can click outside of the page here. An event that a script makes is handled as a click is, but gives no right to
 * bring a window to the front, and cannot be waited for.
 */
async function click(worker: Worker, tag: string): Promise<void> {
  await worker.evaluate(async (wanted) => {
    const scope = globalThis as unknown as WorkerScope;
    const [notification] = await scope.registration.getNotifications({ tag: wanted });
    if (notification === undefined) throw new Error('Nothing is shown');
    scope.addEventListener('error', (event) => event.preventDefault());
    scope.dispatchEvent(new scope.NotificationEvent('notificationclick', { notification }));
  }, tag);
}

test('an alert is shown by the service worker, and a click leads to its view', async ({
  browser,
  site,
}) => {
  const context = await browser.newContext({ permissions: ['notifications'] });
  context.setDefaultTimeout(BUSY_MACHINE_TIMEOUT_MS);
  const page = await context.newPage();
  await page.goto(`${site.url}#/alerts`);
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
  await page.getByText('No alert is firing.').waitFor();
  await page.evaluate(async () => {
    for (let at = 0; at < 12; at++) {
      await window.shellwright.generate({ prompt: 'list', temperature: 9 }).catch(() => null);
    }
  });
  const burst = async (): Promise<Shown | undefined> =>
    (await shown(page)).find(({ title }) => title === 'Firing: Error burst');
  await expect.poll(burst).toBeDefined();
  const notification = await burst();
  expect(notification?.body).not.toBe('');
  expect(notification?.url.startsWith(`${site.url}#/`)).toBe(true);

  const [worker] = context.serviceWorkers();
  if (worker === undefined) throw new Error('No service worker');
  await click(worker, notification?.tag ?? '');
  await expect.poll(() => page.url()).toBe(notification?.url);
  await expect.poll(burst).toBeUndefined();
  await context.close();
});
