/**
 * How far the relay has been told what was counted, in a database of its own. A post is written here before it is sent
 * and stays until it is answered, so that whoever sends it again sends the same.
 */
import { openDB, type DBSchema } from 'idb';
import type { TelemetryRow } from '../contracts/relay.ts';

export interface PendingPost {
  readonly sequence: number;
  /** Wall clock. */
  readonly madeAtEpochMs: number;
  readonly rows: readonly TelemetryRow[];
  readonly series: number;
  /** What the relay has been told once it is answered. */
  readonly after: readonly TelemetryRow[];
}

export interface TelemetryBook {
  /** Random; a new one begins at sequence 1. */
  readonly clientId: string;
  /** When sending was switched on: another time asks for a new beginning. */
  readonly sinceEpochMs: number;
  /** Of the last post that was dealt with. */
  readonly sequence: number;
  /** What the relay has been told, and what was counted before anybody asked for that. */
  readonly told: readonly TelemetryRow[];
  readonly pending: PendingPost | null;
}

export interface TelemetryBookStore {
  /** null where there is none yet. Rejects where the browser denies storage. */
  read(): Promise<TelemetryBook | null>;
  /** Resolves when it is on the disk. */
  write(book: TelemetryBook): Promise<void>;
}

interface TelemetrySchema extends DBSchema {
  book: { key: 'book'; value: TelemetryBook };
}

const DATABASE_NAME = 'shellwright-telemetry';

/** One page of the site uses it at a time; it is opened for each use, so that nobody waits for anybody. */
export const telemetryBooks: TelemetryBookStore = {
  async read() {
    const database = await open();
    try {
      return (await database.get('book', 'book')) ?? null;
    } finally {
      database.close();
    }
  },
  async write(book) {
    const database = await open();
    try {
      await database.put('book', book, 'book');
    } finally {
      database.close();
    }
  },
};

function open() {
  return openDB<TelemetrySchema>(DATABASE_NAME, 1, {
    upgrade: (database) => void database.createObjectStore('book'),
  });
}
