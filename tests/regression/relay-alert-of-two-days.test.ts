/** An alert that fired for longer than a day ended for Alertmanager after that day: pages said only that it began. */
import { expect, it } from 'vitest';
import { alertMessage, alertPost } from '../fixtures/alert-post.ts';
import { FakeClock } from '../unit/relay/support/fake-clock.ts';
import { FakeSink } from '../unit/relay/support/fake-sink.ts';
import { startTestRelay } from '../unit/relay/support/test-relay.ts';

const HOUR_MS = 3_600_000;

it('what a page says again keeps the alert firing, and no one but Alertmanager hears of it', async () => {
  const clock = new FakeClock();
  const people = new FakeSink(() => clock.now());
  const alertmanager = new FakeSink(() => clock.now(), { name: 'alertmanager' });
  const relay = await startTestRelay({ clock, sinks: [people, alertmanager] });
  const alerts = [alertMessage({ link: '' })];
  expect((await relay.postAlerts(alertPost({ alerts }))).statusCode).toBe(202);
  for (const hours of [20, 20]) {
    await clock.advance(hours * HOUR_MS);
    const again = alertPost({ route: 'alertmanager', alerts });
    expect((await relay.postAlerts(again)).statusCode).toBe(202);
  }
  await clock.advance(20 * HOUR_MS);
  expect(relay.relay.state.firing()).toHaveLength(1);
  expect([people.attempts.length, alertmanager.attempts.length]).toEqual([1, 3]);
  await clock.advance(5 * HOUR_MS);
  expect(relay.relay.state.firing()).toEqual([]);
});
