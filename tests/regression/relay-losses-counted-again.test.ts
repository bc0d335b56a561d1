/** Dead letters that had to go were counted as lost again at each start, and the count had no series before the first. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { alertMessage } from '../fixtures/alert-post.ts';
import { startTestRelay, temporaryFolder } from '../unit/relay/support/test-relay.ts';

const ALERTS_PER_POST = 64;
/** A hundred alerts more than are kept. */
const POSTS = Math.ceil(10_100 / ALERTS_PER_POST);

it('what was lost before a restart is not lost again', async () => {
  const folder = temporaryFolder();
  const alerts = Array.from({ length: ALERTS_PER_POST }, () => alertMessage({ state: 'resolved' }));
  const change = { status: 'dead', attempts: 1, answer: 'HTTP 400', isUncertain: false };
  const units = alerts.map((_, alert) => ({ alert, sink: 'slack', ...change, finishedAtMs: 0 }));
  const entry = { kind: 'post', client: 'admin', body: '', atMs: 0, skewMs: 0, alerts };
  const lines = Array.from({ length: POSTS }, (_, post) =>
    JSON.stringify({ ...entry, post: post + 1, key: `key ${post}`, sinks: ['slack'], units }),
  );
  writeFileSync(join(folder, 'alerts.ndjson'), `${lines.join('\n')}\n`);
  let lost = 0;
  const relay = await startTestRelay({
    folder,
    relay: { observe: { lost: (_, alerts) => (lost += alerts) } },
  });
  expect(relay.relay.state.deadCount('slack')).toBeGreaterThan(9_900);
  expect(relay.relay.state.deadCount('slack')).toBeLessThanOrEqual(10_000);
  expect(lost).toBe(0);
  expect(relay.logged.join('\n')).not.toContain('dead letters');
});

it('a relay that has lost nothing says so', async () => {
  const relay = await startTestRelay();
  const { body } = await relay.request({ url: '/metrics' });
  expect(body).toContain('relay_alerts_lost_total{reason="dead_letter_overflow"} 0');
});
