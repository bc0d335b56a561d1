import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AlertPost } from '../../../src/contracts/alert.ts';
import type { AlertReceipt, DeliveryEntry } from '../../../src/contracts/relay.ts';
import { alertMessage, alertPost, fingerprintOf } from '../../fixtures/alert-post.ts';
import { FakeClock } from './support/fake-clock.ts';
import { BROKE_OFF, DELIVERED, FAILED, FakeSink, REFUSED } from './support/fake-sink.ts';
import { OWN_PAGE, startTestRelay, type TestRelay } from './support/test-relay.ts';
import { TestDisk } from './support/test-file.ts';

const HOUR_MS = 3_600_000;
const ADMIN = { authorization: 'Bearer the-operator-s-own-secret' };

async function deliveries(relay: TestRelay, query = ''): Promise<readonly DeliveryEntry[]> {
  const { body } = await relay.request({ url: `/v1/deliveries${query}`, headers: OWN_PAGE });
  return (JSON.parse(body) as { deliveries: DeliveryEntry[] }).deliveries;
}

describe('accepting', () => {
  test('answers 202 only after the alert is on the disk, and then delivers it', async () => {
    const relay = await startTestRelay();
    let letGo = (): void => undefined;
    relay.disk.hold = new Promise((resolve) => (letGo = resolve));
    let status: number | null = null;
    const answered = relay.postAlerts(alertPost()).then((answer) => (status = answer.statusCode));
    await relay.clock.advance(1_000);
    expect(status).toBeNull();
    expect(relay.sink.attempts).toHaveLength(0);

    letGo();
    relay.disk.hold = null;
    await answered;
    expect(status).toBe(202);
    await relay.clock.advance(1_000);
    expect(relay.sink.attempts).toHaveLength(1);
  });

  test('the answer names the post, by which the delivery log tells what became of it', async () => {
    const relay = await startTestRelay();
    const answer = await relay.postAlerts(
      alertPost({ alerts: [alertMessage(), alertMessage({ fingerprint: fingerprintOf(2) })] }),
    );
    const receipt = answer.json<AlertReceipt>();
    expect(receipt).toEqual({ post: 1, accepted: 2, sinks: ['slack'] });
    expect(await deliveries(relay, '?post=1&status=queued')).toHaveLength(2);

    await relay.clock.advance(1_000);
    expect((await deliveries(relay, `?fingerprint=${fingerprintOf(2)}`))[0]).toEqual({
      post: 1,
      fingerprint: fingerprintOf(2),
      alertname: 'Slow answers',
      state: 'firing',
      sink: 'slack',
      status: 'delivered',
      attempts: 1,
      answer: 'HTTP 200',
      mayBeRepeated: false,
      acceptedAt: '2026-11-24T10:00:00.000Z',
      finishedAt: '2026-11-24T10:00:00.000Z',
    });
  });

  test.each<[string, (post: AlertPost) => unknown]>([
    ['a field that is not in the contract', (post) => ({ ...post, prompt: 'list files' })],
    [
      'a field of an alert that is not',
      ({ alerts: [alert], ...post }) => ({ ...post, alerts: [{ ...alert, code: 'ls' }] }),
    ],
    ['no alert', (post) => ({ ...post, alerts: [] })],
    [
      '65 alerts',
      (post) => ({ ...post, alerts: Array.from({ length: 65 }, () => alertMessage()) }),
    ],
    ['an address as the route', (post) => ({ ...post, route: 'https://example.org' })],
    ['a number as text', (post) => ({ ...post, alerts: [{ ...alertMessage(), n: '84' }] })],
    ['a time that is none', (post) => ({ ...post, sentAt: 'yesterday' })],
    [
      'a leap second, which no clock here has',
      (post) => ({ ...post, sentAt: '2016-12-31T23:59:60Z' }),
    ],
    [
      'a month that is none',
      (post) => ({ ...post, alerts: [alertMessage({ startsAt: '2026-13-01T00:00:00Z' })] }),
    ],
    [
      'a day that its month does not have',
      (post) => ({ ...post, alerts: [alertMessage({ startsAt: '2026-02-30T00:00:00Z' })] }),
    ],
    [
      'a summary that is too long',
      (post) => ({ ...post, alerts: [alertMessage({ summary: 'x'.repeat(501) })] }),
    ],
    [
      'a label that Prometheus keeps for itself',
      (post) => ({
        ...post,
        alerts: [alertMessage({ labels: { alertname: 'a', severity: 'info', __name__: 'x' } })],
      }),
    ],
    ['a version of the future', (post) => ({ ...post, schemaVersion: 2 })],
    ['a list', () => []],
  ])('refuses %s', async (_, change) => {
    const relay = await startTestRelay();
    const answer = await relay.postAlerts(change(alertPost()) as AlertPost);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'relay/invalid-request' });
    await relay.clock.advance(1_000);
    expect(relay.sink.attempts).toHaveLength(0);
  });

  test.each([
    ['no JSON', '{', 400],
    ['a prototype', '{"__proto__":{"a":1}}', 400],
    ['a prototype in other letters', '{"\\u005f_proto__":{"a":1}}', 400],
    ['a constructor', '{"constructor":{"prototype":{"a":1}}}', 400],
    ['more than 64 kB', JSON.stringify({ ...alertPost(), pad: 'x'.repeat(70_000) }), 413],
    ['nothing', '', 400],
  ])('refuses %s', async (_, payload, status) => {
    const relay = await startTestRelay();
    const answer = await relay.request({
      method: 'POST',
      url: '/v1/alerts',
      headers: { ...OWN_PAGE, 'content-type': 'application/json', 'idempotency-key': 'some-key-1' },
      payload,
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.body).not.toMatch(/ at |node_modules|SyntaxError/);
  });

  test('refuses compressed bodies, which can be a thousand times as large as they look', async () => {
    const relay = await startTestRelay();
    const answer = await relay.postAlerts(alertPost(), { headers: { 'content-encoding': 'gzip' } });
    expect(answer.statusCode).toBe(415);
  });

  test('takes plain text, which a closing page can send without asking first', async () => {
    const relay = await startTestRelay();
    const answer = await relay.postAlerts(alertPost(), {
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer.statusCode).toBe(202);
  });

  test('says that there is no such route, and no destination', async () => {
    const relay = await startTestRelay();
    expect((await relay.postAlerts(alertPost({ route: 'pager' }))).statusCode).toBe(404);

    const empty = await startTestRelay({ sinks: [] });
    const answer = await empty.postAlerts(alertPost());
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'relay/no-destination' });
    expect(answer.headers['retry-after']).toBe('300');
  });

  test('a route can be one sink', async () => {
    const clock = new FakeClock();
    const slack = new FakeSink(() => clock.now(), { name: 'slack' });
    const email = new FakeSink(() => clock.now(), { name: 'email' });
    const relay = await startTestRelay({ clock, sinks: [slack, email] });
    await relay.postAlerts(alertPost({ route: 'email' }));
    await clock.advance(1_000);
    expect([slack.attempts.length, email.attempts.length]).toEqual([0, 1]);
  });

  test('refuses what it could not write down, and takes it when the disk has room', async () => {
    const disk = new TestDisk();
    const relay = await startTestRelay({ disk });
    disk.roomBytes = 100;
    const refused = await relay.postAlerts(alertPost(), { key: 'same-key-1' });
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'relay/journal-unwritable' });
    await relay.clock.advance(1_000);
    expect(relay.sink.attempts).toHaveLength(0);
    expect((await relay.request({ url: '/health/detailed', headers: OWN_PAGE })).statusCode).toBe(
      503,
    );

    disk.roomBytes = Infinity;
    expect((await relay.request({ url: '/health/detailed', headers: OWN_PAGE })).statusCode).toBe(
      200,
    );
    expect((await relay.postAlerts(alertPost(), { key: 'same-key-1' })).statusCode).toBe(202);
    await relay.clock.advance(1_000);
    expect(relay.sink.attempts).toHaveLength(1);
  });

  test('takes no more than it can hold', async () => {
    const relay = await startTestRelay({ relay: { maxQueued: 1 } });
    relay.sink.answer = () => FAILED;
    await relay.postAlerts(alertPost());
    const answer = await relay.postAlerts(alertPost());
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'relay/queue-full' });
  });
});

