/** Which version of a model is used when a newer one is there, with the browser's own storage and a scripted network. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FailureError } from '../../src/contracts/failure.ts';
import { CacheApiStorage } from '../../src/engine/files/cache-storage.ts';
import type { FileStorage } from '../../src/engine/files/file-storage.ts';
import { LoadTracker } from '../../src/engine/load-tracker.ts';
import { bringModel } from '../../src/engine/pack/bring-model.ts';

const BASE_URL = 'https://models.example/tiny/';
/** Another deployment on the same host. */
const OTHER_URL = 'https://models.example/other/tiny/';
const GRAPHS = ['webgpu-f16', 'webgpu-f32', 'wasm-f32', 'wasm-int8'];
const PATHS = ['tokenizer.json', ...GRAPHS, 'pack.bin'];

/** What each address answers; without an entry the connection fails. */
let site = new Map<string, () => Promise<Response>>();
let asked: string[] = [];

beforeEach(async () => {
  site = new Map();
  asked = [];
  await caches.delete('shellwright-manifests');
  await caches.delete('shellwright-models');
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const path = url.replace(BASE_URL, '').replace(OTHER_URL, '');
    asked.push(path);
    const signal = init?.signal;
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      const answer = site.get(path)?.() ?? Promise.reject(new TypeError('no connection'));
      answer.then(resolve, reject);
    });
  });
});

afterEach(() => vi.restoreAllMocks());

