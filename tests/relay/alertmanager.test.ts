/** The relay and the real Alertmanager. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { findOrInstallMonitoring } from '../../scripts/find-monitoring.mjs';
import { TokenFile } from '../../relay/tokens.ts';
import { fingerprintOf } from '../fixtures/alert-post.ts';
import { startJsonReceiver } from '../fixtures/json-receiver.ts';
import { freshAlert, freshPost, readDeliveries, sendAlerts } from './support/clients.ts';
import { freePort, startAlertmanager, temporaryFolder } from './support/processes.ts';
import { startRelayHere } from './support/relay-here.ts';

interface GettableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

/** What Alertmanager's webhook (version 4) says. */
interface Notification {
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly { readonly status: string; readonly labels: Record<string, string> }[];
}

async function alertsOf(url: string): Promise<readonly GettableAlert[]> {
  return (await (await fetch(`${url}/api/v2/alerts`)).json()) as GettableAlert[];
}

async function startReceiver() {
  const notifications: Notification[] = [];
  const { url } = await startJsonReceiver((body) => {
    notifications.push(body as Notification);
    return 200;
  });
  return { notifications, url: `${url}/` };
}

test('an alert arrives with its labels, and amtool shows it', async () => {
  const alertmanager = await startAlertmanager();
  const relay = await startRelayHere({ ALERTMANAGER_URL: alertmanager.url });
  const { token } = new TokenFile(relay.dataFolder).mint('office laptop', 0);
  const link = 'http://localhost:4173/#/monitor';
  const alert = freshAlert({ link });
  await sendAlerts(relay.url, freshPost([alert]), { token });
  await expect.poll(async () => (await alertsOf(alertmanager.url)).length).toBe(1);
  const [got] = await alertsOf(alertmanager.url);
  expect(got?.labels).toEqual({ ...alert.labels, device: 'office laptop' });
  expect(got?.annotations).toMatchObject({
    summary: alert.summary,
    value: '3.1',
    threshold: '2',
    samples: '84',
    runbook: alert.runbook,
  });
  expect(got?.generatorURL).toBe(link);
  expect(Date.parse(got?.startsAt ?? '')).toBe(Date.parse(alert.startsAt));

  const { stdout } = spawnSync(findOrInstallMonitoring().amtool, [
    'alert',
    'query',
    `--alertmanager.url=${alertmanager.url}`,
    'severity=warning',
  ]);
  expect(stdout.toString()).toContain('Slow answers');
});

test('firing and resolved are notified once each, however often they are posted', async () => {
  const receiver = await startReceiver();
  const alertmanager = await startAlertmanager({ webhookUrl: receiver.url });
  const relay = await startRelayHere({
    ALERTMANAGER_URL: alertmanager.url,
    ALERTMANAGER_REPEAT_SECONDS: '1',
  });
  for (let n = 0; n < 5; n++) await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect.poll(() => receiver.notifications.length).toBe(1);

  const ended = freshAlert({ state: 'resolved', endsAt: new Date().toISOString() });
  for (let n = 0; n < 5; n++) await sendAlerts(relay.url, freshPost([ended]));
  await expect.poll(() => receiver.notifications.length).toBe(2);
  expect(receiver.notifications.map(({ status, alerts }) => [status, alerts.length])).toEqual([
    ['firing', 1],
    ['resolved', 1],
  ]);
  expect(await alertsOf(alertmanager.url)).toEqual([]);
});

test('two devices with the same alert are grouped, and resolve each for itself', async () => {
  const receiver = await startReceiver();
  const alertmanager = await startAlertmanager({ webhookUrl: receiver.url });
  const relay = await startRelayHere({ ALERTMANAGER_URL: alertmanager.url });
  const tokens = new TokenFile(relay.dataFolder);
  const [one, two] = ['one', 'two'].map((name) => tokens.mint(name, 0).token);
  for (const token of [one ?? '', two ?? '']) {
    await sendAlerts(relay.url, freshPost([freshAlert()]), { token });
  }
  await expect.poll(() => receiver.notifications.at(-1)?.alerts.length).toBe(2);
  const ended = freshAlert({ state: 'resolved', endsAt: new Date().toISOString() });
  await sendAlerts(relay.url, freshPost([ended]), { token: one ?? '' });
  const statuses = (): unknown =>
    receiver.notifications
      .at(-1)
      ?.alerts.map(({ status, labels }) => `${labels['device']} ${status}`)
      .sort();
  await expect.poll(statuses).toEqual(['one resolved', 'two firing']);
});

