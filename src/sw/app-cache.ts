/**
 * The app's own files in Cache Storage. The shell has one cache per version; ONNX Runtime and other files that few
 * visitors need share one that outlives versions. Models are not here: the engine keeps them itself.
 */
import type { BuildManifest } from './build-manifest.ts';
import { isolatedResponse } from './isolated-response.ts';

/** Vite puts a hash of the content into these names. */
const isHashed = (path: string): boolean => path.startsWith('assets/');

/** `assets/ort-CL1EkmqA.wasm` to `assets/ort.wasm`. */
const withoutHash = (path: string): string => path.replace(/-[\w-]{8}(?=\.[\w-]+$)/u, '');

/** In the cache of each version that has been active: when, in milliseconds since 1970. Never fetched (RFC 2606). */
const ACTIVATED_URL = 'https://shellwright.invalid/activated';

export class AppCache {
  readonly #scope: string;
  /** Of all caches of this deployment's shells; each version adds its own. */
  readonly #shellPrefix: string;
  readonly #shellName: string;
  readonly #lazyName: string;
  readonly #shellUrls: ReadonlySet<string>;
  readonly #lazyUrls: ReadonlySet<string>;
  readonly #manifest: BuildManifest;

  /** @param scope absolute URL of the app's folder, with a trailing slash */
  constructor(manifest: BuildManifest, scope: string) {
    const absolute = (path: string): string => new URL(path, scope).href;
    this.#manifest = manifest;
    this.#scope = scope;
    // Deployments in different folders of one host share Cache Storage, and must not tidy up each other's.
    const prefix = `shellwright-app:${new URL(scope).pathname}`;
    this.#shellPrefix = `${prefix}:shell:`;
    this.#shellName = this.#shellPrefix + manifest.version;
    this.#lazyName = `${prefix}:on-first-use`;
    this.#shellUrls = new Set(manifest.shell.map(absolute));
    this.#lazyUrls = new Set(manifest.onFirstUse.map(absolute));
  }

  /**
   * Stores the whole shell, or nothing, and what this version has in place of files that were used before: offline it
   * could not run the model without.
   * @throws if a file cannot be had; the browser then tries again at the next visit
   */
  async install(): Promise<void> {
    // Where only the service worker has changed, the version that is active has the same shell and needs it.
    const isNew = !(await caches.has(this.#shellName));
    const cache = await caches.open(this.#shellName);
    try {
      await Promise.all(this.#manifest.shell.map((path) => this.#store(cache, path)));
      await this.#storeSuccessors();
    } catch (error) {
      if (isNew) await caches.delete(this.#shellName);
      throw error;
    }
  }

  /**
   * Drops what no version needs any more. The one that was active before stays, since other tabs may still show it and
   * ask for parts they have not loaded yet.
   * @param nowEpochMs when this version became active
   */
  async dropOld(nowEpochMs: number): Promise<void> {
    await this.#markActivated(nowEpochMs);
    const names = await caches.keys();
    const others = names.filter(
      (name) => name.startsWith(this.#shellPrefix) && name !== this.#shellName,
    );
    const before = await lastActivated(others);
    await Promise.all(others.filter((name) => name !== before).map((name) => caches.delete(name)));

    const lazy = await caches.open(this.#lazyName);
    const stored = await lazy.keys();
    const unknown = stored.filter((request) => !this.#lazyUrls.has(request.url));
    await Promise.all(unknown.map((request) => lazy.delete(request)));
  }

  /** Stores files that were loaded before the service worker could see them. Ignores any that are not the app's. */
  async keep(urls: readonly string[]): Promise<void> {
    const cache = await caches.open(this.#lazyName);
    for (const url of urls) {
      if (!this.#lazyUrls.has(url) || (await cache.match(url)) !== undefined) continue;
      const response = await fetch(url);
      if (response.ok) await cache.put(url, isolatedResponse(response));
    }
  }

  /**
   * The answer to a request of the page or its workers; null leaves it to the network as if there were no service
   * worker (models, ranges, other sites).
   */
  answer(request: Request): Promise<Response> | null {
    if (request.method !== 'GET' || request.headers.has('range')) return null;
    const url = new URL(request.url);
    url.hash = '';
    url.search = '';
    const { href } = url;
    if (request.mode === 'navigate') {
      const isPage = href === this.#scope || href === `${this.#scope}index.html`;
      return isPage ? this.#fromCache(this.#scope, request) : null;
    }
    if (this.#shellUrls.has(href)) return this.#fromCache(href, request);
    if (this.#lazyUrls.has(href)) return this.#onFirstUse(href, request);
    // A file of another version that a tab still shows.
    return href.startsWith(`${this.#scope}assets/`) ? this.#fromCache(href, request) : null;
  }

  async #fromCache(url: string, request: Request): Promise<Response> {
    const shell = await caches.open(this.#shellName);
    const stored = (await shell.match(url)) ?? (await this.#fromOtherVersion(url));
    return stored ?? isolatedResponse(await fetch(request));
  }

  async #fromOtherVersion(url: string): Promise<Response | undefined> {
    if (!isHashed(url.slice(this.#scope.length))) return undefined;
    return caches.match(url);
  }

  async #onFirstUse(url: string, request: Request): Promise<Response> {
    const cache = await caches.open(this.#lazyName);
    const stored = await cache.match(url);
    if (stored !== undefined) return stored;
    const response = isolatedResponse(await fetch(request));
    if (response.ok) {
      // Not awaited: the engine compiles while the copy is written. Without room for it the app needs the network.
      void cache.put(url, response.clone()).catch(() => cache.delete(url));
    }
    return response;
  }

  /** The active version's files stay until this one takes over. */
  async #storeSuccessors(): Promise<void> {
    const lazy = await caches.open(this.#lazyName);
    const stored = (await lazy.keys()).map(({ url }) => url.slice(this.#scope.length));
    const used = new Set(stored.map(withoutHash));
    const wanted = this.#manifest.onFirstUse.filter(
      (path) => used.has(withoutHash(path)) && !stored.includes(path),
    );
    await Promise.all(wanted.map((path) => this.#store(lazy, path)));
  }

  async #markActivated(nowEpochMs: number): Promise<void> {
    try {
      const cache = await caches.open(this.#shellName);
      await cache.put(ACTIVATED_URL, new Response(String(nowEpochMs)));
    } catch {
      // No room: the next version then takes an older one for the one before.
    }
  }

  async #store(cache: Cache, path: string): Promise<void> {
    const url = new URL(path, this.#scope).href;
    const known = isHashed(path) ? await caches.match(url) : undefined;
    // A proxy or the HTTP cache may hold an old copy of a name that stays the same.
    const response = known ?? (await fetch(url, { cache: isHashed(path) ? 'default' : 'reload' }));
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    await cache.put(url, known ?? isolatedResponse(response));
  }
}

/** The cache of the version that was active last; the newest where none says that it was, as in caches of versions without that mark. */
async function lastActivated(names: readonly string[]): Promise<string | undefined> {
  let last = names.at(-1);
  let lastEpochMs = 0;
  for (const name of names) {
    const mark = await (await caches.open(name)).match(ACTIVATED_URL);
    const epochMs = mark === undefined ? 0 : Number(await mark.text());
    if (epochMs <= lastEpochMs) continue;
    last = name;
    lastEpochMs = epochMs;
  }
  return last;
}
