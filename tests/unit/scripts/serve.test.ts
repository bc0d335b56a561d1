import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { serveApp, type AppServer, type ServeOptions } from '../../../scripts/serve.ts';

let folder: string;
const running: AppServer[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shellwright-serve-'));
  mkdirSync(join(folder, 'assets'));
  mkdirSync(join(folder, 'models'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'sw.js'), '');
  writeFileSync(join(folder, 'assets', 'engine-a1b2.wasm'), new Uint8Array(1000));
  writeFileSync(join(folder, 'models', 'weights.bin'), '0123456789');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function serve(options: Partial<ServeOptions> = {}): Promise<AppServer> {
  const server = await serveApp({ folder, port: 0, ...options });
  running.push(server);
  return server;
}

test('sends the headers that isolate a page, with every file', async () => {
  const { url } = await serve();
  for (const path of ['', 'sw.js', 'assets/engine-a1b2.wasm']) {
    const { headers } = await fetch(url + path);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  }
});

test('lets browsers keep hashed files for good, and ask anew for all others', async () => {
  const { url } = await serve();
  const caching = async (path: string): Promise<string | null> =>
    (await fetch(url + path)).headers.get('cache-control');
  expect(await caching('assets/engine-a1b2.wasm')).toBe('public, max-age=31536000, immutable');
  expect(await caching('')).toBe('no-cache');
  expect(await caching('sw.js')).toBe('no-cache');
  expect(await caching('models/weights.bin')).toBe('no-cache');
});

test('says that WASM is WASM, or it could not be compiled while it arrives', async () => {
  const { url } = await serve();
  const { headers } = await fetch(`${url}assets/engine-a1b2.wasm`);
  expect(headers.get('content-type')).toBe('application/wasm');
});

test('serves ranges, so that a download can go on where it broke off', async () => {
  const { url } = await serve();
  const rest = await fetch(`${url}models/weights.bin`, { headers: { range: 'bytes=4-' } });
  expect(rest.status).toBe(206);
  expect(rest.headers.get('content-range')).toBe('bytes 4-9/10');
  expect(await rest.text()).toBe('456789');

  const beyond = await fetch(`${url}models/weights.bin`, { headers: { range: 'bytes=10-' } });
  expect(beyond.status).toBe(416);
});

test('answers 404 for what is not there, and for what is outside of its folder', async () => {
  const { url } = await serve({ base: '/tools/app/' });
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(`${url}no-such-file`)).status).toBe(404);
  expect((await fetch(new URL('/', url))).status).toBe(404);
  expect((await fetch(new URL('/tools/app/..%2f..%2fetc/passwd', url))).status).toBe(404);
});

test('takes another port where the wanted one is busy', async () => {
  const first = await serve();
  const second = await serve({ port: first.port });
  expect(second.port).toBeGreaterThan(first.port);
  expect((await fetch(second.url)).status).toBe(200);
});
