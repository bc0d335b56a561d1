/** What the chapters share: one browser, one copy of the app with a scripted engine, and one tab that has a model. */
import { globSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { serveApp, type AppServer } from '../../../scripts/serve.ts';
import { failure } from '../../../src/contracts/failure.ts';
import { scriptedEngine } from '../../fixtures/scripted-engine/bundle.ts';
import { READY, type ScriptedRequest } from '../../fixtures/scripted-engine/scenario.ts';
import { copyApp } from '../support/app-copies.ts';
import { appFolder, BUSY_MACHINE_TIMEOUT_MS, test as appTest } from '../support/app-test.ts';
import { refuse as refuseRequests } from '../support/refuse.ts';

/** In prompts and scripts; nothing that monitoring keeps, logs, exports or sends may hold it. */
export const CANARY = 'zq-canary-5120';

/** By the first word of the prompt; any other has a script of some 60 tokens written. */
const REQUESTS: Readonly<Record<string, ScriptedRequest>> = {
  valid: { text: `ls -l ${CANARY}\n` },
  invalid: { text: `if true; then echo ${CANARY}\n` },
  empty: { text: '# nothing to do\n' },
  unicode: { text: "echo 'é🙂'\n" },
  slow: { timesOutAfterTokens: 2 },
  held: { holdAfterTokens: 2 },
  oom: { generateFailure: failure('engine/out-of-memory') },
  broken: { generateFailure: failure('engine/inference-failed') },
};

interface PageOptions {
  /** The page's clock can be put forward: `page.clock.fastForward(…)`. */
  readonly hasClock?: boolean;
}

/**
 * `app` and `tab` are there for all chapters: what they count only grows. `serve` gives the app another relay, at another
 * origin; `openTab` is another profile under the service worker, without a model; `openPage` one without service worker.
 */
export const test = appTest
  .extend('folder', { scope: 'file' }, async ({}, { onCleanup }) => {
    const copy = copyApp();
    onCleanup(() => copy[Symbol.dispose]());
    const models = join(copy.folder, 'models');
    rmSync(models, { recursive: true, force: true });
    symlinkSync(join(appFolder, 'models'), models);
    const [worker] = globSync('assets/engine.worker-*.js', { cwd: copy.folder });
    if (worker === undefined) throw new Error('the app has no engine');
    const engine = await scriptedEngine({ ...READY, tokenMs: 2, requests: REQUESTS });
    writeFileSync(join(copy.folder, worker), engine);
    return copy.folder;
  })
  .extend('app', { scope: 'file' }, async ({ folder }, { onCleanup }) => {
    const site = await serveApp({ folder, port: 0 });
    onCleanup(() => site.close());
    return site;
  })
  .extend('tab', { scope: 'file' }, async ({ browser, app }, { onCleanup }) => {
    const context = await newContext(browser);
    onCleanup(() => context.close());
    const tab = await openUnderServiceWorker(context, app);
    await tab.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
    return tab;
  })
  .extend(
    'serve',
    ({ folder }, { onCleanup }): ((environment: Record<string, string>) => Promise<AppServer>) => {
      const sites: AppServer[] = [];
      onCleanup(async () => {
        await Promise.all(sites.map((site) => site.close()));
      });
      return async (environment) => {
        const site = await serveApp({ folder, port: 0, environment });
        sites.push(site);
        return site;
      };
    },
  )
  .extend('openTab', ({ browser, app }, { onCleanup }): (() => Promise<Page>) => {
    const contexts: BrowserContext[] = [];
    onCleanup(async () => {
      await Promise.all(contexts.map((context) => context.close()));
    });
    return async () => {
      const context = await newContext(browser);
      contexts.push(context);
      return openUnderServiceWorker(context, app);
    };
  })
  .extend(
    'openPage',
    ({ browser }, { onCleanup }): ((url: string, options?: PageOptions) => Promise<Page>) => {
      const contexts: BrowserContext[] = [];
      onCleanup(async () => {
        await Promise.all(contexts.map((context) => context.close()));
      });
      return async (url, { hasClock = false } = {}) => {
        const context = await newContext(browser, 'block');
        contexts.push(context);
        const page = await context.newPage();
        if (hasClock) await page.clock.install();
        await page.goto(url);
        await page.getByRole('heading', { level: 1 }).waitFor();
        return page;
      };
    },
  );

async function newContext(
  browser: Browser,
  serviceWorkers: 'allow' | 'block' = 'allow',
): Promise<BrowserContext> {
  const context = await browser.newContext({ serviceWorkers, reducedMotion: 'reduce' });
  context.setDefaultTimeout(BUSY_MACHINE_TIMEOUT_MS);
  return context;
}

async function openUnderServiceWorker(context: BrowserContext, site: AppServer): Promise<Page> {
  const page = await context.newPage();
  await page.goto(site.url);
  await page.waitForFunction(
    () => navigator.serviceWorker.controller?.state === 'activated' && 'shellwright' in globalThis,
  );
  return page;
}

/** Requests that are refused, one after the other. Resolves once all of them are counted. */
export function refuse(page: Page, count: number): Promise<void> {
  return refuseRequests(page, count, `<!channel> ${CANARY}`);
}

/** Requests that are generated, one after the other. @returns their ids */
export function generate(page: Page, prompts: readonly string[]): Promise<readonly string[]> {
  return page.evaluate(
    async ({ asked, canary }) => {
      const ids: string[] = [];
      for (const prompt of asked) {
        const record = await window.shellwright.generate({ prompt: `${prompt} ${canary}` });
        ids.push(record.id);
      }
      return ids;
    },
    { asked: prompts, canary: CANARY },
  );
}

/** Shows another page of the app without loading it anew. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => (location.hash = to), hash);
}

/** What a figure of the Monitor page says in one sentence. */
export function summaryOf(page: Page, name: string): Promise<string> {
  return page.getByRole('figure', { name, exact: true }).locator('.summary').innerText();
}
