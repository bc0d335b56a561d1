/** Chapter 4: Slack, e-mail, thresholds; each from the page through the relay to who is told. */
import { join } from 'node:path';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { freshAlert, freshPost, sendAlerts } from '../../relay/support/clients.ts';
import { headerOf, startMailServer } from '../../relay/support/mail-server.ts';
import { startAlertmanager } from '../../relay/support/processes.ts';
import { promtool } from '../../relay/support/prometheus-server.ts';
import { startSlack } from '../../relay/support/slack-stand-in.ts';
import { BUSY_MACHINE_TIMEOUT_MS } from '../support/app-test.ts';
import { CANARY, generate, goTo, refuse, test } from './guide-test.ts';

/** Rules are looked at every 15 s. */
const evaluate = (page: Page): Promise<void> => page.clock.fastForward(15_000);

test('4.1 Slack: one message when it begins and one when it ends, with a rate and no word of the prompt', async ({
  openPage,
  serve,
}) => {
  const slack = await startSlack();
  const site = await serve(slack.environment);
  const page = await openPage(`${site.url}#/alerts`, { hasClock: true });
  await page.getByText('No alert is firing.').waitFor();
  await refuse(page, 12);
  await evaluate(page);
  await page.getByRole('heading', { name: 'Error burst', exact: true }).waitFor();
  // Other rules may have something to say as well: so many errors spend a budget.
  const told = (headline: string): readonly string[] =>
    slack.taken.map(({ text }) => text).filter((text) => text.includes(headline));
  await expect.poll(() => told('Firing: Error burst').length).toBe(1);
  expect(told('Firing: Error burst')[0]).toMatch(
    // It may be told before the last two are there.
    /errors 1[0-2] &gt; 9 over 5 min, of 1[0-2] requests/u,
  );
  // More of the same is no news.
  await refuse(page, 3);
  await evaluate(page);
  // Not so fast that nobody evaluates for five minutes: it would end as unknown.
  await expect
    .poll(
      async () => {
        await page.clock.fastForward(60_000);
        return told('Resolved: Error burst').length;
      },
      { interval: 500, timeout: BUSY_MACHINE_TIMEOUT_MS },
    )
    .toBe(1);
  expect(told('Firing: Error burst')).toHaveLength(1);
  for (const { text } of slack.received) {
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('<!channel>');
  }
});

test('4.2 E-mail: over TLS, with a line break in the name of the alert', async ({
  openPage,
  serve,
}) => {
  const mail = await startMailServer();
  const site = await serve(mail.environment);
  const page = await openPage(`${site.url}#/alerts?view=delivery`);
  await page.getByText('The relay passes alerts on to e-mail.').waitFor();
  await page.getByRole('button', { name: 'Send a test alert' }).click();
  // That server lets nobody sign in without TLS, and its certificate is checked.
  await expect.poll(() => mail.mailbox.length).toBe(1);
  const [told = ''] = mail.mailbox;
  expect(headerOf(told, 'Subject')).toBe('Test: Test alert (info)');
  expect(headerOf(told, 'To')).toBe('ops@example.org');

  const labels = { alertname: 'slow\r\nBcc: all@evil.example', severity: 'warning' } as const;
  await sendAlerts(site.url.replace(/\/$/u, ''), freshPost([freshAlert({ labels })]));
  await expect.poll(() => mail.mailbox.length).toBe(2);
  const [, hostile = ''] = mail.mailbox;
  expect(headerOf(hostile, 'Subject')).toBe('Firing: slow Bcc: all@evil.example (warning)');
  expect(headerOf(hostile, 'Bcc')).toBe('');
});

test('4.3 Thresholds: a percentile of enough requests, not the one slow request; Alertmanager has it', async ({
  openPage,
  serve,
}) => {
  const alertmanager = await startAlertmanager();
  const site = await serve({ ALERTMANAGER_URL: alertmanager.url });
  const page = await openPage(`${site.url}#/alerts?view=rules`, { hasClock: true });
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByLabel('Name').fill('Slow here');
  await page.getByLabel('Severity').selectOption('critical');
  await page.getByLabel('Measure').selectOption('Latency, percentile');
  await page.getByLabel('Threshold').fill('0.001');
  await page.getByRole('combobox', { name: 'For', exact: true }).selectOption('at once');
  await page.getByLabel('Samples at least').fill('5');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Edit Slow here' }).waitFor();
  await goTo(page, '#/alerts');
  await page.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
  // Above the threshold, each of them, and too few.
  await generate(page, ['long', 'long', 'long', 'long']);
  await evaluate(page);
  await page.getByText('No alert is firing.').waitFor();
  await generate(page, ['long']);
  await evaluate(page);
  await page.getByRole('heading', { name: 'Slow here', exact: true }).waitFor();
  const alerts = async () =>
    (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as {
      labels: Record<string, string>;
      annotations: Record<string, string>;
    }[];
  await expect.poll(async () => (await alerts()).length).toBe(1);
  const [alert] = await alerts();
  expect(alert?.labels).toMatchObject({ alertname: 'Slow here', severity: 'critical' });
  expect(alert?.annotations['summary']).toMatch(/^p95 latency \d+ ms > 1 ms over .*, n = 5$/u);
  expect(JSON.stringify(alert)).not.toContain(CANARY);

  const rules = join(import.meta.dirname, '../../../docs/prometheus/alert-rules.yml');
  expect(promtool(['check', 'rules', rules])).toContain('SUCCESS');
});
