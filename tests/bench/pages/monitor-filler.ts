/** Fills the database of the page's origin with records and their rollups, and times single writes; for bench:store. */
import type { RequestRecord } from '../../../src/contracts/request-record.ts';
import { acceptDelta, endDeltas } from '../../../src/core/metrics/request-deltas.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { IndexedDbMonitor } from '../../../src/store/indexed-db-monitor.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import { sampleRecords } from '../../fixtures/monitoring/sample-records.ts';

export interface MonitorFiller {
  /** Adds records of the last seven days up to `toMs`. */
  fill(count: number, seed: number, toMs: number): Promise<void>;
  /** Milliseconds of each of `count` requests: accepted and ended, two transactions. */
  timeWrites(count: number, seed: number, atMs: number): Promise<number[]>;
}

const WEEK_MS = 7 * 86_400_000;
/** In one transaction; a request more or less is nothing to it. */
const BATCH = 2_000;

function asAccepted(record: RequestRecord): RequestRecord {
  return { ...record, endedAtEpochMs: null, outcome: null, failure: null };
}

const filler: MonitorFiller = {
  async fill(count, seed, toMs) {
    const database = await openDatabase();
    const disk = new IndexedDbMonitor(database, () => performance.now());
    const records = sampleRecords({ seed, count, fromMs: toMs - WEEK_MS, toMs });
    for (let start = 0; start < records.length; start += BATCH) {
      const memory = new MemoryMonitor({ maxRecords: Infinity, maxMinuteRows: Infinity });
      for (const record of records.slice(start, start + BATCH)) {
        void memory.open(asAccepted(record), acceptDelta(record));
        void memory.close(record, endDeltas(record));
      }
      const result = await disk.absorb(memory.everything());
      if (!result.ok) throw new Error(result.failure.message);
    }
    database.close();
  },
  async timeWrites(count, seed, atMs) {
    const database = await openDatabase();
    const disk = new IndexedDbMonitor(database, () => performance.now());
    const records = sampleRecords({ seed, count, fromMs: atMs, toMs: atMs + 60_000 });
    const times: number[] = [];
    for (const record of records) {
      const startedMs = performance.now();
      await disk.open(asAccepted(record), acceptDelta(record));
      await disk.close(record, endDeltas(record));
      times.push(performance.now() - startedMs);
    }
    database.close();
    return times;
  },
};

Object.assign(globalThis, { filler });
