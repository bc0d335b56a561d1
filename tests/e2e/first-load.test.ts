/** What the page loads before anyone asks for the model. The size budget (scripts/size-budget.ts) counts on it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { appFolder, test } from './support/app-test.ts';

/** As in src/main.ts. */
const ALERTING_AFTER_MS = 3_000;

test('loads the scripts that index.html names, the editor, the monitor, and nothing of the engine or a model', async ({
  page,
  site,
}) => {
  const named = [
    ...readFileSync(join(appFolder, 'index.html'), 'utf8').matchAll(/"\.\/([^"]+\.js)"/g),
  ].map(([, path]) => path);
  const loaded: string[] = [];
  page.on('response', (response) => {
    loaded.push(response.url().slice(site.url.length));
  });
  // What comes three seconds later, alerting, is no part of it, however slow the machine is.
  await page.addInitScript((ms) => {
    const wait = globalThis.setTimeout;
    globalThis.setTimeout = ((callback: () => void, delayMs?: number) =>
      wait(callback, delayMs === ms ? 600_000 : delayMs)) as typeof setTimeout;
  }, ALERTING_AFTER_MS);

  await page.goto(site.url, { waitUntil: 'networkidle' });

  const scripts = loaded.filter((path) => /\.m?js$/.test(path) && path !== 'sw.js');
  const isEditor = (path: string): boolean => path.startsWith('assets/bash-editor-');
  // Writes down what is measured; a thread of its own, which the page does not wait for.
  const isMonitor = (path: string): boolean => path.startsWith('assets/monitor.worker-');
  const first = scripts.filter((path) => !isEditor(path) && !isMonitor(path));
  expect(first.sort()).toEqual(named.sort());
  expect(scripts.filter(isEditor)).toHaveLength(1);
  expect(scripts.filter(isMonitor)).toHaveLength(1);
  // Its manifest may be read: it tells how large the download would be.
  expect(loaded.filter((path) => /\.(wasm|wasm-packed|bin|onnx)$/.test(path))).toEqual([]);
});