describe('idempotency', () => {
  test('the same post twice is delivered once, and answered the same', async () => {
    const relay = await startTestRelay();
    const first = await relay.postAlerts(alertPost(), { key: 'same-key-1' });
    const second = await relay.postAlerts(alertPost(), { key: '"same-key-1"' });
    await relay.clock.advance(10_000);
    expect(second.statusCode).toBe(202);
    expect(second.body).toBe(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(relay.sink.attempts).toHaveLength(1);
  });

  test('two copies that arrive at the same time are one', async () => {
    const relay = await startTestRelay();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => relay.postAlerts(alertPost(), { key: 'same-key-1' })),
    );
    await relay.clock.advance(10_000);
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
    expect(relay.sink.attempts).toHaveLength(1);
  });

  test('a key with another body is refused', async () => {
    const relay = await startTestRelay();
    await relay.postAlerts(alertPost(), { key: 'same-key-1' });
    const answer = await relay.postAlerts(alertPost({ route: 'slack' }), { key: 'same-key-1' });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'relay/key-reused' });
  });

  test.each(['', 'short', 'with space', 'x'.repeat(129)])('a key of %o is refused', async (key) => {
    const relay = await startTestRelay();
    const answer = await relay.postAlerts(alertPost(), { key });
    expect(answer.json()).toMatchObject({ code: 'relay/no-idempotency-key' });
  });

  test('keys of two devices have nothing to do with each other', async () => {
    const relay = await startTestRelay();
    const tokens = ['one', 'two'].map((name) => relay.tokens.mint(name, 0).token);
    for (const token of tokens) {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await relay.postAlerts(alertPost(), { key: 'same-key-1', headers });
      expect(answer.headers['idempotency-replayed']).toBeUndefined();
    }
    await relay.clock.advance(10_000);
    expect(relay.sink.attempts).toHaveLength(2);
  });

  test('a key is known after a restart, and forgotten after three days', async () => {
    const clock = new FakeClock();
    const first = await startTestRelay({ clock });
    const before = await first.postAlerts(alertPost(), { key: 'same-key-1' });
    await clock.advance(1_000);
    first.abandon();
    const second = await startTestRelay({ clock, folder: first.folder });
    const after = await second.postAlerts(alertPost(), { key: 'same-key-1' });
    expect(after.body).toBe(before.body);

    await clock.advance(73 * HOUR_MS);
    // A key goes when the next one comes.
    await second.postAlerts(alertPost(), { key: 'other-key-1' });
    const late = await second.postAlerts(alertPost(), { key: 'same-key-1' });
    expect(late.headers['idempotency-replayed']).toBeUndefined();
  });
});

