import { describe, expect, test } from 'vitest';
import type { LogLine } from '../../../src/contracts/log-line.ts';
import { LogWriter } from '../../../src/monitor/log-writer.ts';
import type { LogMessage } from '../../../src/monitor/log-messages.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';

function setUp({ isDebug = false, isHeard = false } = {}) {
  const host = new FakeHost();
  const batches: (readonly LogLine[])[] = [];
  const dropped: [string, number][] = [];
  const log = new LogWriter({
    store: {
      appendLogs: (lines) => {
        batches.push(lines);
        return Promise.resolve({ ok: true, value: undefined });
      },
    },
    now: () => host.now(),
    epochNow: () => host.epochNow(),
    after: (ms, callback) => host.after(ms, callback),
    isDebug: () => isDebug,
    isHeard: () => isHeard,
    onDropped: (...drop) => dropped.push(drop),
  });
  return { host, log, batches, dropped };
}

describe('log lines', () => {
  test('are written together, five seconds after the first', () => {
    const { host, log, batches } = setUp();
    log.write('info', 'main', 'page started', { version: '1' });
    host.pass(4_000);
    log.write('info', 'engine', 'model recovered', { backend: 'wasm' }, 'abc');
    expect(batches).toEqual([]);
    host.pass(1_000);
    expect(batches).toEqual([
      [
        {
          atEpochMs: 1_700_000_000_000,
          level: 'info',
          message: 'page started',
          module: 'main',
          traceId: null,
          fields: { version: '1' },
        },
        {
          atEpochMs: 1_700_000_004_000,
          level: 'info',
          message: 'model recovered',
          module: 'engine',
          traceId: 'abc',
          fields: { backend: 'wasm' },
        },
      ],
    ]);
    expect(host.timerCount).toBe(0);
  });

  test('of trouble are written soon, with those that wait', () => {
    const { host, log, batches } = setUp();
    log.write('info', 'main', 'page started');
    log.write('error', 'engine', 'device lost', { count: 1 });
    host.pass(500);
    expect(batches.map((lines) => lines.length)).toEqual([2]);
  });

  test('are written soon while somebody looks at them', () => {
    const { host, log, batches } = setUp({ isHeard: true });
    log.write('info', 'main', 'page started');
    host.pass(500);
    expect(batches).toHaveLength(1);
  });

  test('are written at once when the page may be about to go, and when they are many', () => {
    const { log, batches, host } = setUp();
    log.write('info', 'main', 'page started');
    log.flush();
    log.flush();
    expect(batches).toHaveLength(1);
    for (let i = 0; i < 100; i++) log.write('info', 'main', 'page started');
    expect(batches.map((lines) => lines.length)).toEqual([1, 100]);
    host.pass(10_000);
    expect(batches).toHaveLength(2);
  });

  test('have no field but those of their message, and no long text', () => {
    const { log, batches } = setUp();
    const fields = { version: 'x'.repeat(500), prompt: 'secret', isSecure: true };
    log.write('info', 'main', 'page started', fields);
    log.flush();
    expect(batches[0]?.[0]?.fields).toEqual({ version: 'x'.repeat(120), isSecure: true });
  });

  test('of a message that is not in the table are counted and not written', () => {
    const { log, batches, dropped } = setUp();
    log.write('info', 'main', 'rm -rf secret' as LogMessage);
    log.write('info', 'main', 'toString' as LogMessage);
    log.flush();
    expect(batches).toEqual([]);
    expect(dropped).toEqual([
      ['redaction', 1],
      ['redaction', 1],
    ]);
  });

  test('of the level debug are written in debug mode only', () => {
    for (const [isDebug, count] of [
      [false, 0],
      [true, 1],
    ] as const) {
      const { log, batches } = setUp({ isDebug });
      log.write('debug', 'monitor', 'request detail');
      log.flush();
      expect(batches).toHaveLength(count);
    }
  });

  test('that come in a flood are counted and dropped, until it is over', () => {
    const { host, log, batches, dropped } = setUp();
    for (let i = 0; i < 350; i++) log.write('info', 'main', 'page started');
    expect(dropped).toHaveLength(50);
    host.pass(1_000);
    for (let i = 0; i < 50; i++) log.write('info', 'main', 'page started');
    expect(dropped).toHaveLength(80);
    log.flush();
    expect(batches.flat()).toHaveLength(320);
  });
});
