/**
 * Fixtures for tests of the endpoints: a copy of the app whose engine follows a scenario, under its service worker. The
 * engine is in the copy's files, since a page under a service worker cannot be given another one.
 */
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, CDPSession, Page } from 'playwright';
import { serveApp, type AppServer } from '../../../scripts/serve.ts';
import { scriptedEngine } from '../../fixtures/scripted-engine/bundle.ts';
import { READY, type Scenario } from '../../fixtures/scripted-engine/scenario.ts';
import { copyApp } from './app-copies.ts';
import { test as appTest } from './app-test.ts';

export interface ScriptedSiteOptions {
  readonly scenario?: Partial<Scenario>;
  /** `/`, or a sub-folder with both slashes. */
  readonly base?: string;
}

/** `scriptedSite` serves the app; `openTab` opens it in a tab that runs under the service worker. */
export const test = appTest
  .extend(
    'scriptedSite',
    ({}, { onCleanup }): ((options?: ScriptedSiteOptions) => Promise<AppServer>) => {
      const cleanups: (() => Promise<void>)[] = [];
      onCleanup(async () => {
        for (const cleanup of cleanups) await cleanup();
      });
      return async ({ scenario = {}, base } = {}) => {
        const copy = copyApp();
        const [worker] = globSync('assets/engine.worker-*.js', { cwd: copy.folder });
        if (worker === undefined) throw new Error('the app has no engine');
        writeFileSync(join(copy.folder, worker), await scriptedEngine({ ...READY, ...scenario }));
        const site = await serveApp({
          folder: copy.folder,
          port: 0,
          ...(base === undefined ? {} : { base }),
        });
        cleanups.push(async () => {
          await site.close();
          copy[Symbol.dispose]();
        });
        return site;
      };
    },
  )
  .extend(
    'openTab',
    ({
      context,
    }): ((site: AppServer, options?: { readonly isLoaded?: boolean }) => Promise<Page>) =>
      async (site, { isLoaded = true } = {}) => {
        const page = await context.newPage();
        await page.goto(`${site.url}?testing`);
        await page.waitForFunction(
          () =>
            navigator.serviceWorker.controller?.state === 'activated' &&
            'shellwright' in globalThis,
        );
        if (isLoaded) await page.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
        return page;
      },
  );

/** A page of the site that has no app in it, as another program in the browser would be. */
export async function openClient(context: BrowserContext, site: AppServer): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${site.url}metrics/uptime`);
  return page;
}

export interface Fetched {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Asks from within a page, so that the service worker answers. Paths are relative to the site. */
export function ask(
  page: Page,
  site: AppServer,
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Fetched> {
  return page.evaluate(
    async ({ url, options }) => {
      const response = await fetch(url, options);
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        text: await response.text(),
      };
    },
    { url: site.url + path, options: init },
  );
}

export function post(page: Page, site: AppServer, body: unknown): Promise<Fetched> {
  return ask(page, site, 'generate', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

export function json(fetched: Fetched): Record<string, unknown> {
  return JSON.parse(fetched.text) as Record<string, unknown>;
}

/** Stops the service worker as the browser does with one that has been idle. */
export async function stopServiceWorkers(page: Page): Promise<void> {
  const devtools: CDPSession = await page.context().newCDPSession(page);
  await devtools.send('ServiceWorker.enable');
  await devtools.send('ServiceWorker.stopAllWorkers');
  await devtools.detach();
}
