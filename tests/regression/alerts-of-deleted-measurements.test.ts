/**
 * After what was measured had been deleted, in this tab or another, alert rules went on for up to ten minutes with what
 * they had in memory of it.
 */
import { expect, test } from 'vitest';
import { modelLoadFailed } from '../../src/core/metrics/event-deltas.ts';
import { DEFAULT_OBJECTIVES } from '../../src/core/metrics/objectives.ts';
import { AlertRows } from '../../src/monitor/alert-rows.ts';
import { Alerting } from '../../src/monitor/alerting.ts';
import { MemoryMonitor } from '../../src/store/memory-monitor.ts';
import { MINUTE_MS, NOON_MS } from '../fixtures/alerts/alert-data.ts';
import { FakeHost } from '../fixtures/fake-host.ts';

const objectives = () => DEFAULT_OBJECTIVES;

test.each([true, false])(
  'rows are read anew once they are forgotten, being read: %j',
  async (isBeingRead) => {
    const store = new MemoryMonitor();
    const rows = new AlertRows({ store, objectives });
    await store.add([modelLoadFailed(NOON_MS - 30 * MINUTE_MS, 'model/offline')]);
    const spans = async () => {
      const source = await rows.read(NOON_MS);
      return source.ok ? source.value.minutes.length + source.value.hours.length : null;
    };
    const reading = spans();
    if (!isBeingRead) expect(await reading).toBe(2);
    await store.clear();
    rows.forget();
    await reading;
    expect(await spans()).toBe(0);
  },
);

test('the tab that evaluates begins anew when any tab has deleted what was measured', async () => {
  const host = new FakeHost();
  const store = new MemoryMonitor();
  await store.add([modelLoadFailed(host.epochNow() - 6 * MINUTE_MS, 'model/offline')]);
  let isTold = (): void => {};
  const alerting = new Alerting({
    monitor: { store, log: () => {} },
    openDisk: () => Promise.reject(new Error('denied')),
    channel: { notify: () => {}, onNotified: (callback) => (isTold = callback) },
    locks: null,
    host: Object.assign(host, {
      newId: () => crypto.randomUUID(),
      onHidden: () => {},
      onOnline: () => {},
      requestSync: () => {},
    }),
    fetch: () => Promise.reject(new TypeError('offline')),
    objectives,
    instance: () => 'browser-1',
    pageUrl: 'https://shell.example/',
    version: '1',
  });
  const valueOf = async () => {
    const book = await alerting.store.book();
    const statuses = book.ok ? book.value.statuses : [];
    return statuses.find(({ ruleId }) => ruleId === 'model-load-failed')?.value;
  };
  await alerting.start();
  await expect.poll(valueOf).toBe(1);
  await store.clear();
  isTold();
  host.pass(1_000);
  await expect.poll(valueOf).toBe(0);
});
