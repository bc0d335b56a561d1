/** What was delivered while the disk was full stayed "queued" for ever, and was delivered again after a restart. */
import { expect, test } from 'vitest';
import type { DeliveryEntry } from '../../src/contracts/relay.ts';
import { alertPost } from '../fixtures/alert-post.ts';
import { FakeClock } from '../unit/relay/support/fake-clock.ts';
import { OWN_PAGE, startTestRelay, type TestRelay } from '../unit/relay/support/test-relay.ts';

async function statusesOf(relay: TestRelay): Promise<readonly string[]> {
  const answer = await relay.request({ url: '/v1/deliveries', headers: OWN_PAGE });
  const { deliveries } = answer.json<{ deliveries: readonly DeliveryEntry[] }>();
  return deliveries.map(({ status }) => status);
}

async function relayThatDeliveredOnAFullDisk(): Promise<TestRelay> {
  const clock = new FakeClock();
  const relay = await startTestRelay({ clock });
  await relay.postAlerts(alertPost());
  relay.disk.roomBytes = 0;
  await clock.advance(1_000);
  expect(relay.sink.attempts).toHaveLength(1);
  expect(await statusesOf(relay)).toEqual(['queued']);
  relay.disk.roomBytes = Infinity;
  return relay;
}

async function expectNoRepetition({ clock, folder }: TestRelay): Promise<void> {
  const next = await startTestRelay({ clock, folder });
  await clock.advance(60_000);
  expect(next.sink.attempts).toHaveLength(0);
}

test('it is written once somebody has asked how the relay is', async () => {
  const relay = await relayThatDeliveredOnAFullDisk();
  await relay.request({ url: '/health/detailed', headers: OWN_PAGE });
  expect(await statusesOf(relay)).toEqual(['delivered']);
  relay.abandon();
  await expectNoRepetition(relay);
});

test('it is written with the next alert', async () => {
  const relay = await relayThatDeliveredOnAFullDisk();
  await relay.postAlerts(alertPost());
  await relay.clock.advance(1_000);
  expect(await statusesOf(relay)).toEqual(['delivered', 'delivered']);
  relay.abandon();
  await expectNoRepetition(relay);
});

test('it is written when the relay ends', async () => {
  const relay = await relayThatDeliveredOnAFullDisk();
  await relay.relay.stop();
  await expectNoRepetition(relay);
});
