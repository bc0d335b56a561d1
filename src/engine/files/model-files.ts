/**
 * Brings the files of a model onto the device: from storage where they are, over the network where they are not,
 * resuming what broke off, and verifying every byte each time it is read.
 */
import { FailureError, failure, type Failure } from '../../contracts/failure.ts';
import type { FileStorage } from './file-storage.ts';
import { MemoryStorage } from './file-storage.ts';

export interface RemoteFile {
  /** Absolute. */
  readonly url: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal; also the key in storage. */
  readonly sha256: string;
}

export interface FileProgress {
  readonly phase: 'downloading' | 'verifying';
  /** Change in bytes that are here; negative when a damaged file is thrown away. */
  readonly loadedDeltaBytes: number;
  readonly downloadedDeltaBytes: number;
}

export interface ModelFilesOptions {
  readonly storage: FileStorage;
  readonly fetch: typeof fetch;
  /** Resolves after so many milliseconds, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** What the browser believes; it only chooses the words when a download fails. */
  readonly isOnline: () => boolean;
  readonly onProgress: (progress: FileProgress) => void;
  readonly signal: AbortSignal;
}

/** Waits before each further try of a broken download. The first is short: most breaks are a single lost connection. */
const RETRY_DELAYS_MS = [300, 1_500, 4_000];

/** More at once does not help on HTTP/2 and hurts on a slow connection, where each then takes longest. */
const PARALLEL_DOWNLOADS = 3;

export class ModelFiles {
  readonly #options: ModelFilesOptions;
  #storage: FileStorage;

  constructor(options: ModelFilesOptions) {
    this.#options = options;
    this.#storage = options.storage;
  }

  /** Where files are kept now; `memory` after the other storage turned out to be full. */
  get storageKind(): FileStorage['kind'] {
    return this.#storage.kind;
  }

  /** Bytes of these files that are here already, complete or not. */
  async storedBytes(files: readonly RemoteFile[]): Promise<number> {
    let bytes = 0;
    for (const file of files) {
      const { storage } = this.#options;
      bytes += (await storage.sizeBytes(file.sha256)) ?? (await storage.partialBytes(file.sha256));
    }
    return bytes;
  }

