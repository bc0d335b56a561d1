import { describe, expect, it } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import type { HistoryEntry } from '../../../src/contracts/history.ts';
import type { Resolution } from '../../../src/contracts/rollup.ts';
import { parseMetricsFile } from '../../../src/core/export/parse-metrics-file.ts';
import { writeMetricsFile } from '../../../src/core/export/write-metrics-file.ts';
import { acceptDelta } from '../../../src/core/metrics/request-deltas.ts';
import { exportMetrics, type MetricsExportOptions } from '../../../src/monitor/metrics-export.ts';
import {
  deltasOf,
  makeRequest,
  requests,
  rollupsOf,
  START_MS,
} from '../../fixtures/monitoring/metrics-source.ts';
import { ENGINE, makeRecord } from '../../fixtures/records.ts';

const CANARY = 'canary-7f3a';

function setUp(change: Partial<MetricsExportOptions> = {}) {
  const records = [...requests(30), makeRequest(30, { endedAtEpochMs: null, outcome: null })];
  const entry = (id: string): HistoryEntry => ({
    schemaVersion: 1,
    id,
    acceptedAtEpochMs: START_MS,
    record: makeRecord({ id, prompt: CANARY, text: `echo ${CANARY}\n` }),
    editedText: null,
  });
  const reads: Resolution[] = [];
  const options: MetricsExportOptions = {
    store: {
      rollups: ({ resolution }) => {
        reads.push(resolution);
        // A request is accepted between one read and the next.
        const late = reads.map((_, index) => acceptDelta(makeRequest(40 + index)));
        const rows = rollupsOf([...deltasOf(records.slice(0, 30)), ...late]);
        return Promise.resolve({
          ok: true,
          value: rows.filter((row) => row.resolution === resolution),
        });
      },
      records: () => Promise.resolve({ ok: true, value: records.toReversed() }),
    },
    readContent: () =>
      Promise.resolve({ ok: true, value: [entry(makeRequest(3).id), entry('older-than-records')] }),
    sourceId: '11111111-2222-4333-8444-555555555555',
    appVersion: '1.2.3',
    device: { userAgent: 'Test/1.0', cores: 4, memoryGiB: null },
    engine: ENGINE,
    objectives: [],
    epochNow: () => START_MS + 5_000,
    ...change,
  };
  return options;
}

async function exported(
  options: MetricsExportOptions,
  choice: Parameters<typeof exportMetrics>[1],
) {
  const result = await exportMetrics(options, choice);
  if (!result.ok) throw new Error(result.failure.message);
  const parsed = parseMetricsFile(result.value.text);
  if (!parsed.ok) throw new Error(parsed.failure.message);
  return { ...result.value, dataset: parsed.value, source: parsed.value.sources[0] };
}

describe('the export', () => {
  it('is a file that imports, without records and content unless they are asked for', async () => {
    const { text, fileName, source } = await exported(setUp(), {});
    expect(fileName).toBe('shellwright-metrics-2023-11-14T22-13-25Z.json');
    expect(source).toMatchObject({
      appVersion: '1.2.3',
      model: ENGINE,
      records: null,
      content: null,
    });
    expect(text).not.toContain(CANARY);
  });

  it('holds together although requests are counted while it is read', async () => {
    // parseMetricsFile refuses hours that exceed the total.
    await expect(exported(setUp(), {})).resolves.toBeDefined();
  });

  it('has records of ended requests only, and no content with them', async () => {
    const { text, source, recordCount } = await exported(setUp(), { records: true });
    expect(recordCount).toBe(30);
    expect(source?.records).toHaveLength(30);
    expect(source?.content).toBeNull();
    expect(text).not.toContain(CANARY);
  });

  it('has the content of its records where that is asked for', async () => {
    const { source } = await exported(setUp(), { records: true, content: true });
    expect(source?.content).toEqual([
      { id: makeRequest(3).id, prompt: CANARY, text: `echo ${CANARY}\n` },
    ]);
  });

  it('has no content without records', async () => {
    expect((await exported(setUp(), { content: true })).text).not.toContain(CANARY);
  });

  it('leaves out the oldest records where the file would become too large', async () => {
    const chars = JSON.stringify(makeRequest(29)).length;
    const { source, recordCount, omittedRecordCount } = await exported(
      setUp({ maxRecordChars: 3.5 * chars }),
      { records: true },
    );
    expect({ recordCount, omittedRecordCount }).toEqual({ recordCount: 3, omittedRecordCount: 27 });
    expect(source?.records?.map(({ id }) => id)).toEqual(
      [27, 28, 29].map((index) => makeRequest(index).id),
    );
  });

  it('is written again to the byte after it was imported', async () => {
    const { text, dataset } = await exported(setUp(), { records: true, content: true });
    expect(writeMetricsFile(dataset)).toBe(text);
  });

  it('fails as the store does', async () => {
    const options = setUp({
      store: {
        rollups: () => Promise.resolve({ ok: false, failure: failure('store/unavailable') }),
        records: () => Promise.resolve({ ok: true, value: [] }),
      },
    });
    expect(await exportMetrics(options, {})).toMatchObject({
      ok: false,
      failure: { code: 'store/unavailable' },
    });
  });
});
