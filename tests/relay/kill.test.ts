/**
 * The relay is killed a hundred times, each time at a random moment, while pages post and sinks take their time. What
 * was acknowledged arrives, and arrives once wherever a sink can tell.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../src/core/sampling/random.ts';
import { fingerprintOf } from '../fixtures/alert-post.ts';
import { freshAlert, freshPost, readDeliveries, sendAlerts } from './support/clients.ts';
import { headerOf, startMailServer } from './support/mail-server.ts';
import { startAlertmanager, temporaryFolder } from './support/processes.ts';
import { startSlack } from './support/slack-stand-in.ts';

const KILLS = 100;
/** A relay dies within so long of a random one of its acknowledgements, or of the start. */
const LONGEST_DELAY_MS = 30;

interface Relay {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
}

function load(
  environment: Readonly<Record<string, string>>,
): Relay & { readonly loaded: Promise<unknown> } {
  const child = fork(join(import.meta.dirname, 'support', 'relay-child.ts'), {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    execArgv: [],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ended: once(child, 'exit'), loaded: once(child, 'message') };
}

async function begin({ child }: Relay): Promise<string> {
  const answered = once(child, 'message');
  child.send('begin');
  const [port] = (await answered) as [number];
  return `http://localhost:${port}`;
}

test(`killed ${KILLS} times, it delivers everything that it has acknowledged`, async () => {
  const generator = seededRandom(20_261_124);
  const random = (): number => generator.next();
  const slack = await startSlack();
  slack.delayMs = () => random() * 20;
  slack.answer = () => {
    const luck = random();
    if (luck < 0.05) return { kind: 'reset' };
    return { kind: 'status', status: luck < 0.1 ? 500 : 200 };
  };
  const mail = await startMailServer();
  const alertmanager = await startAlertmanager();
  const environment = {
    PORT: '0',
    RELAY_DATA: temporaryFolder(),
    RELAY_LOG_LEVEL: 'silent',
    NODE_COMPILE_CACHE: temporaryFolder(),
    RELAY_ALERTS_PER_ROUTE: '1000000',
    RELAY_REQUESTS_PER_ADDRESS: '1000000',
    ...slack.environment,
    ...mail.environment,
    ALERTMANAGER_URL: alertmanager.url,
    // What is not repeated four times has ended, and no relay lives long enough to repeat anything.
    ALERTMANAGER_REPEAT_SECONDS: '3600',
  };
  /** Acknowledged, by the key of the post. */
  const acknowledged = new Map<string, number>();
  let posts = 0;
  let next = load(environment);
  for (let round = 0; round < KILLS; round++) {
    const relay = next;
    await relay.loaded;
    const url = await begin(relay);
    next = load(environment);
    let acknowledgementsLeft = Math.floor(random() * 9);
    const delayMs = random() * LONGEST_DELAY_MS;
    const kill = (): void => void sleep(delayMs).then(() => relay.child.kill('SIGKILL'));
    if (acknowledgementsLeft === 0) kill();
    const numbers = [posts, posts + 1, posts + 2, posts + 3];
    posts += numbers.length;
    // Each is sent twice, as an outbox does that did not get the answer.
    const outbox = numbers.map((number) => ({ number, post: freshPost([alertNumber(number)]) }));
    await Promise.all(
      [...outbox, ...outbox].map(async ({ number, post }) => {
        const key = `post-number-${number}`;
        const answer = await sendAlerts(url, post, { key }).catch(() => null);
        if (answer === null) return;
        expect(answer.status).toBe(202);
        acknowledged.set(key, number);
        acknowledgementsLeft -= 1;
        if (acknowledgementsLeft === 0) kill();
      }),
    );
    await relay.ended;
  }
  await next.loaded;
  slack.answer = () => ({ kind: 'status', status: 200 });
  const url = await begin(next);
  await expect
    .poll(async () => (await readDeliveries(url, '&status=queued')).length, { timeout: 60_000 })
    .toBe(0);

  expect(acknowledged.size).toBeGreaterThan(2 * KILLS);
  const names = [...acknowledged.values()].map((number) => alertNumber(number).labels.alertname);
  expect(await readDeliveries(url, '&status=dead')).toEqual([]);

  const slackText = slack.taken.map(({ text }) => text).join();
  expect(names.filter((name) => !slackText.includes(`Firing: ${name}\\n`))).toEqual([]);
  const unannounced = slack.taken
    .flatMap(({ deliveries }) => deliveries)
    .filter(({ saysRepeat }) => !saysRepeat)
    .map(({ id }) => id);
  expect(unannounced.filter((id, index) => unannounced.indexOf(id) !== index)).toEqual([]);

  const idsBySubject = new Map<string, Set<string>>();
  for (const message of mail.mailbox) {
    const subject = headerOf(message, 'Subject');
    const ids = idsBySubject.get(subject) ?? new Set();
    idsBySubject.set(subject, ids.add(headerOf(message, 'Message-ID')));
  }
  expect(names.filter((name) => !idsBySubject.has(`Firing: ${name} (warning)`))).toEqual([]);
  expect([...idsBySubject.values()].filter(({ size }) => size > 1)).toEqual([]);

  const listed = (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as {
    labels: { alertname: string };
  }[];
  const known = listed.map(({ labels }) => labels.alertname);
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(new Set(known).size).toBe(known.length);
  next.child.kill('SIGKILL');
  await next.ended;
}, 600_000);

function alertNumber(number: number) {
  return freshAlert({
    fingerprint: fingerprintOf(number + 1),
    labels: { alertname: `alert number ${number}`, severity: 'warning' },
    startsAt: '2026-11-24T09:00:00.000Z',
  });
}