  /**
   * Returns the verified bytes of each file, in order. Throws FailureError with `model/download-failed`,
   * `model/offline`, `model/not-found`, `model/checksum-mismatch`, `model/quota-exceeded` or `model/load-cancelled`.
   */
  async getAll(files: readonly RemoteFile[]): Promise<Uint8Array<ArrayBuffer>[]> {
    const results: Uint8Array<ArrayBuffer>[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        const index = next++;
        const file = files[index];
        if (file === undefined) return;
        results[index] = await this.get(file);
      }
    };
    // The first failure ends all of them: nobody wants 70 MB more of a model that cannot be completed.
    await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, work));
    return results;
  }

  /** Returns the verified bytes of one file; see getAll. */
  async get(file: RemoteFile): Promise<Uint8Array<ArrayBuffer>> {
    const stored = await this.#readStored(file);
    if (stored !== null) return stored;
    for (let attempt = 0; attempt < 2; attempt++) {
      await this.#download(file);
      const bytes = await this.#storage.read(file.sha256);
      if (bytes !== null && (await this.#isIntact(file, bytes))) return bytes;
      await this.#discard(file, bytes?.byteLength ?? 0);
    }
    throw new FailureError(failure('model/checksum-mismatch', undefined, { file: nameOf(file) }));
  }

  async #readStored(file: RemoteFile): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = await this.#storage.read(file.sha256);
    if (bytes === null) return null;
    this.#options.onProgress({
      phase: 'verifying',
      loadedDeltaBytes: bytes.byteLength,
      downloadedDeltaBytes: 0,
    });
    if (await this.#isIntact(file, bytes)) return bytes;
    await this.#discard(file, bytes.byteLength);
    return null;
  }

  async #isIntact(file: RemoteFile, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (bytes.byteLength !== file.sizeBytes) return false;
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex === file.sha256;
  }

  async #discard(file: RemoteFile, loadedBytes: number): Promise<void> {
    await this.#storage.remove(file.sha256);
    this.#options.onProgress({
      phase: 'downloading',
      loadedDeltaBytes: -loadedBytes,
      downloadedDeltaBytes: 0,
    });
  }

  /** Downloads what is missing of a file and makes it complete; resumes by Range after each break. */
  async #download(file: RemoteFile): Promise<void> {
    let announced = 0;
    for (let attempt = 0; ; attempt++) {
      this.#throwIfCancelled();
      // A download beside this one may find the storage full meanwhile; what is begun is ended where it was begun.
      const storage = this.#storage;
      try {
        const partialBytes = await storage.partialBytes(file.sha256);
        // What an earlier visit left behind counts as loaded, once.
        this.#report(partialBytes - announced, 0);
        announced = partialBytes;
        if (partialBytes < file.sizeBytes) {
          await this.#fetchRest(file, storage, partialBytes, (bytes) => {
            announced += bytes;
          });
        }
        await storage.complete(file.sha256);
        return;
      } catch (error) {
        this.#throwIfCancelled();
        if (isQuotaExceeded(error) && storage.kind !== 'memory') {
          await this.#continueInMemory(file, storage);
          continue;
        }
        if (error instanceof FailureError) throw error;
        const delayMs = RETRY_DELAYS_MS[attempt];
        if (delayMs === undefined)
          throw new FailureError(this.#networkFailure(file), { cause: error });
        await this.#options.sleep(delayMs, this.#options.signal).catch(() => {
          this.#throwIfCancelled();
        });
      }
    }
  }

  async #fetchRest(
    file: RemoteFile,
    storage: FileStorage,
    partialBytes: number,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    const response = await this.#options.fetch(file.url, {
      signal: this.#options.signal,
      // The file is kept by us, under its hash: a second copy in the HTTP cache would only use space.
      cache: 'no-store',
      ...(partialBytes > 0 ? { headers: { Range: `bytes=${partialBytes}-` } } : {}),
    });
    refuseBadStatus(response, file);
    const resumes =
      response.status === 206 &&
      (response.headers.get('Content-Range') ?? '').startsWith(`bytes ${partialBytes}-`);
    if (partialBytes > 0 && !resumes) {
      onBytes(-partialBytes);
      this.#report(-partialBytes, 0);
    }
    if (response.body === null) throw new TypeError('the response has no body');
    const target = await storage.openPartial(file.sha256, !resumes);
    try {
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        await target.append(value);
        onBytes(value.byteLength);
        this.#report(value.byteLength, value.byteLength);
      }
    } finally {
      await target.close();
    }
    const received = await storage.partialBytes(file.sha256);
    if (received < file.sizeBytes) throw new TypeError('the response ended early');
  }

  /** Moves the unfinished download over, so that a full disk costs no second download. */
  async #continueInMemory(file: RemoteFile, full: FileStorage): Promise<void> {
    if (this.#storage === full) this.#storage = new FallbackStorage(new MemoryStorage(), full);
    const partial = await this.#storage.openPartial(file.sha256, true);
    await partial.append(await full.readPartial(file.sha256));
    await partial.close();
    await full.remove(file.sha256);
  }

  #report(loadedDeltaBytes: number, downloadedDeltaBytes: number): void {
    this.#options.onProgress({ phase: 'downloading', loadedDeltaBytes, downloadedDeltaBytes });
  }

  #networkFailure(file: RemoteFile): Failure {
    const code = this.#options.isOnline() ? 'model/download-failed' : 'model/offline';
    return failure(code, undefined, { file: nameOf(file) });
  }

  #throwIfCancelled(): void {
    if (this.#options.signal.aborted) throw new FailureError(failure('model/load-cancelled'));
  }
}

/** Writes to memory, and still reads what the full storage holds. */
class FallbackStorage extends MemoryStorage {
  readonly #memory: MemoryStorage;
  readonly #full: FileStorage;

  constructor(memory: MemoryStorage, full: FileStorage) {
    super();
    this.#memory = memory;
    this.#full = full;
  }

  override async read(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return (await this.#memory.read(key)) ?? this.#full.read(key);
  }
  override async sizeBytes(key: string): Promise<number | null> {
    return (await this.#memory.sizeBytes(key)) ?? this.#full.sizeBytes(key);
  }
  override partialBytes(key: string): Promise<number> {
    return this.#memory.partialBytes(key);
  }
  override readPartial(key: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#memory.readPartial(key);
  }
  override openPartial(key: string, restart: boolean): ReturnType<MemoryStorage['openPartial']> {
    return this.#memory.openPartial(key, restart);
  }
  override complete(key: string): Promise<void> {
    return this.#memory.complete(key);
  }
  override async remove(key: string): Promise<void> {
    await this.#memory.remove(key);
    await this.#full.remove(key);
  }
}

function refuseBadStatus(response: Response, file: RemoteFile): void {
  const detail = { file: nameOf(file), status: response.status };
  if (response.status === 404 || response.status === 410) {
    throw new FailureError(failure('model/not-found', undefined, detail));
  }
  // A single-page host answers 200 with its index page for files that do not exist.
  if (response.headers.get('Content-Type')?.startsWith('text/html') === true) {
    throw new FailureError(failure('model/not-found', undefined, detail));
  }
  if (response.status === 416) throw new TypeError('the rest cannot be had');
  if (
    response.status >= 400 &&
    response.status < 500 &&
    response.status !== 408 &&
    response.status !== 429
  ) {
    throw new FailureError(failure('model/download-failed', undefined, detail));
  }
  if (!response.ok) throw new TypeError(`status ${response.status}`);
}

function isQuotaExceeded(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError';
}

function nameOf(file: RemoteFile): string {
  return new URL(file.url).pathname.split('/').at(-1) ?? file.url;
}
