/** A built-in rule that was switched off and on was stored whole, and no longer followed the target of its objective. */
import { expect, test } from 'vitest';
import { DEFAULT_OBJECTIVES } from '../../src/core/metrics/objectives.ts';
import { Alerting } from '../../src/monitor/alerting.ts';
import { MemoryMonitor } from '../../src/store/memory-monitor.ts';
import { FakeHost } from '../fixtures/fake-host.ts';

function setUp() {
  const targets = { latency: 2 };
  const host = new FakeHost();
  const alerting = new Alerting({
    monitor: { store: new MemoryMonitor(), log: () => {} },
    openDisk: () => Promise.reject(new Error('no disk')),
    channel: null,
    locks: null,
    host: Object.assign(host, {
      newId: () => 'id',
      onHidden: () => {},
      onOnline: () => {},
      requestSync: () => {},
    }),
    fetch: () => Promise.reject(new Error('offline')),
    objectives: () =>
      DEFAULT_OBJECTIVES.map((objective) =>
        objective.id === 'latency-p95' ? { ...objective, threshold: targets.latency } : objective,
      ),
    instance: () => 'browser-1',
    pageUrl: 'https://shell.example/',
    version: '1',
  });
  const slow = async () => {
    const rules = await alerting.rules();
    const found = rules.ok ? rules.value.find(({ id }) => id === 'slow-p95') : undefined;
    if (found === undefined) throw new Error('there is no such rule');
    return found;
  };
  return { alerting, targets, slow };
}

test('a rule that was off for a while follows the target of its objective', async () => {
  const { alerting, targets, slow } = setUp();
  await alerting.saveRule({ ...(await slow()), isEnabled: false });
  expect((await slow()).isEnabled).toBe(false);
  await alerting.saveRule({ ...(await slow()), isEnabled: true });
  targets.latency = 3;
  expect(await slow()).toMatchObject({ isEnabled: true, threshold: 3 });
});

test('a rule that was changed stays as it was changed', async () => {
  const { alerting, targets, slow } = setUp();
  await alerting.saveRule({ ...(await slow()), threshold: 2.5 });
  await alerting.saveRule({ ...(await slow()), isEnabled: false });
  await alerting.saveRule({ ...(await slow()), isEnabled: true });
  targets.latency = 3;
  expect(await slow()).toMatchObject({ isEnabled: true, threshold: 2.5 });
});
