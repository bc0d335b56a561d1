/** Picks the best storage that this browser allows, and tells what it promises. */
import { CacheApiStorage } from './cache-storage.ts';
import { MemoryStorage, type FileStorage } from './file-storage.ts';
import { OpfsStorage } from './opfs-storage.ts';

/** OPFS, else the Cache API, else memory. */
export async function openStorage(): Promise<FileStorage> {
  return (await OpfsStorage.open()) ?? (await CacheApiStorage.open()) ?? new MemoryStorage();
}

/** Whether the browser has promised not to evict this site's storage. Only the page can ask it to. */
export async function isPersisted(): Promise<boolean> {
  try {
    return await navigator.storage.persisted();
  } catch {
    // Not offered: then nothing was promised.
    return false;
  }
}

/** Bytes that can still be stored, or null where the browser does not say. */
export async function freeBytes(): Promise<number | null> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined ? null : quota - (usage ?? 0);
  } catch {
    // No estimate: writing will tell.
    return null;
  }
}
