/**
 * Where model files are kept between visits. A file is addressed by its sha256, so a new version of a model shares what
 * has not changed and never mixes with the old one. Unfinished downloads stay, to be resumed.
 */

export interface FileStorage {
  readonly kind: 'opfs' | 'cache-api' | 'memory';
  /** The complete file, or null. The bytes are not verified. */
  read(key: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Size of the complete file without reading it, or null. */
  sizeBytes(key: string): Promise<number | null>;
  /** How much of an unfinished download is there; 0 if nothing. */
  partialBytes(key: string): Promise<number>;
  /** What is there of an unfinished download. */
  readPartial(key: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Opens an unfinished download to append to; `restart` empties it first. */
  openPartial(key: string, restart: boolean): Promise<PartialFile>;
  /** Makes an unfinished download the complete file. */
  complete(key: string): Promise<void>;
  /** Forgets both the complete file and the unfinished download. */
  remove(key: string): Promise<void>;
  /** Removes every file that `keep` does not hold: older versions of models. */
  prune(keep: ReadonlySet<string>): Promise<void>;
}

export interface PartialFile {
  /** @throws {DOMException} QuotaExceededError when the storage is full. */
  append(chunk: Uint8Array): void | Promise<void>;
  close(): void | Promise<void>;
}

/** Keeps files as long as the page lives: for private windows, and where storage is full or denied. */
export class MemoryStorage implements FileStorage {
  readonly kind = 'memory';
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #partials = new Map<string, Uint8Array[]>();

  read(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return Promise.resolve(this.#files.get(key) ?? null);
  }

  sizeBytes(key: string): Promise<number | null> {
    return Promise.resolve(this.#files.get(key)?.byteLength ?? null);
  }

  partialBytes(key: string): Promise<number> {
    return Promise.resolve(sizeOf(this.#partials.get(key) ?? []));
  }

  readPartial(key: string): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(concatenate(this.#partials.get(key) ?? []));
  }

  openPartial(key: string, restart: boolean): Promise<PartialFile> {
    const chunks = restart ? [] : (this.#partials.get(key) ?? []);
    this.#partials.set(key, chunks);
    return Promise.resolve({
      append: (chunk: Uint8Array) => {
        chunks.push(chunk.slice());
      },
      close: () => {},
    });
  }

  complete(key: string): Promise<void> {
    this.#files.set(key, concatenate(this.#partials.get(key) ?? []));
    this.#partials.delete(key);
    return Promise.resolve();
  }

  remove(key: string): Promise<void> {
    this.#files.delete(key);
    this.#partials.delete(key);
    return Promise.resolve();
  }

  prune(keep: ReadonlySet<string>): Promise<void> {
    for (const key of [...this.#files.keys(), ...this.#partials.keys()]) {
      if (!keep.has(key)) {
        this.#files.delete(key);
        this.#partials.delete(key);
      }
    }
    return Promise.resolve();
  }
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}

/** Returns one new array that holds the chunks in order. */
export function concatenate(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeOf(chunks));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
