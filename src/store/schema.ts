/** What lies in the page's IndexedDB: the shapes of its stores and rows. */
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
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

/** As they lie on the disk; see packed-row.ts. */
export interface PackedHistograms {
  /** One a line, in the order of the bytes. */
  readonly histogramKeys: string;
  readonly histograms: Uint8Array;
}

export type PackedRollup = Omit<StoredRollup, 'histograms'> & PackedHistograms;

/** All rows of a span of time as one; see span-rows.ts. */
export interface PackedSpan extends PackedHistograms {
  readonly resolution: Exclude<StoredResolution, 'total'>;
  readonly startMs: number;
  /** JSON of what its rows have besides histograms. */
  readonly parts: string;
}

/** The figures of all requests that ended in a minute; see minute-figures.ts. */
export interface PackedFigures {
  readonly startMs: number;
  /** JSON of each request's id and dimensions, in the order of the numbers. */
  readonly names: string;
  readonly numbers: Float64Array;
}

/** What would take a walk over everything to find out, and when counting began, which the first hours take with them. */
export type MonitorSum = 'recordBytes' | 'countingSinceMs';

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
  spans: {
    key: [resolution: string, startMs: number];
    value: PackedSpan;
  };
  figures: { key: number; value: PackedFigures };
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

export type UpgradeTransaction = IDBPTransaction<
  ShellwrightSchema,
  StoreNames<ShellwrightSchema>[],
  'versionchange'
>;
