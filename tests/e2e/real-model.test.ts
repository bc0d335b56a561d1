/** The built app with the model that is shipped and its service worker: from the first download to offline use. */
import type { Page } from 'playwright';
import { describe, expect } from 'vitest';
import { test } from './support/app-test.ts';
import { faultyProxy, type SeenRequest } from './support/faulty-proxy.ts';

const REQUEST = {
  prompt: 'list all files modified today',
  temperature: 0,
  max_tokens: 10,
} as const;

const load = (page: Page) => page.evaluate(() => window.shellwright.load());
const write = (page: Page) =>
  page.evaluate((request) => window.shellwright.generate(request), REQUEST);

/** Waits until the service worker serves the page, so that offline means offline. */
const untilControlled = (page: Page) =>
  page.waitForFunction(() => navigator.serviceWorker.controller !== null);

const shards = (seen: readonly SeenRequest[]): SeenRequest[] =>
  seen.filter((request) => request.path.endsWith('.bin'));

/** Changes one byte of a stored model file; returns how large the file is. */
const damageStoredFile = (page: Page) =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('models');
    for await (const handle of folder.values()) {
      if (!(handle instanceof FileSystemFileHandle)) continue;
      const file = await handle.getFile();
      if (file.size < 10_000_000) continue;
      const writable = await handle.createWritable({ keepExistingData: true });
      await writable.write({ type: 'write', position: 1_000_000, data: new Uint8Array([1, 2, 3]) });
      await writable.close();
      return file.size;
    }
    return 0;
  });

describe('the shipped model in the built app', () => {
  test('downloads over a broken connection, writes, mends a damaged file, and works offline', async ({
    page,
    context,
    site,
  }) => {
    const proxy = await faultyProxy(site.url);
    proxy.breakOnce('weights-01.bin', 5_000_000);
    await page.goto(`${proxy.url}?backend=wasm`);
    await untilControlled(page);
    const first = await load(page);
    expect(first).toMatchObject({ source: 'network', storage: 'opfs' });
    expect(first.engine.backend).toBe('wasm');
    const resumed = shards(proxy.seen).filter(({ path }) => path.endsWith('weights-01.bin'));
    expect(resumed).toHaveLength(2);
    expect(Number(/bytes=(\d+)-/.exec(resumed[1]?.range ?? '')?.[1])).toBeGreaterThan(0);
    const record = await write(page);
    expect(record).toMatchObject({ failure: null });
    expect(record.text).not.toBe('');

    expect(await damageStoredFile(page)).toBeGreaterThan(0);
    proxy.seen.length = 0;
    await page.reload();
    const second = await load(page);
    expect(second.source).toBe('mixed');
    expect(shards(proxy.seen)).toHaveLength(1);
    expect((await write(page)).text).toBe(record.text);

    await proxy[Symbol.asyncDispose]();
    await context.setOffline(true);
    await page.reload();
    expect(await load(page)).toMatchObject({ source: 'cache' });
    expect((await write(page)).text).toBe(record.text);
  }, 300_000);

  test('refuses bad parameters with the name of the field, and cancels', async ({ page, site }) => {
    await page.goto(`${site.url}?backend=wasm`);
    await load(page);
    const refusal = await page.evaluate(async () => {
      try {
        await window.shellwright.generate({ prompt: 'x', temperature: 9 });
        return null;
      } catch (error) {
        const { code, failure } = error as { code: string; failure: { detail: unknown } };
        return { code, detail: failure.detail };
      }
    });
    expect(refusal).toEqual({
      code: 'request/invalid-parameter',
      detail: { field: 'temperature' },
    });
    const cancelled = await page.evaluate(async () => {
      const controller = new AbortController();
      return window.shellwright.generate({
        prompt:
          '#!/bin/bash\n# back up every directory of /home to /backup, with the date in the name\n',
        max_tokens: 500,
        signal: controller.signal,
        onToken: ({ generatedTokens }) => {
          if (generatedTokens > 3) controller.abort();
        },
      });
    });
    expect(cancelled.finishReason).toBe('cancelled');
    expect(cancelled.tokens.generated).toBeLessThan(100);
    const both = await page.evaluate(() =>
      Promise.all([
        window.shellwright.generate({ prompt: 'show the date', max_tokens: 4 }),
        window.shellwright.generate({ prompt: 'show disk usage', max_tokens: 4 }),
      ]),
    );
    expect(both[1].timestamps.startedMs).toBeGreaterThan(both[0].timestamps.startedMs ?? 0);
  }, 300_000);

  test('writes on WebGPU', async ({ page, site }) => {
    await page.goto(`${site.url}?backend=webgpu`);
    const report = await load(page);
    expect(report.engine).toMatchObject({ backend: 'webgpu', precision: 'f32' });
    const record = await page.evaluate(() =>
      window.shellwright.generate({ prompt: 'show free disk space', max_tokens: 2 }),
    );
    expect(record).toMatchObject({ failure: null, engine: { backend: 'webgpu' } });
  }, 600_000);
});
