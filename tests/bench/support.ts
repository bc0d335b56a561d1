/** What the benches share: the built app in a browser, rows of the dev set, and medians. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { buildIfChanged } from '../../scripts/build.mjs';
import { browserArguments, findOrInstallBrowser } from '../../scripts/find-browser.mjs';
import { serveApp } from '../../scripts/serve.ts';

/** The built app, with its own model loaded unless that is not wanted. `close` ends the browser and the server. */
export async function openApp(
  query: string,
  { isLoaded = true }: { readonly isLoaded?: boolean } = {},
): Promise<{ readonly page: Page; readonly close: () => Promise<void> }> {
  buildIfChanged();
  const site = await serveApp({ folder: 'dist', port: 0 });
  const browser = await chromium.launch({
    executablePath: findOrInstallBrowser(),
    args: [...browserArguments],
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(`${site.url}${query}`);
  await page.waitForFunction(() => 'shellwright' in globalThis);
  if (isLoaded) await page.evaluate(() => window.shellwright.load());
  return {
    page,
    async close() {
      await browser.close();
      await site.close();
    },
  };
}

export interface DevRow {
  readonly prompt: string;
  readonly bash: string;
}

/** Rows of NL2Bash's dev split, which is not part of the repository. @throws where it or `xz` is missing */
export function devRows(): DevRow[] {
  const path = join('..', 'shared', 'data', 'nl2bash-dev.jsonl.xz');
  if (!existsSync(path)) throw new Error(`${path} is not there`);
  const { stdout, status } = spawnSync('xz', ['-dc', path], { maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error('xz is needed to read it: apt-get install xz-utils');
  return stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DevRow);
}

/** `count` rows spread evenly over all of them, so that the same number always gives the same rows. */
export function spread<T>(rows: readonly T[], count: number): T[] {
  return Array.from(
    { length: Math.min(count, rows.length) },
    (_, index) => rows[Math.floor((index * rows.length) / count)] as T,
  );
}

/** NaN of nothing. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
