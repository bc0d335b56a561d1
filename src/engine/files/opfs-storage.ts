/**
 * Model files in the origin private file system. Its synchronous handles can append, which resuming needs; they lock
 * their file, so only one tab may download at a time (loadPackModel holds a lock).
 */
import type { FileStorage, PartialFile } from './file-storage.ts';

const FOLDER = 'models';
const PARTIAL_SUFFIX = '.part';

export class OpfsStorage implements FileStorage {
  readonly kind = 'opfs';
  readonly #folder: FileSystemDirectoryHandle;

  private constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  /** Returns null where the browser has no such storage or denies it (private windows of some browsers). */
  static async open(): Promise<OpfsStorage | null> {
    try {
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle(FOLDER, { create: true });
      const storage = new OpfsStorage(folder);
      // Some browsers have the folder but not the synchronous handles: find out now rather than halfway.
      return 'createSyncAccessHandle' in FileSystemFileHandle.prototype ? storage : null;
    } catch {
      // Absent or denied: the caller goes on with the next kind of storage and says which.
      return null;
    }
  }

  read(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#readFile(key);
  }

  sizeBytes(key: string): Promise<number | null> {
    return this.#sizeOf(key);
  }

  async partialBytes(key: string): Promise<number> {
    return (await this.#sizeOf(key + PARTIAL_SUFFIX)) ?? 0;
  }

  async readPartial(key: string): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#readFile(key + PARTIAL_SUFFIX)) ?? new Uint8Array(0);
  }

  async openPartial(key: string, restart: boolean): Promise<PartialFile> {
    const handle = await this.#folder.getFileHandle(key + PARTIAL_SUFFIX, { create: true });
    const access = await handle.createSyncAccessHandle();
    if (restart) access.truncate(0);
    let offset = access.getSize();
    return {
      append(chunk: Uint8Array) {
        const written = access.write(chunk, { at: offset });
        offset += written;
        // Firefox and Safari write what fits instead of throwing.
        if (written < chunk.byteLength) {
          throw new DOMException('only part could be written', 'QuotaExceededError');
        }
      },
      close() {
        access.flush();
        access.close();
      },
    };
  }

  async complete(key: string): Promise<void> {
    const handle = await this.#folder.getFileHandle(key + PARTIAL_SUFFIX);
    // In the specification, but not yet in TypeScript's library: https://fs.spec.whatwg.org/ (FileSystemHandle.move)
    await (handle as FileSystemFileHandle & { move(name: string): Promise<void> }).move(key);
  }

  async remove(key: string): Promise<void> {
    for (const name of [key, key + PARTIAL_SUFFIX]) {
      if ((await this.#handle(name)) !== null) await this.#folder.removeEntry(name);
    }
  }

  async prune(keep: ReadonlySet<string>): Promise<void> {
    const stale: string[] = [];
    for await (const name of this.#folder.keys()) {
      if (!keep.has(name.replace(PARTIAL_SUFFIX, ''))) stale.push(name);
    }
    for (const name of stale) await this.#folder.removeEntry(name);
  }

  /** Not through a synchronous handle, though that is faster: it would lock the file, and other tabs read it too. */
  async #readFile(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const handle = await this.#handle(name);
    return handle === null ? null : new Uint8Array(await (await handle.getFile()).arrayBuffer());
  }

  async #sizeOf(name: string): Promise<number | null> {
    const handle = await this.#handle(name);
    return handle === null ? null : (await handle.getFile()).size;
  }

  async #handle(name: string): Promise<FileSystemFileHandle | null> {
    try {
      return await this.#folder.getFileHandle(name);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return null;
      throw error;
    }
  }
}
