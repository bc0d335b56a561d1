/**
 * Model files in the Cache API, for browsers without the origin private file system. It cannot append, so an unfinished
 * download is kept as numbered chunks.
 */
import { concatenate, type FileStorage, type PartialFile } from './file-storage.ts';

const CACHE = 'shellwright-models';

/** Chunks this large keep the number of cache entries small and lose little when a download breaks off. */
const CHUNK_BYTES = 4 * 1024 * 1024;

export class CacheApiStorage implements FileStorage {
  readonly kind = 'cache-api';
  readonly #cache: Cache;

  private constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** Returns null where the browser has no such storage or denies it. */
  static async open(): Promise<CacheApiStorage | null> {
    try {
      return new CacheApiStorage(await caches.open(CACHE));
    } catch {
      // Absent (no secure context) or denied: the caller goes on with memory and says so.
      return null;
    }
  }

  async read(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#get(fileUrl(key));
  }

  async sizeBytes(key: string): Promise<number | null> {
    const response = await this.#cache.match(fileUrl(key));
    // A blob of a stored answer stays on the disk.
    return response === undefined ? null : (await response.blob()).size;
  }

  async partialBytes(key: string): Promise<number> {
    return (await this.readPartial(key)).byteLength;
  }

  async readPartial(key: string): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = await this.#get(chunkUrl(key, chunks.length));
      if (chunk === null) return concatenate(chunks);
      chunks.push(chunk);
    }
  }

  async openPartial(key: string, restart: boolean): Promise<PartialFile> {
    if (restart) await this.#removePartial(key);
    let index = 0;
    while ((await this.#cache.match(chunkUrl(key, index))) !== undefined) index += 1;
    let pending: Uint8Array[] = [];
    let pendingBytes = 0;
    const flush = async (): Promise<void> => {
      if (pendingBytes === 0) return;
      const chunk = concatenate(pending);
      pending = [];
      pendingBytes = 0;
      await this.#cache.put(chunkUrl(key, index), new Response(chunk));
      index += 1;
    };
    return {
      append: async (chunk: Uint8Array) => {
        pending.push(chunk.slice());
        pendingBytes += chunk.byteLength;
        if (pendingBytes >= CHUNK_BYTES) await flush();
      },
      close: flush,
    };
  }

  async complete(key: string): Promise<void> {
    await this.#cache.put(fileUrl(key), new Response(await this.readPartial(key)));
    await this.#removePartial(key);
  }

  async remove(key: string): Promise<void> {
    await this.#cache.delete(fileUrl(key));
    await this.#removePartial(key);
  }

  async prune(keep: ReadonlySet<string>): Promise<void> {
    for (const request of await this.#cache.keys()) {
      const key = new URL(request.url).pathname.split('/')[2] ?? '';
      if (!keep.has(key)) await this.#cache.delete(request);
    }
  }

  async #removePartial(key: string): Promise<void> {
    for (let index = 0; await this.#cache.delete(chunkUrl(key, index)); index++);
  }

  async #get(url: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const response = await this.#cache.match(url);
    return response === undefined ? null : new Uint8Array(await response.arrayBuffer());
  }
}

/** Never fetched: the Cache API wants addresses as keys. `.invalid` is reserved for that (RFC 2606). */
function fileUrl(key: string): string {
  return `https://shellwright.invalid/file/${key}`;
}

function chunkUrl(key: string, index: number): string {
  return `https://shellwright.invalid/part/${key}/${index}`;
}
