/** The app's files over versions, in the browser's own Cache Storage, with a site that answers as the test says. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppCache } from '../../src/sw/app-cache.ts';
import type { BuildManifest } from '../../src/sw/build-manifest.ts';

const SCOPE = 'https://app.example/tools/';
/** What the site has; anything else cannot be had. */
let site = new Set<string>();
let nowEpochMs = 1_700_000_000_000;

beforeEach(async () => {
  await dropAll();
  vi.spyOn(globalThis, 'fetch').mockImplementation((input) => {
    const url = input instanceof Request ? input.url : String(input);
    const path = url.replace(SCOPE, '');
    return Promise.resolve(new Response(path, { status: site.has(path) ? 200 : 404 }));
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await dropAll();
});

async function dropAll(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith('shellwright-app:')) await caches.delete(name);
  }
}

/** The site publishes this version, which then tries to install itself. */
async function install(
  manifest: Partial<BuildManifest> & { readonly version: string },
  missing: readonly string[] = [],
): Promise<AppCache> {
  const whole = { shell: ['', `assets/index-${manifest.version}.js`], onFirstUse: [], ...manifest };
  site = new Set([...whole.shell, ...whole.onFirstUse].filter((path) => !missing.includes(path)));
  const cache = new AppCache(whole, SCOPE);
  await cache.install();
  return cache;
}

async function activate(cache: AppCache): Promise<void> {
  nowEpochMs += 1_000;
  await cache.dropOld(nowEpochMs);
}

/** Versions that are stored, without what is stored of them. */
async function versions(): Promise<string[]> {
  const prefix = 'shellwright-app:/tools/:shell:';
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix));
  return names.map((name) => name.slice(prefix.length)).sort();
}

async function answer(cache: AppCache, path: string): Promise<string | undefined> {
  const response = await cache.answer(new Request(SCOPE + path));
  return response?.ok === true ? response.text() : undefined;
}

describe('an update that cannot be stored', () => {
  test('leaves nothing behind', async () => {
    await activate(await install({ version: 'v1' }));
    await expect(install({ version: 'v2' }, [''])).rejects.toThrow('404');
    expect(await versions()).toEqual(['v1']);
  });

  test('and differs in its service worker only, leaves the shell that is in use', async () => {
    const active = await install({ version: 'v1' });
    await activate(active);
    await expect(install({ version: 'v1' }, [''])).rejects.toThrow('404');
    site.clear();
    expect(await answer(active, 'assets/index-v1.js')).toBe('assets/index-v1.js');
  });
});

describe('a version that takes over', () => {
  test('keeps the one before, which tabs may still show, and not one that nobody has run', async () => {
    await activate(await install({ version: 'v1' }));
    await install({ version: 'v2' });
    const third = await install({ version: 'v3' });
    await activate(third);
    expect(await versions()).toEqual(['v1', 'v3']);
    site.clear();
    expect(await answer(third, 'assets/index-v1.js')).toBe('assets/index-v1.js');
  });

  test('knows the one before also where that was taken back to', async () => {
    const first = await install({ version: 'v1' });
    await activate(first);
    await activate(await install({ version: 'v2' }));
    await activate(first);
    await activate(await install({ version: 'v3' }));
    expect(await versions()).toEqual(['v1', 'v3']);
  });

  test('keeps the newest where none says that it has been run', async () => {
    await install({ version: 'v1' });
    await install({ version: 'v2' });
    await activate(await install({ version: 'v3' }));
    expect(await versions()).toEqual(['v2', 'v3']);
  });
});

describe('files that are stored on first use', () => {
  const before = [
    'assets/ort.jspi-AAAAAAAA.wasm',
    'assets/ort-AAAAAAAA.wasm',
    'assets/hub-AAAAAAAA.js',
  ];
  const after = [
    'assets/ort.jspi-B-_BBBBB.wasm',
    'assets/ort-BBBBBBBB.wasm',
    'assets/hub-AAAAAAAA.js',
  ];

  async function useFirst(): Promise<AppCache> {
    const first = await install({ version: 'v1', onFirstUse: before });
    await activate(first);
    await first.keep([SCOPE + 'assets/ort.jspi-AAAAAAAA.wasm', SCOPE + 'assets/hub-AAAAAAAA.js']);
    return first;
  }

  test('are had by a new version before it takes over, under its names, and no others', async () => {
    const first = await useFirst();
    const second = await install({ version: 'v2', onFirstUse: after });
    site.clear();
    expect(await answer(first, 'assets/ort.jspi-AAAAAAAA.wasm')).toBe(before[0]);
    await activate(second);
    expect(await answer(second, 'assets/ort.jspi-B-_BBBBB.wasm')).toBe(after[0]);
    expect(await answer(second, 'assets/hub-AAAAAAAA.js')).toBe(after[2]);
    expect(await answer(second, 'assets/ort-BBBBBBBB.wasm')).toBeUndefined();
  });

  test('and cannot be had under their new names keep that version from being installed', async () => {
    await useFirst();
    const missing = ['assets/ort.jspi-B-_BBBBB.wasm'];
    await expect(install({ version: 'v2', onFirstUse: after }, missing)).rejects.toThrow('404');
    expect(await versions()).toEqual(['v1']);
  });
});
