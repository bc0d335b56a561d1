/** Secrets of the configuration, and what people typed, are nowhere that the relay writes or says anything. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshAlert, freshPost, sendAlerts } from './support/clients.ts';
import { startMailServer } from './support/mail-server.ts';
import { freePort, startRelay, temporaryFolder } from './support/processes.ts';
import { startSlack } from './support/slack-stand-in.ts';

const CANARY = 'canary7f3a';
const PASSWORD = `${CANARY}-password-of-mail`;
const ADMIN = `${CANARY}-of-the-operator`;

test('no secret and no prompt in any log, answer, metric or journal, whatever goes wrong', async () => {
  const folder = temporaryFolder();
  const nobody = await freePort();
  const relay = await startRelay({
    RELAY_DATA: folder,
    RELAY_LOG_LEVEL: 'debug',
    RELAY_ADMIN_TOKEN: ADMIN,
    RELAY_METRICS_TOKEN: `${CANARY}-of-prometheus`,
    SLACK_WEBHOOK_URL: `http://127.0.0.1:${nobody}/services/${CANARY}`,
    SLACK_WEBHOOK_HOST: `127.0.0.1:${nobody}`,
    SLACK_INTERVAL_MS: '0',
    SMTP_SERVER: 'localhost',
    SMTP_PORT: String(nobody),
    SMTP_USER: `${CANARY}@example.org`,
    SMTP_PASSWORD: PASSWORD,
    ALERT_EMAIL: `${CANARY}@example.org`,
    ALERTMANAGER_URL: `http://127.0.0.1:${nobody}/${CANARY}`,
    ALERTMANAGER_USER: CANARY,
    ALERTMANAGER_PASSWORD: CANARY,
  });
  const operator = { Authorization: `Bearer ${ADMIN}` };
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  // What a faulty or hostile page would send.
  const hostile: [string, RequestInit][] = [
    ['/v1/alerts', { body: JSON.stringify({ ...freshPost([freshAlert()]), prompt: CANARY }) }],
    ['/v1/alerts', { body: JSON.stringify({ ...freshPost([freshAlert()]), [CANARY]: 1 }) }],
    ['/v1/alerts', { body: `{"${CANARY}` }],
    ['/v1/telemetry', { body: JSON.stringify({ clientId: CANARY, [CANARY]: CANARY }) }],
    [`/v1/alerts?prompt=${CANARY}`, { body: CANARY }],
    [`/${CANARY}`, { body: '{}' }],
  ];
  const answers = [];
  for (const [path, init] of hostile) {
    const response = await fetch(relay.url + path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': `key-${CANARY}`,
        Origin: relay.url,
        'User-Agent': CANARY,
        Cookie: `session=${CANARY}`,
      },
      ...init,
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    const refusal = (await response.json()) as { code: string; message: string };
    answers.push(refusal.code, refusal.message);
  }
  for (const path of [
    '/health',
    '/health/detailed',
    '/metrics',
    '/metrics/uptime',
    '/v1/deliveries',
    '/v1/destinations',
  ]) {
    answers.push(await (await fetch(relay.url + path, { headers: operator })).text());
  }
  await expect
    .poll(() => relay.output().match(/A delivery failed/g)?.length ?? 0)
    .toBeGreaterThan(2);
  await relay.kill('SIGTERM');

  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(files.length).toBeGreaterThan(0);
  for (const text of [relay.output(), ...answers, ...files]) expect(text).not.toContain(CANARY);
  expect(relay.output()).toContain('slack: configured');
});

test('messages hold no secret either, and no client’s address', async () => {
  const slack = await startSlack();
  const mail = await startMailServer();
  const relay = await startRelay({
    RELAY_DATA: temporaryFolder(),
    RELAY_ADMIN_TOKEN: ADMIN,
    ...slack.environment,
    ...mail.environment,
  });
  await sendAlerts(relay.url, freshPost([freshAlert({ link: `https://evil.example/${CANARY}` })]));
  await expect.poll(() => [slack.taken.length, mail.mailbox.length]).toEqual([1, 1]);
  for (const text of [slack.taken[0]?.text, mail.mailbox[0]]) {
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('correct-horse');
    expect(text).not.toContain('/services/');
  }
});
