/**
 * Fixtures for tests of the page in the built app: the real page with a scripted engine in its worker, so that a test
 * can hold it in any state; and axe.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright';
import { useScriptedEngine } from '../../fixtures/scripted-engine/bundle.ts';
import { READY, type Scenario } from '../../fixtures/scripted-engine/scenario.ts';
import { BUSY_MACHINE_TIMEOUT_MS, test as appTest } from './app-test.ts';

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

export interface OpenOptions {
  readonly scenario?: Partial<Scenario>;
  readonly width?: number;
  readonly theme?: 'light' | 'dark';
  /** Comes after the address of the app: query and fragment. */
  readonly address?: string;
}

/** `open` shows the page in a fresh profile, with nothing on the device; uncaught errors fail the test. */
export const test = appTest.extend(
  'open',
  ({ browser, site }, { onCleanup }): ((options?: OpenOptions) => Promise<Page>) => {
    const contexts: { close(): Promise<void> }[] = [];
    const errors: string[] = [];
    onCleanup(async () => {
      await Promise.all(contexts.map((context) => context.close()));
      if (errors.length > 0) throw new Error(`uncaught in the page: ${errors.join('; ')}`);
    });
    return async ({ scenario = {}, width = 1440, theme = 'light', address = '' } = {}) => {
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme: theme,
        reducedMotion: 'reduce',
        permissions: ['clipboard-read', 'clipboard-write'],
        // It would answer for the worker's file before the test can.
        serviceWorkers: 'block',
      });
      context.setDefaultTimeout(BUSY_MACHINE_TIMEOUT_MS);
      contexts.push(context);
      const page = await context.newPage();
      page.on('pageerror', (error) => errors.push(error.message));
      await useScriptedEngine(page, { ...READY, ...scenario });
      await page.goto(site.url + address);
      await page.getByRole('heading', { level: 1 }).waitFor();
      return page;
    };
  },
);

/** Presses the button that gets the model, and waits until it is there. */
export async function getReady(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Download model/u }).click();
  await page.getByRole('link', { name: /Ready/u }).waitFor();
}

/** Sends a request from the keyboard. */
export async function send(page: Page, prompt: string): Promise<void> {
  await page.getByRole('textbox', { name: /What should/u }).fill(prompt);
  await page.keyboard.press('ControlOrMeta+Enter');
}

export function script(page: Page): Promise<string> {
  return page.locator('.cm-content').innerText();
}

/** What axe finds of the two graver kinds, as `rule: selector`. */
export async function seriousViolations(page: Page): Promise<string[]> {
  // A script element would be refused by the page's content security policy.
  await page.evaluate(`${axeSource};0`);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

/** How far the page is wider than the window. */
export function overflowPx(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