/** The content of one file; the tokenizer stays the same over versions. */
function contentOf(path: string, version: string): string {
  return path === 'tokenizer.json' ? path : `${path} of ${version}`;
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** From now on the site has this version, of which only the given files can be had. */
async function publish(version: string, available: readonly string[] = PATHS): Promise<void> {
  const contents = PATHS.map((path) => [path, contentOf(path, version)] as const);
  const files = await Promise.all(
    contents.map(async ([path, text]) => ({
      path,
      bytes: text.length,
      sha256: await sha256(text),
    })),
  );
  const sizes = { layers: 1, width: 1, heads: 1, kvHeads: 1, headDim: 1, ffn: 1, contextLength: 1 };
  const manifest = {
    ...{ format: 1, id: 'tiny', name: version, baseModel: 'b', licence: 'MIT', madeBy: 'm' },
    architecture: { vocabSize: 1, ...sizes },
    tokenizer: { path: 'tokenizer.json' },
    prompt: {
      ...{ system: 's', prefix: 'p', suffix: 's', answerPrefix: 'a', scriptRequest: 'r' },
      ...{ stopStrings: [], stopTokens: [] },
    },
    files,
    pack: { bytes: files.at(-1)?.bytes, shards: ['pack.bin'], tensors: [] },
    graphs: Object.fromEntries(GRAPHS.map((path) => [path, { path, externalData: [] }])),
  };
  site = new Map([['manifest.json', () => Promise.resolve(Response.json(manifest))]]);
  for (const [path, text] of contents) {
    if (available.includes(path)) site.set(path, () => Promise.resolve(new Response(text)));
  }
}

function oldPack(): Response {
  return new Response(contentOf('pack.bin', 'v1'));
}

/** Pages lack the synchronous handles that the other storage needs. */
async function openStorage(): Promise<CacheApiStorage> {
  const storage = await CacheApiStorage.open();
  if (storage === null) throw new Error('the Cache API is denied');
  return storage;
}

interface Circumstances {
  readonly storage?: FileStorage;
  readonly freeBytes?: number | null;
  readonly baseUrl?: string;
}

/** Returns the version that is used and where its bytes came from, or the code of the failure. */
async function bring(
  signal = new AbortController().signal,
  prefersStored = false,
  { storage, freeBytes = null, baseUrl = BASE_URL }: Circumstances = {},
): Promise<string> {
  const tracker = new LoadTracker(() => {});
  try {
    const { manifest, pack } = await bringModel({
      baseUrl,
      storage: storage ?? (await openStorage()),
      freeBytes: () => Promise.resolve(freeBytes),
      tracker,
      signal,
      prefersStored,
    });
    expect(new TextDecoder().decode(pack)).toBe(contentOf('pack.bin', manifest.name));
    const { source, bytes } = tracker.finish();
    expect(bytes).toBe(PATHS.map((path) => contentOf(path, manifest.name)).join('').length);
    return `${manifest.name} from ${source}`;
  } catch (error) {
    if (error instanceof FailureError) return error.code;
    throw error;
  }
}

test('a newer version that was paused leaves the one before usable without a connection', async () => {
  await publish('v1');
  expect(await bring()).toBe('v1 from network');
  await publish('v2');
  const pausing = new AbortController();
  site.set('pack.bin', () => {
    pausing.abort();
    return new Promise(() => {});
  });
  expect(await bring(pausing.signal)).toBe('model/load-cancelled');
  site.clear();
  expect(await bring()).toBe('v1 from cache');
  await publish('v2', ['pack.bin']);
  expect(await bring()).toBe('v2 from mixed');
});

test('a newer version that cannot be completed does not keep the one before from being used', async () => {
  await publish('v1');
  await bring();
  await publish('v2', ['wasm-f32']);
  expect(await bring()).toBe('v1 from cache');
  await publish('v2');
  expect(await bring()).toBe('v2 from mixed');
  site.clear();
  expect(await bring()).toBe('v2 from cache');
});

describe('a newer version of which only the manifest has been published', () => {
  test.each([
    ['missing', 'model/not-found', () => new Response('', { status: 404 })],
    ['still those of the one before', 'model/checksum-mismatch', oldPack],
  ] as const)('with files that are %s leaves the one before usable', async (_, code, pack) => {
    await publish('v1');
    await bring();
    await publish('v2');
    site.set('pack.bin', () => Promise.resolve(pack()));
    expect(await bring()).toBe('v1 from cache');
    await caches.delete('shellwright-models');
    expect(await bring()).toBe(code);
    await publish('v2');
    expect(await bring()).toMatch('v2 from');
  });

  test('a model that is gone altogether is not used any more', async () => {
    await publish('v1');
    await bring();
    site.set('manifest.json', () => Promise.resolve(new Response('', { status: 404 })));
    expect(await bring()).toBe('model/not-found');
  });
});

test('a model that is loaded again after a lost device is the one on the device, not a newer one', async () => {
  const { signal } = new AbortController();
  await publish('v1');
  expect(await bring(signal, true)).toBe('v1 from network');
  await publish('v2');
  asked = [];
  expect(await bring(signal, true)).toBe('v1 from cache');
  expect(asked).toEqual([]);
  expect(await bring(signal)).toBe('v2 from mixed');
});

test('a model that is not on the device still fails for lack of a connection', async () => {
  await publish('v1', []);
  expect(await bring()).toBe('model/download-failed');
});

test('a connection that carries nothing holds a model on the device up for seconds only', async () => {
  await publish('v1');
  await bring();
  site.set('manifest.json', () => new Promise(() => {}));
  asked = [];
  expect(await bring()).toBe('v1 from cache');
  expect(asked).toEqual(['manifest.json']);
}, 10_000);

describe('a disk without room for a newer version', () => {
  const { signal } = new AbortController();

  test('that fills up during the download leaves the one before usable without a connection', async () => {
    await publish('v1');
    await bring();
    await publish('v2');
    const storage = await openStorage();
    let openings = 0;
    vi.spyOn(storage, 'openPartial').mockImplementation(async (key, restart) => {
      const partial = await CacheApiStorage.prototype.openPartial.call(storage, key, restart);
      if (++openings < 3) return partial;
      const full = new DOMException('full', 'QuotaExceededError');
      return { ...partial, append: () => Promise.reject(full) };
    });
    expect(await bring(signal, false, { storage })).toMatch('v2 from');
    site.clear();
    expect(await bring()).toBe('v1 from cache');
  });

  test('and says so before, uses the one that is there', async () => {
    await publish('v1');
    expect(await bring(signal, false, { freeBytes: 10 })).toBe('model/quota-exceeded');
    await bring();
    await publish('v2');
    expect(await bring(signal, false, { freeBytes: 10 })).toBe('v1 from cache');
    expect(await bring()).toBe('v2 from mixed');
  });

  test('or for its description, keeps the files of the one that is described', async () => {
    await publish('v1');
    await bring();
    await publish('v2');
    const cache = await caches.open('shellwright-manifests');
    const full = new DOMException('full', 'QuotaExceededError');
    vi.spyOn(cache, 'put').mockRejectedValue(full);
    const storage = await openStorage();
    const open = vi.spyOn(caches, 'open').mockResolvedValue(cache);
    expect(await bring(signal, false, { storage })).toBe('v2 from mixed');
    open.mockRestore();
    site.clear();
    expect(await bring()).toBe('v1 from cache');
  });
});

test('models of other deployments on the same host stay, and files that nobody knows go', async () => {
  const { signal } = new AbortController();
  const storage = await openStorage();
  await publish('v1');
  await bring();
  await publish('theirs');
  expect(await bring(signal, false, { baseUrl: OTHER_URL })).toBe('theirs from mixed');
  await publish('v2');
  await bring();
  site.clear();
  expect(await bring(signal, false, { baseUrl: OTHER_URL })).toBe('theirs from cache');
  expect(await storage.sizeBytes(await sha256(contentOf('pack.bin', 'v1')))).toBeNull();
});