describe('after a kill', () => {
  test('what was accepted is delivered by the next relay', async () => {
    const clock = new FakeClock();
    const first = await startTestRelay({ clock });
    first.sink.answer = () => FAILED;
    await first.postAlerts(alertPost());
    await clock.advance(100);
    first.abandon();

    const second = await startTestRelay({ clock, folder: first.folder });
    await clock.advance(60_000);
    expect(second.sink.attempts).toHaveLength(1);
    expect(second.sink.attempts[0]?.mayBeRepeat).toEqual([false]);
  });

  test('a link to elsewhere is in no line of the journal', async () => {
    const relay = await startTestRelay();
    await relay.postAlerts(
      alertPost({ alerts: [alertMessage({ link: 'https://elsewhere.example/' })] }),
    );
    expect(readFileSync(join(relay.folder, 'alerts.ndjson'), 'utf8')).not.toContain('elsewhere');
  });

  test('what was delivered is not delivered again', async () => {
    const clock = new FakeClock();
    const first = await startTestRelay({ clock });
    await first.postAlerts(alertPost());
    await clock.advance(1_000);
    first.abandon();

    const second = await startTestRelay({ clock, folder: first.folder });
    await clock.advance(60_000);
    expect(second.sink.attempts).toHaveLength(0);
    expect((await deliveries(second))[0]?.status).toBe('delivered');
  });

  test('an attempt that was under way is made again, and says that it may be a repetition', async () => {
    const clock = new FakeClock();
    const first = await startTestRelay({ clock });
    first.sink.answer = () => new Promise(() => undefined);
    await first.postAlerts(alertPost());
    await clock.advance(1_000);
    expect(first.sink.attempts).toHaveLength(1);
    first.abandon();

    const second = await startTestRelay({ clock, folder: first.folder });
    await clock.advance(1_000);
    expect(second.sink.attempts.map(({ mayBeRepeat }) => mayBeRepeat)).toEqual([[true]]);
    expect((await deliveries(second))[0]).toMatchObject({ status: 'delivered', attempts: 2 });
  });

  test('what waits for a sink that is gone becomes a dead letter that says so', async () => {
    const clock = new FakeClock();
    const first = await startTestRelay({ clock });
    first.sink.answer = () => FAILED;
    await first.postAlerts(alertPost());
    first.abandon();
    const second = await startTestRelay({ clock, folder: first.folder, sinks: [] });
    await clock.advance(100);
    expect((await deliveries(second))[0]).toMatchObject({
      status: 'dead',
      answer: 'the sink is no longer configured',
    });
    const health = await second.request({ url: '/health/detailed', headers: OWN_PAGE });
    expect(health.json()).toMatchObject({
      status: 'degraded',
      sinks: { slack: { status: 'not-configured', deadLetters: 1 } },
    });
    const { body } = await second.request({ url: '/metrics' });
    expect(body).toContain('relay_dead_letters{sink="slack"} 1');
  });
});

