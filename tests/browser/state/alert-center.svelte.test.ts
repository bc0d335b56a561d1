import { expect, test, vi } from 'vitest';
import type { AlertAccess } from '../../../src/monitor/alert-access.ts';
import { AlertCenter } from '../../../src/state/alert-center.svelte.ts';
import { MemoryAlerts } from '../../../src/store/memory-alerts.ts';
import { makeAlert, NOON_MS } from '../../fixtures/alerts/alert-data.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';

async function setUp(pastCount: number) {
  const store = new MemoryAlerts();
  const alerts = Array.from({ length: pastCount }, (_, at) =>
    makeAlert({ id: `alert-${at}`, state: 'resolved', startsAtMs: NOON_MS + at }),
  );
  await store.decide({ revision: 0, statuses: [], alerts, outbox: [] });
  const access: { -readonly [Name in keyof AlertAccess]?: AlertAccess[Name] } = {
    store,
    rules: () => Promise.resolve({ ok: true, value: [] }),
    relay: { kind: 'unknown' },
    notifications: 'default',
  };
  // The rest of it is not asked for.
  const center = new AlertCenter({ access: access as AlertAccess, host: new FakeHost() });
  await center.load();
  return { center, store, access, read: vi.spyOn(store, 'alerts') };
}

test('all past alerts that are kept are read when somebody asks for them', async () => {
  const { center, read } = await setUp(1_000);
  expect(center.past).toHaveLength(200);
  expect(center.hasMoreAlerts).toBe(true);
  await center.readAll();
  expect(read).toHaveBeenCalledTimes(1);
  expect(center.past).toHaveLength(1_000);
  expect(center.hasMoreAlerts).toBe(false);
});

test('what was done is shown by the time it has resolved, also where a look was under way', async () => {
  const { center, store, access } = await setUp(0);
  await store.putSilence({
    id: 'silence-1',
    matchers: [{ label: 'severity', isEqual: true, value: 'info' }],
    createdAtMs: 0,
    untilMs: Number.MAX_SAFE_INTEGER,
    author: '',
    comment: '',
  });
  access.endSilence = (id) => {
    void center.load();
    return store.deleteSilence(id);
  };
  await center.load();
  expect(center.silences).toHaveLength(1);
  await center.endSilence('silence-1');
  expect(center.silences).toEqual([]);
});

test('a few past alerts are all that there are', async () => {
  const { center } = await setUp(30);
  expect(center.past).toHaveLength(30);
  expect(center.hasMoreAlerts).toBe(false);
});
