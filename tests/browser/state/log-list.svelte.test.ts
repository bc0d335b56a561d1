import { flushSync } from 'svelte';
import { afterEach, describe, expect, test } from 'vitest';
import type { LogLine } from '../../../src/contracts/log-line.ts';
import { LogList } from '../../../src/state/log-list.svelte.ts';
import { Router } from '../../../src/state/router.svelte.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import { FIRST_MEMORY_LOG_ID } from '../../../src/store/monitor-port.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { waitFor } from '../support/wait-for.ts';

const TRACE = 'ab'.repeat(16);

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const line = (number: number, change: Partial<LogLine> = {}): LogLine => ({
  atEpochMs: 1_700_000_000_000 + number,
  level: 'info',
  message: `line ${number}`,
  module: 'monitor',
  traceId: null,
  fields: {},
  ...change,
});

const lines = (from: number, to: number): LogLine[] =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index));

async function setUp(written: readonly LogLine[], hash = '#/logs', pageSize = 10) {
  const store = new MemoryMonitor();
  await store.appendLogs(written);
  const read = { from: store };
  const address = { hash };
  const router = new Router({
    hash: () => address.hash,
    replace: (next) => {
      address.hash = next;
    },
    subscribe: () => () => {},
  });
  const callbacks = new Set<() => void>();
  const host = new FakeHost();
  const list = new LogList({
    store: { logs: (query) => read.from.logs(query) },
    onChange: (callback) => {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    router,
    host,
    pageSize,
  });
  stops.push(list.start());
  flushSync();
  await waitFor(() => expect(list.isLoaded).toBe(true));
  /** As after the disk was full for a while: memory's lines have other ids than those of the disk. */
  const readFrom = (other: MemoryMonitor) => {
    read.from = other;
    for (const callback of callbacks) callback();
  };
  const append = async (more: readonly LogLine[]) => {
    await store.appendLogs(more);
    for (const callback of callbacks) callback();
  };
  return { store, list, host, address, append, readFrom };
}

const messages = (list: LogList): string[] => list.lines.map(({ message }) => message);

describe('the log lines', () => {
  test('are there newest first, and older ones on demand', async () => {
    const { list } = await setUp(lines(1, 15));
    expect(messages(list)).toEqual(
      lines(6, 15)
        .map(({ message }) => message)
        .reverse(),
    );
    expect(list.hasOlder).toBe(true);
    await list.loadOlder();
    expect(messages(list)).toEqual(
      lines(1, 15)
        .map(({ message }) => message)
        .reverse(),
    );
    expect(list.hasOlder).toBe(false);
  });

  test('come in live, without a hole when many come at once', async () => {
    const { list, append } = await setUp(lines(1, 3));
    await append(lines(4, 5));
    await waitFor(() => expect(messages(list)[0]).toBe('line 5'));
    expect(list.lines).toHaveLength(5);
    await append(lines(6, 40));
    await waitFor(() => expect(messages(list)[0]).toBe('line 40'));
    expect(messages(list)).toEqual(
      lines(31, 40)
        .map(({ message }) => message)
        .reverse(),
    );
    expect(list.hasOlder).toBe(true);
  });

  test('go on when what was in memory only is on the disk again', async () => {
    const { store, list, append, readFrom } = await setUp(lines(1, 3));
    const memory = new MemoryMonitor({ firstLogId: FIRST_MEMORY_LOG_ID });
    await memory.appendLogs(lines(4, 5));
    readFrom(memory);
    await waitFor(() => expect(messages(list)[0]).toBe('line 5'));
    await append(lines(4, 6));
    readFrom(store);
    await waitFor(() => expect(messages(list)[0]).toBe('line 6'));
    expect(list.lines).toHaveLength(6);
  });

  test('stand still while they are paused', async () => {
    const { list, append } = await setUp(lines(1, 3));
    list.pause();
    await append(lines(4, 5));
    expect(list.lines).toHaveLength(3);
    list.resume();
    await waitFor(() => expect(list.lines).toHaveLength(5));
  });

  test('are filtered by level, text and trace, as the address says', async () => {
    const { list, address } = await setUp(
      [
        line(1),
        line(2, { level: 'error', traceId: TRACE, fields: { code: 'engine/device-lost' } }),
        line(3, { level: 'warn', traceId: TRACE }),
      ],
      `#/logs?trace=${TRACE}&level=warn`,
    );
    expect(messages(list)).toEqual(['line 3', 'line 2']);
    list.narrow({ text: 'DEVICE-lost' });
    flushSync();
    await waitFor(() => expect(messages(list)).toEqual(['line 2']));
    expect(address.hash).toBe(`#/logs?level=warn&q=DEVICE-lost&trace=${TRACE}`);
    list.clearFilter();
    flushSync();
    await waitFor(() => expect(list.lines).toHaveLength(3));
    expect(list.isFiltered).toBe(false);
  });

  test('are saved as NDJSON, oldest first, all that pass the filter', async () => {
    const { list, host } = await setUp([...lines(1, 25), line(26, { level: 'error' })]);
    expect(await list.download()).toBe(26);
    const saved = host.saved[0]?.text.trim().split('\n') ?? [];
    expect(saved.map((text) => (JSON.parse(text) as LogLine).message)).toEqual(
      lines(1, 26).map(({ message }) => message),
    );
    list.narrow({ level: 'error' });
    flushSync();
    expect(await list.download()).toBe(1);
  });
});