describe('dead letters', () => {
  async function relayWithDeadLetter(): Promise<TestRelay> {
    const relay = await startTestRelay({
      environment: { RELAY_ADMIN_TOKEN: 'the-operator-s-own-secret' },
    });
    relay.sink.answer = () => REFUSED;
    await relay.postAlerts(alertPost());
    await relay.clock.advance(1_000);
    return relay;
  }

  test('are counted, and told by the detailed health', async () => {
    const relay = await relayWithDeadLetter();
    const { body, statusCode } = await relay.request({
      url: '/health/detailed',
      headers: OWN_PAGE,
    });
    expect(statusCode).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      status: 'degraded',
      sinks: { slack: { deadLetters: 1, queued: 0, lastAnswer: 'HTTP 400' } },
    });
  });

  test('are sent again when the operator says so', async () => {
    const relay = await relayWithDeadLetter();
    relay.sink.answer = () => DELIVERED;
    const answer = await relay.request({
      method: 'POST',
      url: '/v1/dead-letters/retry',
      headers: { ...ADMIN, 'content-type': 'application/json' },
      payload: '{}',
    });
    expect(answer.json()).toEqual({ alerts: 1 });
    await relay.clock.advance(1_000);
    expect((await deliveries(relay))[0]?.status).toBe('delivered');
    expect(relay.relay.state.deadCount('slack')).toBe(0);
  });

  function retry(relay: TestRelay) {
    return relay.request({ method: 'POST', url: '/v1/dead-letters/retry', headers: ADMIN });
  }

  test('are sent again once, however often the operator says so at the same time', async () => {
    const relay = await relayWithDeadLetter();
    relay.sink.answer = () => DELIVERED;
    const answers = await Promise.all([retry(relay), retry(relay), retry(relay)]);
    expect(answers.map((answer) => answer.json<{ alerts: number }>().alerts)).toEqual([1, 0, 0]);
    await relay.clock.advance(1_000);
    expect(relay.sink.attempts).toHaveLength(2);
  });

  test('are tried for another day, over a restart too', async () => {
    const relay = await relayWithDeadLetter();
    await relay.clock.advance(30 * HOUR_MS);
    relay.sink.answer = () => FAILED;
    await retry(relay);
    await relay.clock.advance(HOUR_MS);
    expect((await deliveries(relay))[0]?.status).toBe('queued');
    relay.abandon();

    const next = await startTestRelay({ clock: relay.clock, folder: relay.folder });
    next.sink.answer = () => FAILED;
    await next.clock.advance(22 * HOUR_MS);
    expect((await deliveries(next))[0]?.status).toBe('queued');
    await next.clock.advance(2 * HOUR_MS);
    expect((await deliveries(next))[0]?.status).toBe('dead');
  });

  test('of a destination that is gone are not sent, and not counted', async () => {
    const relay = await relayWithDeadLetter();
    relay.abandon();
    const email = new FakeSink(() => relay.clock.now(), { name: 'email' });
    const next = await startTestRelay({
      clock: relay.clock,
      folder: relay.folder,
      sinks: [email],
      environment: { RELAY_ADMIN_TOKEN: 'the-operator-s-own-secret' },
    });
    expect((await retry(next)).json()).toEqual({ alerts: 0 });
    expect((await deliveries(next))[0]?.status).toBe('dead');
  });

  test('are given up when the operator says so, for good', async () => {
    const relay = await relayWithDeadLetter();
    await relay.request({ method: 'POST', url: '/v1/dead-letters/discard', headers: ADMIN });
    expect((await deliveries(relay))[0]?.status).toBe('discarded');
    relay.abandon();
    const next = await startTestRelay({ clock: relay.clock, folder: relay.folder });
    await relay.clock.advance(60_000);
    expect(next.sink.attempts).toHaveLength(0);
  });

  test('are nobody else’s to settle', async () => {
    const relay = await relayWithDeadLetter();
    const url = '/v1/dead-letters/retry';
    expect((await relay.request({ method: 'POST', url })).statusCode).toBe(401);
    expect((await relay.request({ method: 'POST', url, headers: OWN_PAGE })).statusCode).toBe(403);
  });
});

