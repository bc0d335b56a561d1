/**
 * The page's IndexedDB: its stores, version by version. Later versions add stores (records, rollups, outbox) in steps of
 * their own; a step that has shipped is never changed.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { HistoryEntry } from '../contracts/history.ts';

export interface ShellwrightSchema extends DBSchema {
  history: {
    key: string;
    value: HistoryEntry;
    indexes: { 'by-accepted': number };
  };
}

export type Database = IDBPDatabase<ShellwrightSchema>;

export const DATABASE_NAME = 'shellwright';

type UpgradeStep = (database: Database) => void;

/** Step n leads from version n to n + 1. */
const STEPS: readonly UpgradeStep[] = [
  (database) => {
    const history = database.createObjectStore('history', { keyPath: 'id' });
    history.createIndex('by-accepted', 'acceptedAtEpochMs');
  },
];

export interface OpenDatabaseOptions {
  readonly name?: string;
  /** Another tab holds an older version open, so this one waits until that tab is closed. */
  readonly onBlocked?: () => void;
  /** The connection has ended: a newer version of the page took over, or the browser closed it. */
  readonly onClosed?: () => void;
}

/** Opens the database, upgrading it where it is older. Rejects where the browser denies storage. */
export async function openDatabase(options: OpenDatabaseOptions = {}): Promise<Database> {
  const database = await openDB<ShellwrightSchema>(options.name ?? DATABASE_NAME, STEPS.length, {
    upgrade(opened, oldVersion) {
      for (const step of STEPS.slice(oldVersion)) step(opened);
    },
    blocked: () => options.onBlocked?.(),
    // Held open, it would keep a newer page in another tab from starting.
    blocking: () => {
      database.close();
      options.onClosed?.();
    },
    terminated: () => options.onClosed?.(),
  });
  return database;
}
