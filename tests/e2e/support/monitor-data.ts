/** What monitoring has on the disk, read from IndexedDB past the app's store. */
import type { Page } from 'playwright';
import type { LogLine } from '../../../src/contracts/log-line.ts';
import type { RequestRecord } from '../../../src/contracts/request-record.ts';
import type { Rollup } from '../../../src/contracts/rollup.ts';
import type { PackedRollup } from '../../../src/store/schema.ts';
import { unpackRow } from '../../../src/store/packed-row.ts';
import { toRollup } from '../../../src/store/rollup-rows.ts';

export interface MonitorData {
  /** Oldest first. */
  readonly records: readonly RequestRecord[];
  readonly rollups: readonly Rollup[];
  readonly logs: readonly LogLine[];
}

export async function readMonitorData(page: Page): Promise<MonitorData> {
  const data = await page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => {
          resolve(request.result);
        };
        request.onerror = () => {
          reject(request.error ?? new Error('the request failed'));
        };
      });
    const database = await settled(indexedDB.open('shellwright'));
    const transaction = database.transaction(['records', 'rollups', 'logs']);
    const [records, rollups, logs] = await Promise.all(
      ['records', 'rollups', 'logs'].map((name) =>
        settled(transaction.objectStore(name).getAll() as IDBRequest<unknown[]>),
      ),
    );
    database.close();
    return {
      records,
      logs,
      rollups: (rollups as { histograms: Uint8Array }[]).map((row) => ({
        ...row,
        histograms: [...row.histograms],
      })),
    };
  });
  const { records, logs } = data as unknown as MonitorData;
  const rollups = (data.rollups as unknown as PackedRollup[])
    // Those are beside the others and have the same in them.
    .filter(({ resolution }) => resolution !== 'ten-minutes')
    .map((row) => toRollup(unpackRow({ ...row, histograms: Uint8Array.from(row.histograms) })));
  return {
    records: records.toSorted((a, b) => a.acceptedAtEpochMs - b.acceptedAtEpochMs),
    rollups,
    logs,
  };
}

/** Sums of a counter over the rows of a resolution, by outcome. */
export function countsByOutcome(
  rollups: readonly Rollup[],
  name: string,
  resolution: Rollup['resolution'] = 'total',
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const row of rollups) {
    const count = row.resolution === resolution ? (row.counters[name] ?? 0) : 0;
    if (count > 0) counts[row.outcome] = (counts[row.outcome] ?? 0) + count;
  }
  return counts;
}

export interface Balance {
  readonly requests: number;
  readonly finished: Readonly<Record<string, number>>;
  readonly active: number;
}

/**
 * Requests, how they ended, and how many have not. @throws where requests are not the sum of the two, where resolutions
 * differ, or where the records say otherwise
 */
export function balanceOf({ records, rollups }: MonitorData): Balance {
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((a, b) => a + b, 0);
  const active = records.filter(({ endedAtEpochMs }) => endedAtEpochMs === null).length;
  const recorded: Record<string, number> = {};
  for (const { outcome } of records) {
    if (outcome !== null) recorded[outcome] = (recorded[outcome] ?? 0) + 1;
  }
  for (const resolution of ['minute', 'hour', 'total'] as const) {
    const requests = sum(countsByOutcome(rollups, 'generation_requests_total', resolution));
    const finished = countsByOutcome(rollups, 'generation_finished_total', resolution);
    const says = JSON.stringify({ requests, finished: sorted(finished) });
    const should = JSON.stringify({ requests: records.length, finished: sorted(recorded) });
    if (says !== should) throw new Error(`${resolution} rows say ${says}, records ${should}`);
    if (requests !== sum(finished) + active) {
      throw new Error(`${resolution}: ${says} and ${active} active do not add up`);
    }
  }
  return { requests: records.length, finished: recorded, active };
}

function sorted(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
