/**
 * Keeps in order what monitoring has on the disk: closes requests whose page is gone, and deletes what is too old or too
 * much. One page of the site at a time does it.
 */
import type { RequestRecord } from '../contracts/request-record.ts';
import { endDeltas } from '../core/metrics/request-deltas.ts';
import { orphanedRequestRecord } from '../core/metrics/to-request-record.ts';
import { traceIdOf } from '../core/trace/trace-ids.ts';
import type { MonitorStore, RetentionLimits } from '../store/monitor-port.ts';
import type { Log } from './monitor-access.ts';
import type { LocksPort, PagePresence } from './page-presence.ts';

export interface JanitorOptions {
  readonly store: Pick<MonitorStore, 'activeRecords' | 'close' | 'prune'>;
  readonly log: Log;
  readonly presence: Pick<PagePresence, 'livingPages'>;
  readonly pageId: string;
  /** null where the browser has none: then every page does it, which changes nothing twice. */
  readonly locks: LocksPort | null;
  readonly epochNow: () => number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What is kept, and for how long. */
export const RETENTION = {
  recordDays: 7,
  maxRecords: 50_000,
  maxRecordBytes: 256 * 1024 * 1024,
  minuteHours: 48,
  hourDays: 90,
  logDays: 7,
  maxLogLines: 20_000,
} as const;

/**
 * Without Web Locks a page is taken to be gone when its request is older than that: waiting in a full queue and the
 * longest time limit are shorter for any model that is of use.
 */
const GONE_AFTER_MS = 6 * HOUR_MS;
const PRUNE_EVERY_RUNS = 10;
const LOCK = 'shellwright-janitor';

export class Janitor {
  readonly #options: JanitorOptions;
  #runs = 0;

  constructor(options: JanitorOptions) {
    this.#options = options;
  }

  /** To be called at the start and about every minute. Never rejects. */
  async run(): Promise<void> {
    const { locks } = this.#options;
    try {
      if (locks === null) await this.#tidy();
      else {
        await locks.request(LOCK, { ifAvailable: true }, async (lock) => {
          if (lock !== null) await this.#tidy();
        });
      }
    } catch {
      // Locks are denied; the next page that may will do it.
    }
  }

  async #tidy(): Promise<void> {
    await this.#closeOrphans();
    if (this.#runs++ % PRUNE_EVERY_RUNS === 0) await this.#prune();
  }

  async #closeOrphans(): Promise<void> {
    const { store, presence, epochNow, log } = this.#options;
    const active = await store.activeRecords();
    if (!active.ok || active.value.length === 0) return;
    // Asked after reading: a page that lives now has lived when its record was read.
    const living = await presence.livingPages();
    for (const open of active.value) {
      if (!this.#isGone(open, living)) continue;
      const endedAtEpochMs = Math.max(epochNow(), open.acceptedAtEpochMs);
      const orphan = orphanedRequestRecord(open, endedAtEpochMs);
      const closed = await store.close(orphan, endDeltas(orphan));
      if (!closed.ok || !closed.value) continue;
      const ageMs = endedAtEpochMs - open.acceptedAtEpochMs;
      log('warn', 'monitor', 'request orphaned', { ageMs }, traceIdOf(open.id));
    }
  }

  #isGone(open: RequestRecord, living: ReadonlySet<string> | null): boolean {
    const { pageId, epochNow } = this.#options;
    if (open.pageId === pageId) return false;
    return living === null
      ? epochNow() - open.acceptedAtEpochMs > GONE_AFTER_MS
      : !living.has(open.pageId);
  }

  async #prune(): Promise<void> {
    const { store, epochNow, log } = this.#options;
    const pruned = await store.prune(retentionLimits(epochNow()));
    if (!pruned.ok) return;
    const { records, rollups, logLines } = pruned.value;
    if (records + rollups + logLines === 0) return;
    log('info', 'monitor', 'old data deleted', { records, rollups, logLines });
  }
}

export function retentionLimits(nowEpochMs: number): RetentionLimits {
  return {
    recordsBeforeMs: nowEpochMs - RETENTION.recordDays * DAY_MS,
    maxRecords: RETENTION.maxRecords,
    maxRecordBytes: RETENTION.maxRecordBytes,
    minutesBeforeMs: nowEpochMs - RETENTION.minuteHours * HOUR_MS,
    hoursBeforeMs: nowEpochMs - RETENTION.hourDays * DAY_MS,
    logsBeforeMs: nowEpochMs - RETENTION.logDays * DAY_MS,
    maxLogLines: RETENTION.maxLogLines,
  };
}
