/**
 * The page's IndexedDB: its stores, version by version. Later versions add stores in steps of their own; a step that has
 * shipped is never changed.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { AlertRule } from '../contracts/alert.ts';
import type {
  AlertRecord,
  DeadLetter,
  DeliveryLine,
  OutboxEntry,
  RelayChoice,
  RuleStatus,
  Silence,
} from '../contracts/alert-record.ts';
import type { HistoryEntry } from '../contracts/history.ts';
import type { LogLine, StoredLogLine } from '../contracts/log-line.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import type { Resolution, Rollup } from '../contracts/rollup.ts';

/** A record with what its indexes and pruning need besides. */
export interface StoredRecord extends RequestRecord {
  /** Only while the request is active, so that the index `open` holds nothing else. */
  readonly openPageId?: string;
  /** What it takes on the disk, estimated when it was written. */
  readonly sizeBytes: number;
}

/**
 * Rows per ten minutes are beside those per minute, so that a day can be read at once; outside of the store they pass
 * for rows per minute.
 */
export type StoredResolution = Resolution | 'ten-minutes';

export type StoredRollup = Omit<Rollup, 'resolution'> & { readonly resolution: StoredResolution };

/** As it lies on the disk; see packed-row.ts. */
export type PackedRollup = Omit<StoredRollup, 'histograms'> & {
  /** One a line, in the order of the bytes. */
  readonly histogramKeys: string;
  readonly histograms: Uint8Array;
};

/** Sums that would take a walk over everything to find out. */
export type MonitorSum = 'recordBytes';

/** What alerting has one of. */
export type AlertStateEntry =
  | {
      readonly name: 'evaluation';
      readonly revision: number;
      readonly statuses: readonly RuleStatus[];
    }
  | { readonly name: 'relay'; readonly choice: RelayChoice };

export interface ShellwrightSchema extends DBSchema {
  history: {
    key: string;
    value: HistoryEntry;
    indexes: { 'by-accepted': number };
  };
  records: {
    key: string;
    value: StoredRecord;
    indexes: {
      'by-accepted': number;
      /** Records that have ended. */
      'by-ended': number;
      /** Records that have ended, by outcome and time of acceptance. */
      'by-outcome': [string, number];
      /** Records of active requests. */
      open: string;
    };
  };
  rollups: {
    key: [resolution: string, startMs: number, model: string, backend: string, outcome: string];
    value: PackedRollup;
  };
  logs: {
    key: number;
    value: LogLine | StoredLogLine;
    indexes: { 'by-trace': string };
  };
  'monitor-sums': { key: MonitorSum; value: number };
  'alert-rules': { key: string; value: AlertRule };
  'alert-state': { key: AlertStateEntry['name']; value: AlertStateEntry };
  alerts: {
    key: string;
    value: AlertRecord;
    indexes: { 'by-started': number; 'by-state': string };
  };
  silences: { key: string; value: Silence };
  outbox: { key: string; value: OutboxEntry };
  'dead-letters': { key: string; value: DeadLetter };
  deliveries: { key: number; value: DeliveryLine };
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
