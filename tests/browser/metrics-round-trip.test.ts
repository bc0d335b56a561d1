/** From the real store to a file, and back into a view. */
import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Result } from '../../src/contracts/failure.ts';
import { addSources } from '../../src/core/export/metrics-dataset.ts';
import { parseMetricsFile } from '../../src/core/export/parse-metrics-file.ts';
import { writeMetricsFile } from '../../src/core/export/write-metrics-file.ts';
import { gaugesRead } from '../../src/core/metrics/event-deltas.ts';
import { similarityDelta } from '../../src/core/metrics/request-deltas.ts';
import { ImportedDataset } from '../../src/monitor/imported-dataset.ts';
import { exportMetrics } from '../../src/monitor/metrics-export.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Database } from '../../src/store/schema.ts';
import { IndexedDbMonitor } from '../../src/store/indexed-db-monitor.ts';
import { requestLife } from '../fixtures/monitoring/request-life.ts';
import { ENGINE } from '../fixtures/records.ts';

const NAME = 'shellwright-transfer-test';
const START_MS = Date.UTC(2026, 0, 5, 12);
const ALL = { fromMs: 0, toMs: Infinity };

let database: Database;
let store: IndexedDbMonitor;

beforeEach(async () => {
  database = await openDatabase({ name: NAME });
  store = new IndexedDbMonitor(database, () => performance.now());
  for (let index = 0; index < 40; index++) {
    const life = requestLife({
      id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      acceptedAtEpochMs: START_MS + index * 61_000,
      finishReason: index % 6 === 5 ? 'length' : 'stop',
    });
    await store.open(life.open, life.accepted);
    // The last one is still active.
    if (index < 39) await store.close(life.closed, life.ended);
    if (index % 4 === 0) {
      await store.amend(life.closed.id, { similarity: 0.5 }, similarityDelta(life.closed, 0.5));
    }
  }
  const reading = { activeRequests: 1, memoryUsedRatio: 0.3, storageUsedRatio: 0.01 };
  await store.add([gaugesRead(START_MS, reading)]);
});

afterEach(async () => {
  database.close();
  await deleteDB(NAME);
});

async function valueOf<T>(result: Promise<Result<T>> | Result<T>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(settled.failure.message);
  return settled.value;
}

function exported(choice: Parameters<typeof exportMetrics>[1]) {
  return valueOf(
    exportMetrics(
      {
        store,
        readContent: () => Promise.resolve({ ok: true, value: [] }),
        sourceId: '11111111-2222-4333-8444-555555555555',
        appVersion: '1.2.3',
        device: { userAgent: navigator.userAgent, cores: 2, memoryGiB: null },
        engine: ENGINE,
        objectives: [],
        epochNow: () => START_MS + 5_000_000,
      },
      choice,
    ),
  );
}

test('what the store has comes out of the file as it went in, and is written again to the byte', async () => {
  const { text } = await exported({ records: true });
  const dataset = await valueOf(parseMetricsFile(text));
  expect(writeMetricsFile(dataset)).toBe(text);
  const imported = new ImportedDataset(dataset);
  for (const resolution of ['total', 'hour', 'minute'] as const) {
    const before = await valueOf(store.rollups({ resolution, ...ALL }));
    expect(before.length).toBeGreaterThan(0);
    expect(await valueOf(imported.rollups({ resolution, ...ALL }))).toEqual(before);
  }
  const query = { ...ALL, limit: 100 };
  expect(await valueOf(imported.endedRecords(query))).toEqual(
    await valueOf(store.endedRecords(query)),
  );
});

test('a file of the same browser from before adds nothing', async () => {
  const early = await valueOf(parseMetricsFile((await exported({})).text));
  const life = requestLife({ id: 'late', acceptedAtEpochMs: START_MS + 4_000_000 });
  await store.open(life.open, life.accepted);
  await store.close(life.closed, life.ended);
  const late = await valueOf(parseMetricsFile((await exported({})).text));
  const { dataset } = addSources(late, early);
  const totals = await valueOf(
    new ImportedDataset(dataset).rollups({ resolution: 'total', ...ALL }),
  );
  expect(totals).toEqual(await valueOf(store.rollups({ resolution: 'total', ...ALL })));
});
