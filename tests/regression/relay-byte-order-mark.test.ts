/** A body that begins with a byte order mark was acknowledged, and its line in the journal could not be read again. */
import { expect, test } from 'vitest';
import { alertPost } from '../fixtures/alert-post.ts';
import { FakeClock } from '../unit/relay/support/fake-clock.ts';
import { FAILED } from '../unit/relay/support/fake-sink.ts';
import { OWN_PAGE, startTestRelay } from '../unit/relay/support/test-relay.ts';

test('an alert with a byte order mark outlives the relay', async () => {
  const clock = new FakeClock();
  const first = await startTestRelay({ clock });
  first.sink.answer = () => FAILED;
  const answer = await first.request({
    method: 'POST',
    url: '/v1/alerts',
    headers: { ...OWN_PAGE, 'content-type': 'application/json', 'idempotency-key': 'marked-1' },
    payload: `\ufeff${JSON.stringify(alertPost())}`,
  });
  expect(answer.statusCode).toBe(202);
  await clock.advance(100);
  first.abandon();

  const second = await startTestRelay({ clock, folder: first.folder });
  expect(second.relay.journal.damagedLines).toBe(0);
  await clock.advance(60_000);
  expect(second.sink.attempts).toHaveLength(1);
});
