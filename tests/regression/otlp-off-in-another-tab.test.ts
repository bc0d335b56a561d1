/** A tab that had begun to send to an OpenTelemetry receiver went on until it was closed, though another had switched it off. */
import { expect, test } from 'vitest';
import { OTLP_OFF } from '../../src/contracts/otlp.ts';
import { acceptDelta, endDeltas } from '../../src/core/metrics/request-deltas.ts';
import { OtlpSender } from '../../src/monitor/otlp-sender.ts';
import { MemoryMonitor } from '../../src/store/memory-monitor.ts';
import { sampleRecords } from '../fixtures/monitoring/sample-records.ts';

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 10, 24, 12);

test('what another tab has switched off is not sent any more', async () => {
  const store = new MemoryMonitor();
  let nowMs = NOON;
  let isStillChosen = true;
  let look: (() => void) | null = null;
  let cursor = '';
  let posts = 0;
  const sender = new OtlpSender({
    store,
    choice: { ...OTLP_OFF, isOn: true, endpoint: 'https://collector.example' },
    isStillChosen: () => isStillChosen,
    cursor: { read: () => cursor, write: (text) => (cursor = text) },
    source: { instanceId: 'browser', version: '1' },
    fetch: () => {
      posts += 1;
      return Promise.resolve(new Response('{}', { status: 200 }));
    },
    locks: null,
    epochNow: () => nowMs,
    after: (_, callback) => {
      look = callback;
      return () => (look = null);
    },
    random: () => 0,
    log: () => undefined,
    onDropped: () => undefined,
    onStatus: () => undefined,
  });
  const lookAgain = async (): Promise<void> => {
    await expect.poll(() => look).not.toBeNull();
    const before = look;
    look = null;
    nowMs += 10 * MINUTE_MS;
    before?.();
    await expect.poll(() => look).not.toBeNull();
  };
  const request = async (seed: number): Promise<void> => {
    const span = { fromMs: nowMs, toMs: nowMs + 5 * MINUTE_MS };
    for (const record of sampleRecords({ seed, count: 3, ...span })) {
      await store.open({ ...record, outcome: null, endedAtEpochMs: null }, acceptDelta(record));
      await store.close(record, endDeltas(record));
    }
  };

  sender.start();
  await expect.poll(() => look).not.toBeNull();
  await request(1);
  await lookAgain();
  const before = posts;
  expect(before).toBeGreaterThan(0);

  isStillChosen = false;
  await request(2);
  await lookAgain();
  expect(posts).toBe(before);

  isStillChosen = true;
  await lookAgain();
  expect(posts).toBeGreaterThan(before);
  sender.stop();
});
