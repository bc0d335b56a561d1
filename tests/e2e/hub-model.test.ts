/** A model of the hub in the built app: transformers.js, and the build of ONNX Runtime that is stored packed. */
import { expect } from 'vitest';
import { startHubServer } from '../fixtures/hub/hub-server.ts';
import { SCRIPT_TEXT } from '../fixtures/hub/tiny-model.ts';
import { test } from './support/app-test.ts';

test('writes with a model of the hub', async ({ page, site }) => {
  const hub = await startHubServer();
  try {
    await page.goto(site.url);
    const { text, finishReason } = await page.evaluate(async (host) => {
      await window.shellwright.load({ model: 'test/script', host, backend: 'wasm', threads: 1 });
      return window.shellwright.generate({ prompt: 'list the files' });
    }, hub.url);
    expect(text).toBe(SCRIPT_TEXT);
    expect(finishReason).toBe('stop');

    const isPacked = (path: string): boolean => path.endsWith('.wasm-packed');
    await expect
      .poll(() =>
        page.evaluate(async () => {
          const names = await caches.keys();
          const keys = await Promise.all(
            names.map(async (name) => (await caches.open(name)).keys()),
          );
          return keys.flat().map((request) => request.url);
        }),
      )
      .toSatisfy((urls: string[]) => urls.some(isPacked));
  } finally {
    await hub.close();
  }
});
