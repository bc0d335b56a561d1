/** The relay, and a stand-in for Slack that misbehaves in every way that the network allows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SlackSink } from '../../relay/sinks/slack.ts';
import { freshAlert, freshPost, readDeliveries, sendAlerts } from './support/clients.ts';
import { startRelayHere } from './support/relay-here.ts';
import { startSlack, type SlackAnswer } from './support/slack-stand-in.ts';

const OK: SlackAnswer = { kind: 'status', status: 200 };

test('an alert arrives, and the delivery log says so', async () => {
  const slack = await startSlack();
  const relay = await startRelayHere(slack.environment);
  const answer = await sendAlerts(relay.url, freshPost([freshAlert()]));
  expect(answer.status).toBe(202);
  await expect.poll(() => slack.taken.length).toBe(1);
  expect(slack.taken[0]?.text).toContain('Firing: Slow answers');
  await expect
    .poll(() => readDeliveries(relay.url))
    .toMatchObject([{ status: 'delivered', answer: 'HTTP 200', attempts: 1 }]);
});

test('429 is waited out for as long as Slack says', async () => {
  const slack = await startSlack();
  const answers: SlackAnswer[] = [{ kind: 'status', status: 429, retryAfterSeconds: 2 }];
  slack.answer = () => answers.shift() ?? OK;
  const relay = await startRelayHere(slack.environment);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect.poll(() => slack.taken.length).toBe(1);
  const [first, second] = slack.received;
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(2_000);
  expect(second?.deliveries).toMatchObject([{ saysRepeat: false }]);
});

test('500 and a cut connection are tried again; only after the cut may it be a repetition', async () => {
  const slack = await startSlack();
  const answers: SlackAnswer[] = [{ kind: 'status', status: 500 }, { kind: 'reset' }];
  slack.answer = () => answers.shift() ?? OK;
  const relay = await startRelayHere(slack.environment);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect.poll(() => slack.taken.length).toBe(1);
  expect(slack.received.map(({ deliveries }) => deliveries[0]?.saysRepeat)).toEqual([
    false,
    false,
    true,
  ]);
  await expect
    .poll(() => readDeliveries(relay.url))
    .toMatchObject([{ status: 'delivered', attempts: 3, mayBeRepeated: true }]);
});

test('a server that never answers is given up on in time, as one that may have taken it', async () => {
  const slack = await startSlack();
  slack.answer = () => ({ kind: 'hang' });
  const { webhookUrl } = slack;
  const sink = new SlackSink({ webhookUrl, epochNow: Date.now, minIntervalMs: 0, timeoutMs: 200 });
  const outcome = await sink.send([
    {
      id: '1-0',
      alert: freshAlert(),
      device: null,
      skewMs: 0,
      acceptedAtMs: 0,
      mayBeRepeat: false,
    },
  ]);
  expect(outcome).toEqual({
    kind: 'failed',
    answer: 'timeout',
    retryAfterMs: null,
    isUncertain: true,
  });
});

test.each([403, 404, 410])(
  '%i is final: the alert is a dead letter that says so',
  async (status) => {
    const slack = await startSlack();
    slack.answer = () => ({ kind: 'status', status });
    const relay = await startRelayHere(slack.environment);
    await sendAlerts(relay.url, freshPost([freshAlert()]));
    await expect
      .poll(() => readDeliveries(relay.url))
      .toMatchObject([{ status: 'dead', answer: `HTTP ${status}`, attempts: 1 }]);
  },
);

test('a redirect is not followed: it would take the secret along', async () => {
  const slack = await startSlack();
  slack.answer = () => ({ kind: 'status', status: 307 });
  const relay = await startRelayHere(slack.environment);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect
    .poll(() => readDeliveries(relay.url))
    .toMatchObject([{ status: 'dead', answer: 'HTTP 307' }]);
  expect(slack.received).toHaveLength(1);
});

test('duplicate posts from many tabs become one message', async () => {
  const slack = await startSlack();
  const relay = await startRelayHere(slack.environment);
  const post = freshPost([freshAlert()]);
  const key = 'one-key-for-all';
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => sendAlerts(relay.url, post, { key })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  await expect.poll(() => slack.taken.length).toBe(1);
  await sleep(300); // Nothing tells that a second message will not come.
  expect(slack.received).toHaveLength(1);
});