test.each([
  ['http://localhost:4173/#/monitor?rule=a%20b', true],
  ['http://localhost:4173/%zz', false],
  ['http://localhost:4173/#/monitor?rule=100%', false],
  ['http://localhost:4173/#/\u0007', false],
  ['http://localhost:65536/', false],
  ['http://localhost:4173.elsewhere.example/', false],
])('the link %o is kept: %o', async (link, isKept) => {
  const relay = await startTestRelay();
  await relay.postAlerts(alertPost({ alerts: [alertMessage({ link })] }));
  const links = relay.relay.state.firing().map(({ alert }) => alert.link);
  expect(links).toEqual([isKept ? link : '']);
});

test.each([
  ['2028-02-29T00:00:00Z', 202],
  ['2026-02-28T23:59:59Z', 202],
  ['2026-01-31T00:00:00+02:00', 202],
  ['2026-02-29T00:00:00Z', 400],
  ['2026-04-31T00:00:00Z', 400],
])('an alert since %s is answered with %i', async (startsAt, status) => {
  const relay = await startTestRelay();
  const answer = await relay.postAlerts(alertPost({ alerts: [alertMessage({ startsAt })] }));
  expect(answer.statusCode).toBe(status);
});

describe('clocks', () => {
  test('a page whose clock is an hour ahead is corrected, and the message says so', async () => {
    const relay = await startTestRelay();
    await relay.postAlerts(
      alertPost({
        sentAt: '2026-11-24T11:00:00.000Z',
        alerts: [
          alertMessage({
            state: 'resolved',
            startsAt: '2026-11-24T10:50:00.000Z',
            endsAt: '2026-11-24T11:00:00.000Z',
          }),
        ],
      }),
    );
    const line = readFileSync(join(relay.folder, 'alerts.ndjson'), 'utf8').split('\n')[0] ?? '';
    expect(JSON.parse(line)).toMatchObject({
      skewMs: HOUR_MS,
      alerts: [{ startsAt: '2026-11-24T09:50:00.000Z', endsAt: '2026-11-24T10:00:00.000Z' }],
    });
  });

  test('a post that has waited for an hour is taken as it is', async () => {
    const relay = await startTestRelay();
    await relay.clock.advance(HOUR_MS);
    await relay.postAlerts(alertPost());
    const line = readFileSync(join(relay.folder, 'alerts.ndjson'), 'utf8').split('\n')[0] ?? '';
    expect(JSON.parse(line)).toMatchObject({ skewMs: 0, given: { alerts: [alertMessage()] } });
  });
});

