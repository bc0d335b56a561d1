/** What the service worker does without a page: sends alerts that wait when the browser tells of a connection. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, CDPSession, Page } from 'playwright';
import { describe, expect } from 'vitest';
import { serveApp } from '../../scripts/serve.ts';
import { appFolder, test as appTest } from './support/app-test.ts';

interface SinkAlert {
  readonly labels: Readonly<Record<string, string>>;
}

/** `sink` is what Alertmanager would have got; `relayed` is the app in front of it. */
const test = appTest
  .extend('sink', async ({}, { onCleanup }) => {
    const got: SinkAlert[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (bytes: Buffer) => (body += bytes.toString()));
      request.on('end', () => {
        got.push(...(JSON.parse(body) as SinkAlert[]));
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => new Promise((resolve) => server.close(() => resolve(undefined))));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
  })
  .extend('relayed', async ({ sink }, { onCleanup }) => {
    // Nothing is repeated while the test runs.
    const environment = { ALERTMANAGER_URL: sink.url, ALERTMANAGER_REPEAT_SECONDS: '3600' };
    const site = await serveApp({ folder: appFolder, port: 0, environment });
    onCleanup(() => site.close());
    return site;
  });

/** The Alerts page under its service worker, with alerting at work. */
async function openAlerts(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}#/alerts`);
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
  await page.getByText('No alert is firing.').waitFor();
  return page;
}

async function failTwelve(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let at = 0; at < 12; at++) {
      await window.shellwright.generate({ prompt: 'list', temperature: 9 }).catch(() => null);
    }
  });
  await page.getByRole('heading', { name: 'Error burst', exact: true }).waitFor();
}

/** Posts in the outbox, and how often the relay was asked to take them. */
async function waiting(page: Page): Promise<readonly number[]> {
  return page.evaluate(
    () =>
      new Promise<number[]>((resolve, reject) => {
        const opening = indexedDB.open('shellwright');
        opening.onerror = () => reject(opening.error ?? new Error('not opened'));
        opening.onsuccess = () => {
          const database = opening.result;
          const reading = database.transaction('outbox').objectStore('outbox').getAll();
          reading.onsuccess = () => {
            database.close();
            resolve((reading.result as { attempts: number }[]).map(({ attempts }) => attempts));
          };
        };
      }),
  );
}

/** Of the browser's own tools for developers, where a sync event can be sent by hand. */
async function syncTools(page: Page, url: string) {
  const devtools: CDPSession = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const found = registrations.find(({ scopeURL }) => scopeURL === url);
      if (found !== undefined) resolve(found.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  const registrationId = await registered;
  return {
    dispatch: () =>
      devtools.send('ServiceWorker.dispatchSyncEvent', {
        origin: new URL(url).origin,
        registrationId,
        tag: 'shellwright-outbox',
        lastChance: false,
      }),
  };
}

const bursts = (got: readonly SinkAlert[]) =>
  got.filter(({ labels }) => labels['rule'] === 'error-burst').length;

describe('an alert that waits for a connection', () => {
  test('is sent by the sync event while no page is open, and once', async ({
    context,
    relayed,
    sink,
  }) => {
    const page = await openAlerts(context, relayed.url);
    await context.setOffline(true);
    await failTwelve(page);
    await expect.poll(() => waiting(page)).toEqual([expect.toSatisfy((tries) => tries > 0)]);
    expect(sink.got).toEqual([]);
    const sync = await syncTools(page, relayed.url);
    // The same tab, with nothing of the site in it.
    await page.goto('about:blank');
    await context.setOffline(false);
    // As the browser does until it worked: the page may have been cut off while it tried, with a lease of a minute.
    await expect
      .poll(
        async () => {
          await sync.dispatch();
          return bursts(sink.got);
        },
        { timeout: 90_000, interval: 500 },
      )
      .toBe(1);
    await sync.dispatch();
    const next = await openAgain(context, relayed.url);
    await expect.poll(() => waiting(next)).toEqual([]);
    expect(bursts(sink.got)).toBe(1);
    await next.getByRole('link', { name: 'Delivery' }).click();
    await next.getByText('Taken by the relay').first().waitFor();
  });

  test('is sent once when page and sync event come together', async ({
    context,
    relayed,
    sink,
  }) => {
    const page = await openAlerts(context, relayed.url);
    await context.setOffline(true);
    await failTwelve(page);
    await expect.poll(() => waiting(page)).toEqual([expect.toSatisfy((tries) => tries > 0)]);
    const sync = await syncTools(page, relayed.url);
    await context.setOffline(false);
    const reloaded = page.reload();
    for (let at = 0; at < 20; at++) await sync.dispatch();
    await reloaded;
    // Whoever was cut off while sending has a lease of a minute on the post.
    await expect.poll(() => bursts(sink.got), { timeout: 90_000 }).toBe(1);
    await page.close();
    const next = await openAgain(context, relayed.url);
    await expect.poll(() => waiting(next)).toEqual([]);
    const again = await syncTools(next, relayed.url);
    for (let at = 0; at < 5; at++) await again.dispatch();
    expect(bursts(sink.got)).toBe(1);
  });
});

/** Later: whoever was cut off while sending has a lease on the post, which ends within a minute. */
async function openAgain(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.clock.install({ time: Date.now() + 61_000 });
  await page.goto(`${url}#/alerts`);
  await page.getByRole('heading', { name: 'Firing' }).waitFor();
  return page;
}