test('what fires is there again when Alertmanager has been restarted', async () => {
  const first = await startAlertmanager();
  const relay = await startRelayHere({
    ALERTMANAGER_URL: first.url,
    ALERTMANAGER_REPEAT_SECONDS: '1',
  });
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect.poll(async () => (await alertsOf(first.url)).length).toBe(1);
  await first.stop();
  const second = await startAlertmanager({ port: first.port });
  await expect.poll(async () => (await alertsOf(second.url)).length).toBe(1);
});

test('a list without alerts is taken, by which the relay tells a bad alert from a bad address', async () => {
  const { url } = await startAlertmanager();
  const post = async (body: string): Promise<number> => {
    const headers = { 'Content-Type': 'application/json' };
    return (await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })).status;
  };
  expect(await post('[]')).toBe(200);
  const [startsAt, labels] = ['2026-02-30T00:00:00Z', { alertname: 'a' }];
  expect(await post(JSON.stringify([{ startsAt, labels }, { labels }]))).toBe(400);
});

test('a page whose clock is an hour ahead cannot keep alive what has ended', async () => {
  const alertmanager = await startAlertmanager();
  const relay = await startRelayHere({ ALERTMANAGER_URL: alertmanager.url });
  const ahead = (ms: number): string => new Date(Date.now() + 3_600_000 + ms).toISOString();
  const firing = freshAlert({ startsAt: ahead(-60_000) });
  await sendAlerts(relay.url, freshPost([firing], { sentAt: ahead(0) }));
  await expect.poll(async () => (await alertsOf(alertmanager.url)).length).toBe(1);
  const ended = { ...firing, state: 'resolved', endsAt: ahead(0) } as const;
  await sendAlerts(relay.url, freshPost([ended], { sentAt: ahead(0) }));
  await expect.poll(() => alertsOf(alertmanager.url)).toEqual([]);
});

test('of two in a cluster one is enough, and both know', async () => {
  const [one, two] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const first = await startAlertmanager({ cluster: [one, two] });
  const second = await startAlertmanager({ cluster: [two, one] });
  const relay = await startRelayHere({ ALERTMANAGER_URL: `${first.url},${second.url}` });
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  for (const { url } of [first, second]) {
    await expect.poll(async () => (await alertsOf(url)).length).toBe(1);
  }
  await first.stop();
  await sendAlerts(
    relay.url,
    freshPost([
      freshAlert({ fingerprint: fingerprintOf(2), labels: { alertname: 'b', severity: 'info' } }),
    ]),
  );
  await expect.poll(async () => (await alertsOf(second.url)).length).toBe(2);
  await expect
    .poll(async () => (await readDeliveries(relay.url)).map(({ status }) => status))
    .toEqual(['delivered', 'delivered']);
});

test('an Alertmanager that is away gets everything later, in batches', async () => {
  const port = await freePort();
  const relay = await startRelayHere({
    ALERTMANAGER_URL: `http://127.0.0.1:${port}`,
    RELAY_DATA: temporaryFolder(),
  });
  for (let n = 0; n < 10; n++) {
    const alerts = Array.from({ length: 30 }, (_, k) =>
      freshAlert({
        fingerprint: fingerprintOf(n * 30 + k),
        labels: { alertname: `alert ${n * 30 + k}`, severity: 'info' },
      }),
    );
    expect((await sendAlerts(relay.url, freshPost(alerts))).status).toBe(202);
  }
  const answers = async (): Promise<readonly string[]> =>
    (await readDeliveries(relay.url)).map(({ answer }) => answer);
  await expect.poll(answers).toContain('ECONNREFUSED');
  const alertmanager = await startAlertmanager({ port });
  // The next attempt may be half a minute away.
  await expect
    .poll(async () => (await alertsOf(alertmanager.url)).length, { timeout: 60_000 })
    .toBe(300);
}, 120_000);
