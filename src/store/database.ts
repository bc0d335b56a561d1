/**
 * The page's IndexedDB: its stores, version by version. Later versions add stores in steps of their own; a step that has
 * shipped is never changed.
 */
import { openDB } from 'idb';
import { fillSpans } from './fill-spans.ts';
import type { Database, ShellwrightSchema, UpgradeTransaction } from './schema.ts';

export const DATABASE_NAME = 'shellwright';

type UpgradeStep = (database: Database, transaction: UpgradeTransaction) => void | Promise<void>;

/** Step n leads from version n to n + 1. */
const STEPS: readonly UpgradeStep[] = [
  (database) => {
    const history = database.createObjectStore('history', { keyPath: 'id' });
    history.createIndex('by-accepted', 'acceptedAtEpochMs');
  },
  (database) => {
    const records = database.createObjectStore('records', { keyPath: 'id' });
    records.createIndex('by-accepted', 'acceptedAtEpochMs');
    // null is no key: what has not ended is in neither of the next two.
    records.createIndex('by-ended', 'endedAtEpochMs');
    records.createIndex('by-outcome', ['outcome', 'acceptedAtEpochMs']);
    records.createIndex('open', 'openPageId');
    database.createObjectStore('rollups', {
      keyPath: ['resolution', 'startMs', 'model', 'backend', 'outcome'],
    });
    const logs = database.createObjectStore('logs', { keyPath: 'id', autoIncrement: true });
    logs.createIndex('by-trace', 'traceId');
    database.createObjectStore('monitor-sums');
  },
  (database) => {
    database.createObjectStore('alert-rules', { keyPath: 'id' });
    database.createObjectStore('alert-state', { keyPath: 'name' });
    const alerts = database.createObjectStore('alerts', { keyPath: 'id' });
    alerts.createIndex('by-started', 'startsAtMs');
    alerts.createIndex('by-state', 'state');
    database.createObjectStore('silences', { keyPath: 'id' });
    database.createObjectStore('outbox', { keyPath: 'id' });
    database.createObjectStore('dead-letters', { keyPath: 'id' });
    database.createObjectStore('deliveries', { keyPath: 'id', autoIncrement: true });
  },
  (database, transaction) => {
    database.createObjectStore('spans', { keyPath: ['resolution', 'startMs'] });
    // Of requests from before, percentiles are taken from their records.
    database.createObjectStore('figures', { keyPath: 'startMs' });
    return fillSpans(transaction);
  },
];

async function upgrade(
  database: Database,
  oldVersion: number,
  transaction: UpgradeTransaction,
): Promise<void> {
  for (const step of STEPS.slice(oldVersion)) await step(database, transaction);
}

/** `outdated`: a newer version of the page takes over. `ended`: the browser closed it, or its data is being deleted. */
export type ClosedCause = 'outdated' | 'ended';

export interface OpenDatabaseOptions {
  readonly name?: string;
  /** Another tab holds an older version open, so this one waits until that tab is closed. */
  readonly onBlocked?: () => void;
  /** The connection has ended. */
  readonly onClosed?: (cause: ClosedCause) => void;
}

/** Opens the database, upgrading it where it is older. Rejects where the browser denies storage. */
export async function openDatabase(options: OpenDatabaseOptions = {}): Promise<Database> {
  const database = await openDB<ShellwrightSchema>(options.name ?? DATABASE_NAME, STEPS.length, {
    upgrade(opened, oldVersion, _, transaction) {
      // Half of a step would pass for all of it.
      upgrade(opened, oldVersion, transaction).catch(() => transaction.abort());
    },
    blocked: () => options.onBlocked?.(),
    // Held open, it would keep a newer page in another tab from starting.
    blocking: (_, newVersion) => {
      database.close();
      options.onClosed?.(newVersion === null ? 'ended' : 'outdated');
    },
    terminated: () => options.onClosed?.('ended'),
  });
  return database;
}
