/**
 * An alert's whole way: a request that fails in the page, the rule, the outbox, the relay, and all of its sinks at once:
 * the real Alertmanager, a real mail server with TLS, and what stands in for Slack.
 */
import { expect } from 'vitest';
import { serveApp } from '../../scripts/serve.ts';
import { useScriptedEngine } from '../fixtures/scripted-engine/bundle.ts';
import { READY } from '../fixtures/scripted-engine/scenario.ts';
import { headerOf, startMailServer } from '../relay/support/mail-server.ts';
import { startAlertmanager } from '../relay/support/processes.ts';
import { startSlack } from '../relay/support/slack-stand-in.ts';
import { appFolder, test } from './support/app-test.ts';
import { askUntilSaid } from './support/delivery-log.ts';
import { passUntil } from './support/pass-until.ts';

interface ShownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly status: { readonly state: string };
}

const CANARY = 'canary-prompt-2342';
/** The page's clock is this much behind, so that it may pass faster and is never ahead of the relay's. */
const BEHIND_MS = 900_000;
const STEP_MS = 20_000;

test(
  'a request that fails in the page is told to Alertmanager, by mail and to Slack, and so is its end',
  { timeout: 120_000 },
  async ({ browser, onTestFinished }) => {
    const [alertmanager, mail, slack] = [
      await startAlertmanager(),
      await startMailServer(),
      await startSlack(),
    ];
    const site = await serveApp({
      folder: appFolder,
      port: 0,
      environment: {
        ...mail.environment,
        ...slack.environment,
        ALERTMANAGER_URL: alertmanager.url,
      },
    });
    onTestFinished(() => site.close());
    const context = await browser.newContext({ serviceWorkers: 'block' });
    onTestFinished(() => context.close());
    const startedAtMs = performance.now();
    const bursts = async (): Promise<readonly ShownAlert[]> => {
      const response = await fetch(`${alertmanager.url}/api/v2/alerts`);
      const alerts = (await response.json()) as readonly ShownAlert[];
      return alerts.filter(({ labels }) => labels['rule'] === 'error-burst');
    };
    const mails = (state: string) =>
      mail.mailbox.filter((message) =>
        headerOf(message, 'Subject').startsWith(`${state}: Error burst`),
      );
    const slackTexts = (state: string) =>
      slack.taken.filter(({ text }) => text.includes(`${state}: Error burst`));

    const page = await context.newPage();
    await page.clock.install({ time: Date.now() - BEHIND_MS });
    await useScriptedEngine(page, READY);
    await page.goto(`${site.url}#/alerts`);
    await page.getByRole('heading', { name: 'Firing' }).waitFor();
    await page.evaluate(async (prompt) => {
      for (let at = 0; at < 12; at++) {
        await window.shellwright.generate({ prompt, temperature: 9 }).catch(() => null);
      }
    }, CANARY);
    await passUntil(page, STEP_MS, async () => (await bursts()).length === 1);

    const [alert] = await bursts();
    expect(alert?.labels).toMatchObject({ alertname: 'Error burst', severity: 'critical' });
    // It may be told before the last two are there.
    expect(alert?.annotations['summary']).toMatch(
      /^errors 1[0-2] > 9 over 5 min, of 1[0-2] requests$/u,
    );
    expect(alert?.status.state).toBe('active');
    await expect.poll(() => mails('Firing').length).toBe(1);
    await expect.poll(() => slackTexts('Firing').length).toBe(1);
    expect(headerOf(mails('Firing')[0] ?? '', 'To')).toBe('ops@example.org');
    expect(mails('Firing')[0]).toContain('Threshold');

    // The errors leave the window of five minutes.
    await passUntil(page, STEP_MS, async () => (await bursts()).length === 0);
    await expect.poll(() => mails('Resolved').length).toBe(1);
    await expect.poll(() => slackTexts('Resolved').length).toBe(1);
    // One thread.
    const [thread, again] = [mails('Firing'), mails('Resolved')].map(([message = '']) =>
      headerOf(message, 'References'),
    );
    expect(thread).toMatch(/^<alert-/u);
    expect(again).toBe(thread);

    await page
      .getByRole('navigation', { name: 'Views of alerting' })
      .getByRole('link', { name: 'Delivery' })
      .click();
    await askUntilSaid(page, 'Error burst', [
      'Alertmanager: arrived',
      'e-mail: arrived',
      'Slack: arrived',
    ]);
    // Each was told of beginning and end once.
    expect([mails('Firing').length, mails('Resolved').length]).toEqual([1, 1]);
    expect([slackTexts('Firing').length, slackTexts('Resolved').length]).toEqual([1, 1]);
    const told = [...mail.mailbox, ...slack.received.map(({ text }) => text)].join();
    expect(told).not.toContain(CANARY);
    expect(performance.now() - startedAtMs).toBeLessThan(60_000);
  },
);
