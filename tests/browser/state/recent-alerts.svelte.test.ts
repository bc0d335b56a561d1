import { expect, test } from 'vitest';
import { RecentAlerts } from '../../../src/state/recent-alerts.svelte.ts';
import { MemoryAlerts } from '../../../src/store/memory-alerts.ts';
import { makeAlert, MINUTE_MS, NOON_MS } from '../../fixtures/alerts/alert-data.ts';
import { waitFor } from '../support/wait-for.ts';

test('an alert that goes on firing is told of however many have begun since', async () => {
  const store = new MemoryAlerts();
  const later = Array.from({ length: 200 }, (_, at) =>
    makeAlert({ id: `later-${at}`, state: 'resolved', startsAtMs: NOON_MS + at * MINUTE_MS }),
  );
  const lasting = makeAlert({ id: 'lasting', startsAtMs: NOON_MS - MINUTE_MS });
  await store.decide({ revision: 0, statuses: [], alerts: [lasting, ...later], outbox: [] });
  const recent = new RecentAlerts();
  recent.follow({ store, onChange: () => () => {} });
  await waitFor(() => expect(recent.alerts.length).toBeGreaterThan(0));
  expect(recent.firing.map(({ id }) => id)).toEqual(['lasting']);
  expect(recent.toldCount).toBe(1);
  expect(recent.alerts.at(-1)?.id).toBe('lasting');
});
