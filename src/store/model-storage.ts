/**
 * Model files on the device as the page sees them: how much is there, and getting rid of it. The engine's worker writes
 * them (src/engine/files), into a folder of the origin private file system or, failing that, into the Cache API.
 */
import { failure, type Result } from '../contracts/failure.ts';

const FOLDER = 'models';
const CACHE = 'shellwright-models';
/** Which files belong to which model; without those it says nothing (src/engine/pack/fetch-manifest.ts). */
const MANIFEST_CACHE = 'shellwright-manifests';
/** Where transformers.js keeps models of the hub. */
const HUB_CACHE = 'transformers-cache';
const PARTIAL_SUFFIX = '.part';

export interface StoredFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Bytes of these files that are on the device, unfinished downloads included; 0 where nothing can be stored. */
export async function storedModelBytes(files: readonly StoredFile[]): Promise<number> {
  const folder = await openFolder();
  let bytes = 0;
  for (const file of files) {
    bytes +=
      folder === null ? 0 : Math.min(file.sizeBytes, await sizeInFolder(folder, file.sha256));
  }
  return bytes > 0 ? bytes : storedCacheBytes(files);
}

/** The manifest of this address whose files were brought last, or null; it tells of a model without a connection. */
export async function storedManifest(url: string): Promise<unknown> {
  try {
    const response = await caches.match(url, { cacheName: MANIFEST_CACHE });
    return response === undefined ? null : ((await response.json()) as unknown);
  } catch {
    // Denied: as good as never seen.
    return null;
  }
}

/** Deletes every model on the device. The engine must have been closed before. */
export async function deleteStoredModels(): Promise<Result<void>> {
  try {
    const folder = await openFolder();
    if (folder !== null) {
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      for (const name of names) await folder.removeEntry(name);
    }
    if (typeof caches !== 'undefined') {
      await caches.delete(CACHE);
      await caches.delete(MANIFEST_CACHE);
      await caches.delete(HUB_CACHE);
    }
    return { ok: true, value: undefined };
  } catch (error) {
    const cause = error instanceof DOMException ? error.name : 'unknown';
    return { ok: false, failure: failure('store/unavailable', undefined, { cause }) };
  }
}

async function openFolder(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER);
  } catch {
    // No such storage, or nothing in it yet: either way nothing is there.
    return null;
  }
}

async function sizeInFolder(folder: FileSystemDirectoryHandle, key: string): Promise<number> {
  for (const name of [key, key + PARTIAL_SUFFIX]) {
    try {
      return (await (await folder.getFileHandle(name)).getFile()).size;
    } catch {
      // Not there under this name.
    }
  }
  return 0;
}

async function storedCacheBytes(files: readonly StoredFile[]): Promise<number> {
  try {
    if (!(await caches.has(CACHE))) return 0;
    const keys = await (await caches.open(CACHE)).keys();
    const complete = new Set(keys.map((request) => request.url.split('/file/')[1]));
    return files.reduce((sum, file) => sum + (complete.has(file.sha256) ? file.sizeBytes : 0), 0);
  } catch {
    // Denied: nothing is stored.
    return 0;
  }
}
