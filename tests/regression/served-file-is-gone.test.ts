/**
 * Files were served from a list that was made at the start: one that a build had taken away ended the relay, a download
 * that broke off kept its file open, and a range that ends before it begins got no answer.
 */
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { serveApp } from '../../scripts/serve.ts';

async function serveFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-files-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>old</p>');
  writeFileSync(join(folder, 'assets', 'large-1.js'), Buffer.alloc(8 * 2 ** 20, 32));
  const site = await serveApp({ folder, port: 0 });
  onTestFinished(async () => {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, site };
}

test('a file that is gone is not found, and a new one is there', async () => {
  const { folder, site } = await serveFolder();
  rmSync(join(folder, 'assets', 'large-1.js'));
  writeFileSync(join(folder, 'assets', 'new-2.js'), 'new');
  writeFileSync(join(folder, 'index.html'), '<p>a longer page</p>');
  expect((await fetch(`${site.url}assets/large-1.js`)).status).toBe(404);
  expect(await (await fetch(`${site.url}assets/new-2.js`)).text()).toBe('new');
  expect(await (await fetch(site.url)).text()).toBe('<p>a longer page</p>');
});

test.skipIf(process.platform !== 'linux')(
  'a download that breaks off closes its file',
  async () => {
    const { folder, site } = await serveFolder();
    const open = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
        } catch {
          return false; // Closed since it was listed.
        }
      }).length;
    for (let at = 0; at < 10; at++) {
      await new Promise<void>((resolve) => {
        const asked = request(`${site.url}assets/large-1.js`, (response) => {
          response.once('data', () => asked.destroy());
          response.on('error', () => undefined);
          response.on('close', resolve);
        });
        asked.on('error', () => undefined);
        asked.end();
      });
    }
    await expect.poll(open).toBe(0);
  },
);

test.each([
  ['bytes=5-2', 416],
  ['bytes=99999999-', 416],
  ['bytes=2-5', 206],
])('the range %s is answered', async (range, status) => {
  const { site } = await serveFolder();
  const answer = await fetch(`${site.url}assets/large-1.js`, { headers: { range } });
  expect(answer.status).toBe(status);
  await answer.arrayBuffer();
});
