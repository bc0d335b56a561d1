/** The installed app: offline, updates, isolation by the service worker, sub-folders. */
import { globSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { describe, expect } from 'vitest';
import { serveApp } from '../../scripts/serve.ts';
import { DEFAULT_PARAMETERS } from '../../src/core/prompt/parse-parameters.ts';
import { encodeShare } from '../../src/core/share/share-link.ts';
import { copyApp, newerApp } from './support/app-copies.ts';
import { appFolder, test } from './support/app-test.ts';

/** Resolves once the app is stored and the page runs under the service worker. */
async function untilControlled(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
}

/**
 * Opens the page and waits for the reload that isolates it. It counts loads, since a question put to the page while it
 * moves to another process is never answered.
 */
async function openAndWaitForReload(page: Page, url: string): Promise<void> {
  let loads = 0;
  page.on('load', () => (loads += 1));
  await page.goto(url);
  await expect.poll(() => loads, { timeout: 30_000 }).toBe(2);
}

/** Paths of everything in Cache Storage, relative to the app's folder. */
function cachedPaths(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const paths: string[] = [];
    for (const name of await caches.keys()) {
      for (const request of await (await caches.open(name)).keys()) {
        paths.push(request.url.slice(document.baseURI.split('#')[0]?.length));
      }
    }
    return paths.sort();
  });
}

/** The mark that `newerApp` puts into its page; null in the real one. */
function shownVersion(page: Page): Promise<string | null> {
  return page.evaluate(
    () => document.querySelector('meta[name="test-version"]')?.getAttribute('content') ?? null,
  );
}

/** In the page, before it is: makes a request as soon as that is possible. */
function askAtOnce(): void {
  let api: Window['shellwright'];
  Object.defineProperty(window, 'shellwright', {
    get: () => api,
    set(value: Window['shellwright']) {
      api = value;
      api.generate({ prompt: 'list files' }).catch(() => {});
    },
  });
}

const appIsDrawn = '#app > *';

describe('offline', () => {
  test('opens without a network after the first visit', async ({ page, site }) => {
    await page.goto(site.url);
    await untilControlled(page);
    await site.close();

    await page.reload();

    await page.waitForSelector(appIsDrawn);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  });

  test('keeps ONNX Runtime once it is used, and only the build that is', async ({ page, site }) => {
    await page.goto(site.url);
    await untilControlled(page);
    const isRuntime = (path: string): boolean => path.includes('ort-wasm');
    expect((await cachedPaths(page)).filter(isRuntime)).toEqual([]);

    const [path = ''] = globSync('assets/ort-wasm-simd-threaded-*.wasm', { cwd: appFolder });
    const sizeBytes = await page.evaluate(
      async (url) => (await (await fetch(url)).arrayBuffer()).byteLength,
      path,
    );
    await expect
      .poll(() => cachedPaths(page).then((paths) => paths.filter(isRuntime)))
      .toEqual([path]);

    await site.close();
    const offlineBytes = await page.evaluate(
      async (url) => (await (await fetch(url)).arrayBuffer()).byteLength,
      path,
    );
    expect(offlineBytes).toBe(sizeBytes);
  });

  test('keeps what was loaded before it was there, and nothing that is not the app’s', async ({
    page,
    site,
  }) => {
    await page.goto(site.url);
    await untilControlled(page);
    const runtime = globSync('assets/ort-wasm-simd-threaded-*.mjs', { cwd: appFolder });

    await page.evaluate(
      (paths) => {
        navigator.serviceWorker.controller?.postMessage({
          kind: 'keep',
          urls: paths.map((path) => new URL(path, document.baseURI).href),
        });
      },
      ['models/shellwright-bash-116m/manifest.json', 'no-such-file', ...runtime],
    );

    await expect.poll(() => cachedPaths(page)).toEqual(expect.arrayContaining(runtime));
    const paths = await cachedPaths(page);
    expect(paths).not.toContain('models/shellwright-bash-116m/manifest.json');
    expect(paths).not.toContain('no-such-file');
  });

  test('leaves models to the engine: none in Cache Storage', async ({ page, site }) => {
    await page.goto(site.url);
    await untilControlled(page);
    const weights = await page.evaluate(async () => {
      const list = await (await fetch('models/shellwright-bash-116m/manifest.json')).text();
      const name = /[\w-]+\.bin/.exec(list)?.[0] ?? '';
      const response = await fetch(`models/shellwright-bash-116m/${name}`);
      return (await response.arrayBuffer()).byteLength;
    });
    expect(weights).toBeGreaterThan(1_000_000);
    const paths = await cachedPaths(page);
    expect(paths).toContain('');
    expect(paths.filter((path) => path.startsWith('models/'))).toEqual([]);
  });

  test('is installable', async ({ page, site, context }) => {
    await page.goto(site.url);
    await untilControlled(page);
    const devtools = await context.newCDPSession(page);
    const manifest = await devtools.send('Page.getAppManifest');
    expect(manifest.errors).toEqual([]);
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    // Test profiles are private ones, in which nothing can be installed; no other reason is left.
    expect(installabilityErrors.map((error) => error.errorId)).toEqual(['in-incognito']);
  });
});

