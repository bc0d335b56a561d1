/** History on the device: what was asked and written, newest first. In IndexedDB, or in memory where that is denied. */
import type { Result } from '../contracts/failure.ts';
import type { HistoryEntry } from '../contracts/history.ts';
import { attempt } from './attempt.ts';
import type { Database } from './schema.ts';
import { readEntry } from './read-entry.ts';

export interface HistoryQuery {
  /** Every word must occur in the prompt or the script, in any case; empty finds everything. */
  readonly text: string;
  readonly limit: number;
}

export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  readonly hasMore: boolean;
  /** Entries in all, found or not. */
  readonly totalCount: number;
}

/** No call throws: failures are `store/unavailable` or `store/quota-exceeded`. */
export interface HistoryStore {
  /** False where entries last only as long as the page. */
  readonly isPersistent: boolean;
  /** Adds an entry, or replaces the one with its id. */
  put(entry: HistoryEntry): Promise<Result<void>>;
  get(id: string): Promise<Result<HistoryEntry | null>>;
  find(query: HistoryQuery): Promise<Result<HistoryPage>>;
  delete(id: string): Promise<Result<void>>;
  clear(): Promise<Result<void>>;
}

export class IndexedDbHistory implements HistoryStore {
  readonly isPersistent = true;
  readonly #database: () => Promise<Database>;

  /** Each call asks for the database anew: its connection may have been opened again. */
  constructor(database: () => Promise<Database>) {
    this.#database = database;
  }

  put(entry: HistoryEntry): Promise<Result<void>> {
    return attempt(async () => {
      await (await this.#database()).put('history', entry);
    });
  }

  get(id: string): Promise<Result<HistoryEntry | null>> {
    return attempt(async () => {
      const stored = await (await this.#database()).get('history', id);
      return stored === undefined ? null : readEntry(stored);
    });
  }

  find({ text, limit }: HistoryQuery): Promise<Result<HistoryPage>> {
    return attempt(async () => {
      const transaction = (await this.#database()).transaction('history');
      const totalCount = await transaction.store.count();
      const words = wordsOf(text);
      const entries: HistoryEntry[] = [];
      let cursor = await transaction.store.index('by-accepted').openCursor(null, 'prev');
      while (cursor !== null && entries.length <= limit) {
        if (holdsEvery(cursor.value, words)) entries.push(readEntry(cursor.value));
        cursor = await cursor.continue();
      }
      return toPage(entries, limit, totalCount);
    });
  }

  delete(id: string): Promise<Result<void>> {
    return attempt(async () => (await this.#database()).delete('history', id));
  }

  clear(): Promise<Result<void>> {
    return attempt(async () => (await this.#database()).clear('history'));
  }
}

/** As long as the page lives; for private windows and browsers that deny storage. */
export class MemoryHistory implements HistoryStore {
  readonly isPersistent = false;
  readonly #entries = new Map<string, HistoryEntry>();

  put(entry: HistoryEntry): Promise<Result<void>> {
    this.#entries.set(entry.id, entry);
    return done(undefined);
  }

  get(id: string): Promise<Result<HistoryEntry | null>> {
    return done(this.#entries.get(id) ?? null);
  }

  find({ text, limit }: HistoryQuery): Promise<Result<HistoryPage>> {
    const words = wordsOf(text);
    const found = [...this.#entries.values()]
      .filter((entry) => holdsEvery(entry, words))
      .sort((a, b) => b.acceptedAtEpochMs - a.acceptedAtEpochMs);
    return done(toPage(found, limit, this.#entries.size));
  }

  delete(id: string): Promise<Result<void>> {
    this.#entries.delete(id);
    return done(undefined);
  }

  clear(): Promise<Result<void>> {
    this.#entries.clear();
    return done(undefined);
  }
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().split(/\s+/u).filter(Boolean);
}

function holdsEvery(entry: HistoryEntry, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = `${entry.record.prompt}\n${entry.editedText ?? entry.record.text}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function toPage(found: readonly HistoryEntry[], limit: number, totalCount: number): HistoryPage {
  return { entries: found.slice(0, limit), hasMore: found.length > limit, totalCount };
}

function done<T>(value: T): Promise<Result<T>> {
  return Promise.resolve({ ok: true, value });
}