describe('limits', () => {
  test('one sink gets no more than its share of everybody together', async () => {
    const relay = await startTestRelay({ environment: { RELAY_ALERTS_PER_ROUTE: '3' } });
    for (let n = 0; n < 3; n++) {
      expect((await relay.postAlerts(alertPost())).statusCode).toBe(202);
    }
    const answer = await relay.postAlerts(alertPost());
    expect(answer.statusCode).toBe(429);
    expect(answer.headers['retry-after']).toBe('20');
    await relay.clock.advance(20_000);
    expect((await relay.postAlerts(alertPost())).statusCode).toBe(202);
  });

  test('a repetition is answered even where nothing new is taken', async () => {
    const relay = await startTestRelay({ environment: { RELAY_ALERTS_PER_ROUTE: '1' } });
    await relay.postAlerts(alertPost(), { key: 'same-key-1' });
    expect((await relay.postAlerts(alertPost(), { key: 'same-key-1' })).statusCode).toBe(202);
  });

  test('one address gets no more than its share', async () => {
    const relay = await startTestRelay({ environment: { RELAY_REQUESTS_PER_ADDRESS: '2' } });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await relay.request({ url: '/health' })).statusCode);
    expect(statuses).toEqual([200, 200, 429, 429]);
    const answer = await relay.request({ url: '/health' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.json()).toMatchObject({ code: 'relay/too-many-requests' });
  });

  test('one token gets no more than its share, and another is not held up by it', async () => {
    const relay = await startTestRelay({ environment: { RELAY_REQUESTS_PER_TOKEN: '2' } });
    const [one, two] = ['one', 'two'].map((name) => relay.tokens.mint(name, 0).token);
    const get = async (token: string | undefined): Promise<number> =>
      (
        await relay.request({
          url: '/v1/destinations',
          headers: { authorization: `Bearer ${token}` },
        })
      ).statusCode;
    expect([await get(one), await get(one), await get(one), await get(two)]).toEqual([
      200, 200, 429, 200,
    ]);
  });
});

test('a test alert goes to every sink, six times a minute at most', async () => {
  const relay = await startTestRelay();
  const send = () => relay.request({ method: 'POST', url: '/v1/test-alert', headers: OWN_PAGE });
  expect((await send()).json()).toEqual({ post: 1, accepted: 1, sinks: ['slack'] });
  await relay.clock.advance(1_000);
  expect(relay.sink.attempts[0]?.states).toEqual(['test']);
  for (let n = 0; n < 5; n++) await send();
  expect((await send()).statusCode).toBe(429);
});

test('what fires is remembered over a restart until the page takes it back', async () => {
  const clock = new FakeClock();
  const first = await startTestRelay({ clock });
  await first.postAlerts(alertPost());
  await first.postAlerts(alertPost({ alerts: [alertMessage({ fingerprint: fingerprintOf(2) })] }));
  await clock.advance(100);
  first.abandon();
  const second = await startTestRelay({ clock, folder: first.folder });
  expect(second.relay.state.firing()).toHaveLength(2);
  await second.postAlerts(
    alertPost({ alerts: [alertMessage({ state: 'resolved', endsAt: '2026-11-24T10:00:00Z' })] }),
  );
  await clock.advance(100);
  second.abandon();
  const third = await startTestRelay({ clock, folder: first.folder });
  expect(third.relay.state.firing().map(({ alert }) => alert.fingerprint)).toEqual([
    fingerprintOf(2),
  ]);
});

test('a broken-off attempt shows in the delivery log', async () => {
  const relay = await startTestRelay();
  relay.sink.answer = () => BROKE_OFF;
  await relay.postAlerts(alertPost());
  await relay.clock.advance(500);
  expect((await deliveries(relay))[0]).toMatchObject({
    status: 'queued',
    mayBeRepeated: true,
    answer: 'ECONNRESET',
  });
});