describe('a new version', () => {
  test('waits until the user agrees, and then replaces the page', async ({ page, site }) => {
    using next = newerApp();
    await page.goto(site.url);
    await untilControlled(page);
    await site.close();
    const newSite = await serveApp({ folder: next.folder, port: site.port });
    try {
      await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
      const useItNow = page.getByRole('button', { name: 'Use it now' });
      await useItNow.waitFor();

      // A reload in between still shows the old one, and asks again.
      await page.reload();
      await useItNow.waitFor();
      expect(await shownVersion(page)).toBeNull();

      await useItNow.click();
      await page.waitForSelector('meta[name="test-version"]', { state: 'attached' });
      await page.waitForSelector(appIsDrawn);
      await untilControlled(page);
      expect(await useItNow.isVisible()).toBe(false);
    } finally {
      await newSite.close();
    }
  });

  test('that breaks off while it is stored changes nothing', async ({ page, site }) => {
    using broken = newerApp();
    broken.replace('sw.js', 'manifest.webmanifest', 'no-such-file.webmanifest');
    await page.goto(site.url);
    await untilControlled(page);
    const before = await cachedPaths(page);
    await site.close();
    const newSite = await serveApp({ folder: broken.folder, port: site.port });
    try {
      const state = await page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        await registration.update();
        const next = registration.installing;
        return new Promise<string>((resolve) => {
          next?.addEventListener('statechange', () => {
            resolve(next.state);
          });
        });
      });
      expect(state).toBe('redundant');
      expect(await cachedPaths(page)).toEqual(before);
    } finally {
      await newSite.close();
    }
  });
});

describe('a host that sends no headers', () => {
  test('becomes isolated by one reload at the first visit', async ({ page, context }) => {
    const site = await serveApp({ folder: appFolder, port: 0, isolated: false });
    try {
      await openAndWaitForReload(page, site.url);
      await page.waitForSelector(appIsDrawn);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);

      const second = await context.newPage();
      await second.goto(site.url);
      await second.waitForSelector(appIsDrawn);
      expect(
        await second.evaluate(() => [
          crossOriginIsolated,
          performance
            .getEntriesByType('navigation')
            .map((entry) => (entry as PerformanceNavigationTiming).type),
        ]),
      ).toEqual([true, ['navigate']]);
    } finally {
      await site.close();
    }
  });

  test('keeps the request of a share link over that reload, with its parameters', async ({
    page,
  }) => {
    const site = await serveApp({ folder: appFolder, port: 0, isolated: false });
    const parameters = { ...DEFAULT_PARAMETERS, temperature: 0.5, seed: 7 };
    const link = `#/write?${encodeShare({ prompt: 'list files', parameters })}`;
    try {
      await openAndWaitForReload(page, site.url + link);
      const value = (id: string): Promise<string> => page.locator(`#${id}`).inputValue();
      await expect.poll(() => value('prompt')).toBe('list files');
      expect(await value('parameter-temperature')).toBe('0.5');
      expect(await value('parameter-seed')).toBe('7');
    } finally {
      await site.close();
    }
  });

  test('does not reload while a request waits for its model', async ({ page }) => {
    const site = await serveApp({ folder: appFolder, port: 0, isolated: false });
    let loads = 0;
    page.on('load', () => (loads += 1));
    try {
      await page.route('**/models/**', () => {});
      await page.addInitScript(askAtOnce);
      await page.goto(site.url);
      await untilControlled(page);
      // Nothing tells that a reload will not come; a second is far longer than it would take.
      await page.waitForTimeout(1000);
      expect(loads).toBe(1);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    } finally {
      await site.close();
    }
  });

  test('never reloads twice, even where isolation cannot be had', async ({ page }) => {
    using copy = copyApp();
    copy.replace('sw.js', 'Cross-Origin-Embedder-Policy', 'X-Not-Understood');
    const site = await serveApp({ folder: copy.folder, port: 0, isolated: false });
    try {
      let loads = 0;
      page.on('load', () => (loads += 1));
      await page.goto(site.url);
      await expect.poll(() => loads).toBe(2);
      await untilControlled(page);
      await page.waitForSelector(appIsDrawn);
      await page.reload();
      await untilControlled(page);
      // Nothing tells that a reload will not come; a second is far longer than it would take.
      await page.waitForTimeout(1000);
      expect(loads).toBe(3);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    } finally {
      await site.close();
    }
  });
});

describe('a sub-folder', () => {
  test('works as the root does: isolated, offline, an app of its own', async ({
    page,
    context,
  }) => {
    const site = await serveApp({
      folder: appFolder,
      port: 0,
      base: '/tools/shellwright/',
      isolated: false,
    });
    const failed: string[] = [];
    page.on('response', (response) => {
      if (response.status() >= 400) failed.push(response.url());
    });
    await openAndWaitForReload(page, site.url);
    await untilControlled(page);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const devtools = await context.newCDPSession(page);
    expect((await devtools.send('Page.getAppId')).appId).toBe(site.url);
    await site.close();

    await page.reload();

    await page.waitForSelector(appIsDrawn);
    expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toBe(
      `${site.url}sw.js`,
    );
    expect(failed).toEqual([]);
  });
});

test('versions in several folders of one host leave each other alone', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-folders-'));
  const versions = ['2', '3', '4'];
  for (const version of versions) renameSync(newerApp(version).folder, join(folder, version));
  const site = await serveApp({ folder, port: 0 });
  try {
    for (const version of versions) {
      await page.goto(`${site.url}${version}/`);
      await untilControlled(page);
    }
    await site.close();

    const shown: (string | null)[] = [];
    for (const version of versions) {
      await page.goto(`${site.url}${version}/`);
      await page.waitForSelector(appIsDrawn);
      shown.push(await shownVersion(page));
    }
    expect(shown).toEqual(versions);
  } finally {
    await site.close();
    rmSync(folder, { recursive: true });
  }
});
