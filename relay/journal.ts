/**
 * A state that survives a crash: every change is a line of an append-only file and is on the disk before anybody acts
 * on it. Changes that arrive while the disk is busy share the next fsync. When the file has grown, the state is written
 * to a new one, which takes its place by a rename.
 */
import { createReadStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a journal writes down; `apply` gets each entry after it is on the disk, and each old one at the start. */
export interface JournaledState<Entry> {
  /** null for a line that is none of its entries. */
  parse(line: unknown): Entry | null;
  /** Applying an entry a second time changes nothing. */
  apply(entry: Entry): void;
  /** Entries that make the same state. */
  snapshot(): Iterable<Entry>;
}

export interface JournalOptions<Entry> {
  readonly path: string;
  readonly state: JournaledState<Entry>;
  /** The file is not rewritten before it has grown by this, nor before it has doubled. */
  readonly compactFromBytes?: number;
  /** For tests of a disk that fails. */
  readonly openFile?: (path: string) => Promise<AppendFile>;
  readonly onSync?: (durationMs: number, entries: number) => void;
  /** The journal goes on in the file that it has. */
  readonly onCompactionFailed?: (error: unknown) => void;
}

/** The part of a file handle that a journal needs. */
export interface AppendFile {
  write(bytes: Buffer): Promise<{ bytesWritten: number }>;
  datasync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

interface Waiting<Entry> {
  readonly entry: Entry;
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The disk did not take an entry. Whoever gave it must count on it being lost. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

const COMPACT_FROM_BYTES = 128 * 2 ** 20;
const SNAPSHOT_CHUNK_CHARS = 2 ** 18;
/** As large as a request can be. */
const PROBE_BYTES = 2 ** 16;

const openToAppend = (path: string): Promise<FileHandle> => open(path, 'a', 0o600);

export class Journal<Entry> {
  readonly #options: JournalOptions<Entry>;
  readonly #openFile: (path: string) => Promise<AppendFile>;
  #file: AppendFile;
  #sizeBytes: number;
  #compactAtBytes: number;
  #isCompactionAsked = false;
  #waiting: Waiting<Entry>[] = [];
  #writing: Promise<void> | null = null;
  #isWritable = true;
  #isClosed = false;
  /** Lines that were no entries, at the start. */
  readonly damagedLines: number;

  private constructor(
    options: JournalOptions<Entry>,
    file: AppendFile,
    replayed: { readonly sizeBytes: number; readonly damagedLines: number },
  ) {
    this.#options = options;
    this.#openFile = options.openFile ?? openToAppend;
    this.#file = file;
    this.#sizeBytes = replayed.sizeBytes;
    this.#compactAtBytes = this.#nextCompaction(replayed.sizeBytes);
    this.damagedLines = replayed.damagedLines;
  }

  /** Replays the file into the state, and cuts off a last line that was not written to its end. */
  static async open<Entry>(options: JournalOptions<Entry>): Promise<Journal<Entry>> {
    await rm(temporaryPath(options.path), { force: true });
    const file = await (options.openFile ?? openToAppend)(options.path);
    const replayed = await replay(options.path, options.state);
    await file.truncate(replayed.sizeBytes);
    await syncFolder(options.path);
    const journal = new Journal(options, file, replayed);
    // What nobody needs any more does not outlive a restart.
    if (replayed.sizeBytes > 0) await journal.compact();
    return journal;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether the last attempt to write worked. */
  get isWritable(): boolean {
    return this.#isWritable;
  }

  /**
   * Resolves when the entry is on the disk and applied. `line` is what `parse` makes the same entry of, in one line, for
   * whoever has it already.
   * @throws JournalError where the disk did not take it
   */
  append(entry: Entry, line = JSON.stringify(entry)): Promise<void> {
    if (this.#isClosed) return Promise.reject(new JournalError('The journal is closed'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, line, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Writes the state to a new file now. Never rejects. */
  async compact(): Promise<void> {
    this.#isCompactionAsked = true;
    this.#writing ??= this.#write();
    await this.#writing;
  }

  /** Tries the disk where it has failed before: whether the largest entry that may come would fit. */
  async probe(): Promise<boolean> {
    if (!this.#isWritable && this.#writing === null) {
      this.#writing = this.#tryDisk().then(() => this.#write());
      await this.#writing;
    }
    return this.#isWritable;
  }

  /** Waits for everything that was given so far, and takes nothing more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#writing !== null) await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    // Whatever else has arrived by now gets into the same batch: all sockets are read before this goes on.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0 || this.#isCompactionAsked) {
      if (this.#isCompactionAsked) await this.#compact();
      const batch = this.#waiting;
      if (batch.length === 0) continue;
      this.#waiting = [];
      try {
        await this.#commit(batch);
      } catch (cause) {
        const error = new JournalError('The disk did not take an entry', { cause });
        for (const { reject } of batch) reject(error);
        continue;
      }
      for (const { entry, resolve } of batch) {
        this.#options.state.apply(entry);
        resolve();
      }
      if (this.#sizeBytes >= this.#compactAtBytes) await this.#compact();
    }
    this.#writing = null;
  }

  async #tryDisk(): Promise<void> {
    try {
      await this.#commitBytes(Buffer.alloc(PROBE_BYTES, '\n'));
      await this.#file.truncate(this.#sizeBytes);
    } catch {
      this.#isWritable = false;
    }
  }

  async #commit(batch: readonly Waiting<Entry>[]): Promise<void> {
    const bytes = Buffer.from(`${batch.map(({ line }) => line).join('\n')}\n`);
    const startedAtMs = performance.now();
    await this.#commitBytes(bytes);
    this.#options.onSync?.(performance.now() - startedAtMs, batch.length);
    this.#sizeBytes += bytes.length;
  }

  async #commitBytes(bytes: Buffer): Promise<void> {
    try {
      // After a failure there may be half of a line.
      if (!this.#isWritable) await this.#file.truncate(this.#sizeBytes);
      await writeAll(this.#file, bytes);
      await this.#file.datasync();
      this.#isWritable = true;
    } catch (error) {
      this.#isWritable = false;
      await this.#file.truncate(this.#sizeBytes).catch(() => undefined);
      throw error;
    }
  }

  async #compact(): Promise<void> {
    this.#isCompactionAsked = false;
    const path = temporaryPath(this.#options.path);
    let file: AppendFile | null = null;
    try {
      file = await this.#openFile(path);
      let sizeBytes = 0;
      for (const chunk of chunksOf(this.#options.state.snapshot())) {
        await writeAll(file, chunk);
        sizeBytes += chunk.length;
      }
      await file.datasync();
      await rename(path, this.#options.path);
      // From here on the old file has no name: whatever fails now, nothing may be written to it.
      const old = this.#file;
      this.#file = file;
      this.#sizeBytes = sizeBytes;
      file = null;
      await old.close();
      await syncFolder(this.#options.path);
    } catch (error) {
      await file?.close().catch(() => undefined);
      await rm(path, { force: true }).catch(() => undefined);
      this.#options.onCompactionFailed?.(error);
    }
    this.#compactAtBytes = this.#nextCompaction(this.#sizeBytes);
  }

  #nextCompaction(sizeBytes: number): number {
    return sizeBytes + Math.max(this.#options.compactFromBytes ?? COMPACT_FROM_BYTES, sizeBytes);
  }
}

const temporaryPath = (path: string): string => `${path}.new`;

async function writeAll(file: AppendFile, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    const { bytesWritten } = await file.write(rest);
    rest = rest.subarray(bytesWritten);
  }
}

/** A rename is on the disk only once its folder is. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Folders cannot be opened there.
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function* chunksOf(entries: Iterable<unknown>): Iterable<Buffer> {
  let text = '';
  for (const entry of entries) {
    text += `${JSON.stringify(entry)}\n`;
    if (text.length < SNAPSHOT_CHUNK_CHARS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

async function replay<Entry>(
  path: string,
  state: JournaledState<Entry>,
): Promise<{ sizeBytes: number; damagedLines: number }> {
  let sizeBytes = 0;
  let damagedLines = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      const entry = end === 0 ? undefined : parseLine(bytes.toString('utf8', 0, end), state);
      if (entry === null) damagedLines += 1;
      else if (entry !== undefined) state.apply(entry);
      sizeBytes += end + 1;
      bytes = bytes.subarray(end + 1);
    }
    rest = bytes;
  }
  return { sizeBytes, damagedLines };
}

function parseLine<Entry>(line: string, state: JournaledState<Entry>): Entry | null {
  try {
    return state.parse(JSON.parse(line));
  } catch {
    return null; // Damaged on the disk; the lines around it are as good as before.
  }
}
