/**
 * Fixtures of the end-to-end tests: the built app on a server of its own, and a fresh browser profile with a page.
 * Every test has an own origin, so nothing that one stores reaches another.
 */
import { join } from 'node:path';
import { chromium } from 'playwright';
import { test as base } from 'vitest';
import { browserArguments, findOrInstallBrowser } from '../../../scripts/find-browser.mjs';
import { serveApp } from '../../../scripts/serve.ts';

export const appFolder = join(import.meta.dirname, '..', '..', '..', 'dist');

/** Long enough for a machine that does other things too: a test that hangs is found a minute later. */
export const BUSY_MACHINE_TIMEOUT_MS = 90_000;

/**
 * `browser` runs for a whole file; `site` is the app, served as `npm start` does; `context` is a fresh profile; `page`
 * shows nothing yet: `await page.goto(site.url)`.
 */
export const test = base
  .extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    const browser = await chromium.launch({
      executablePath: findOrInstallBrowser(),
      args: [...browserArguments],
    });
    onCleanup(() => browser.close());
    return browser;
  })
  .extend('site', async ({}, { onCleanup }) => {
    const site = await serveApp({ folder: appFolder, port: 0 });
    onCleanup(() => site.close());
    return site;
  })
  .extend('context', async ({ browser }, { onCleanup }) => {
    const context = await browser.newContext();
    context.setDefaultTimeout(BUSY_MACHINE_TIMEOUT_MS);
    onCleanup(() => context.close());
    return context;
  })
  .extend('page', ({ context }) => context.newPage());
