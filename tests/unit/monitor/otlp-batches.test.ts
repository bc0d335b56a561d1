import { expect, test } from 'vitest';
import type { LogLine } from '../../../src/contracts/log-line.ts';
import { READ_BATCH } from '../../../src/monitor/otlp-batches.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import { FIRST_MEMORY_LOG_ID, type LogQuery } from '../../../src/store/monitor-port.ts';

const line = (message: string): LogLine => ({
  atEpochMs: 0,
  level: 'info',
  message,
  module: 'main',
  traceId: null,
  fields: {},
});

/** A disk, and what it did not take. */
function stores() {
  const disk = new MemoryMonitor();
  const memory = new MemoryMonitor({ firstLogId: FIRST_MEMORY_LOG_ID });
  const store = {
    rollups: disk.rollups.bind(disk),
    endedRecords: disk.endedRecords.bind(disk),
    async logs(query: LogQuery) {
      const [newer, older] = [await memory.logs(query), await disk.logs(query)];
      if (!newer.ok || !older.ok) throw new Error('both can be read');
      return { ok: true as const, value: [...newer.value, ...older.value].slice(0, query.limit) };
    },
  };
  const source = { instanceId: 'browser', version: '1' };
  const read = async (afterId: number) => {
    const batch = await READ_BATCH.logs({ store, source, names: '1.41' }, afterId, 0);
    if (!batch.ok) throw new Error('they can be read');
    return batch.value;
  };
  return { disk, memory, read };
}

test('lines that are in memory wait until they are on the disk, and keep none of the disk from being sent', async () => {
  const { disk, memory, read } = stores();
  await disk.appendLogs([line('a'), line('b')]);
  await memory.appendLogs(Array.from({ length: 700 }, () => line('kept')));
  const first = await read(0);
  expect(first).toMatchObject({ items: 2, hasMore: false, overflowed: 0 });
  expect(first.next).toBeLessThan(FIRST_MEMORY_LOG_ID);
  expect(await read(first.next)).toMatchObject({ items: 0, next: first.next });

  await memory.clear();
  await disk.appendLogs([line('kept')]);
  expect(await read(first.next)).toMatchObject({ items: 1 });
});
