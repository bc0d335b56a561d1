/**
 * A page whose relay is at another origin: the real relay as a process of its own, with its list of sites and tokens of
 * devices. No request of these pages is intercepted, since whoever intercepts requests answers preflights in its place.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright';
import { expect } from 'vitest';
import { root } from '../../scripts/install.mjs';
import { freePort, startRelay, temporaryFolder } from '../relay/support/processes.ts';
import { startSlack, type SlackStandIn } from '../relay/support/slack-stand-in.ts';
import { BUSY_MACHINE_TIMEOUT_MS } from './support/app-test.ts';
import { askUntilSaid } from './support/delivery-log.ts';
import { test as endpointTest } from './support/endpoint-test.ts';
import { passUntil } from './support/pass-until.ts';
import { overflowPx, seriousViolations } from './support/page-test.ts';

const CANARY = 'canary-elsewhere-3310';
/** The page's clock is this much behind, so that it may pass faster and is never ahead of the relay's. */
const BEHIND_MS = 3_600_000;
const STEP_MS = 30_000;
const DEVICE = 'office laptop';

const test = endpointTest
  .extend('site', ({ scriptedSite }) => scriptedSite())
  .extend('profile', async ({ browser }, { onCleanup }) => {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(BUSY_MACHINE_TIMEOUT_MS);
    onCleanup(() => context.close());
    return context;
  });

/** A relay that asks everybody for a token, on a port that it has again after a restart. */
async function relayAt(origins: string, slack: SlackStandIn) {
  const folder = temporaryFolder();
  const environment = {
    RELAY_DATA: folder,
    RELAY_REQUIRE_TOKEN: '1',
    PORT: String(await freePort()),
    ...slack.environment,
  };
  const start = (allowed: string) => startRelay({ ...environment, RELAY_ALLOWED_ORIGINS: allowed });
  let running = await start(origins);
  const tokenCommand = (...parameters: string[]): string =>
    spawnSync(process.execPath, [join(root, 'relay', 'cli.ts'), 'token', ...parameters], {
      env: { PATH: process.env['PATH'] ?? '', RELAY_DATA: folder },
      encoding: 'utf8',
    }).stdout.trim();
  return {
    url: `${running.url}/`,
    mint: () => tokenCommand('mint', DEVICE),
    revoke: () => tokenCommand('revoke', DEVICE),
    output: () => running.output(),
    async restart(allowed: string): Promise<void> {
      await running.kill('SIGTERM');
      running = await start(allowed);
    },
  };
}

async function openDelivery(profile: BrowserContext, url: string): Promise<Page> {
  const page = await profile.newPage();
  await page.clock.install({ time: Date.now() - BEHIND_MS });
  await page.goto(`${url}#/alerts?view=delivery`);
  await page.getByRole('heading', { name: 'Relay', exact: true }).waitFor();
  return page;
}

async function useRelay(page: Page, url: string, token: string): Promise<void> {
  const details = page.getByRole('group').filter({ hasText: 'Which relay' }).first();
  if ((await details.getAttribute('open')) === null)
    await page.getByText('Which relay').first().click();
  await page.getByLabel('Another one').check();
  await page.getByLabel('Address').fill(url);
  await page.getByLabel('Token of this device').fill(token);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').first().waitFor();
}

async function show(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => (location.hash = to), hash);
}

/** Twelve requests that are refused: more than the ten of the rule. */
async function failTwelve(page: Page): Promise<void> {
  await page.evaluate(async (prompt) => {
    for (let at = 0; at < 12; at++) {
      await window.shellwright.generate({ prompt, temperature: 9 }).catch(() => null);
    }
  }, CANARY);
}

const says = (page: Page): Promise<string> => page.locator('main').innerText();

const textsWith = ({ taken }: SlackStandIn, words: string): number =>
  taken.filter(({ text }) => text.includes(words)).length;

/** Sum of a series over its labels. */
async function sumOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}metrics`)).text();
  expect(text).not.toContain(CANARY);
  return text
    .split('\n')
    .filter((line) => new RegExp(`^${name}[{ ]`, 'u').test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function expectAccessible(page: Page): Promise<void> {
  expect(await seriousViolations(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflowPx(page)).toBeLessThanOrEqual(0);
  await page.setViewportSize({ width: 1440, height: 900 });
}

test('alerts and figures reach a relay at another origin that knows the site and the device', async ({
  profile,
  site,
}) => {
  const slack = await startSlack();
  const { origin } = new URL(site.url);
  const relay = await relayAt(origin, slack);
  expect(new URL(relay.url).origin).not.toBe(origin);
  const page = await openDelivery(profile, site.url);
  await useRelay(page, relay.url, relay.mint());
  await page.getByText('The relay passes alerts on to Slack.').waitFor();
  await page.getByRole('button', { name: 'Send a test alert' }).click();
  await expect.poll(() => textsWith(slack, 'Test alert')).toBe(1);
  // The relay names the device that it came from.
  expect(slack.taken.map(({ text }) => text).join()).toContain(DEVICE);
  await page.getByText('Taken by the relay').first().waitFor();
  await askUntilSaid(page, 'Test alert', ['Slack: arrived, HTTP 200']);

  await show(page, '#/settings');
  await page.getByRole('switch', { name: 'Tell the relay what is counted' }).click();
  await page.getByText('Sent last at').waitFor();
  await failTwelve(page);
  await passUntil(
    page,
    STEP_MS,
    async () => (await sumOf(relay.url, 'generation_requests_total')) === 12,
  );
  expect(await sumOf(relay.url, 'generation_finished_total')).toBe(12);
  expect(await sumOf(relay.url, 'fleet_live_browsers')).toBe(1);
  // The relay that serves the site is told nothing.
  expect(await sumOf(site.url, 'relay_alerts_accepted_total')).toBe(0);
  expect(await sumOf(site.url, 'fleet_live_browsers')).toBe(0);
  await passUntil(page, STEP_MS, () => textsWith(slack, 'Firing: Error burst') > 0);
  expect([...slack.received.map(({ text }) => text), relay.output()].join()).not.toContain(CANARY);
});

test('a relay that does not name the site: the page says so, and what waits arrives once it does', async ({
  profile,
  site,
}) => {
  const slack = await startSlack();
  const { origin } = new URL(site.url);
  const relay = await relayAt('https://elsewhere.example', slack);
  const page = await openDelivery(profile, site.url);
  await useRelay(page, relay.url, relay.mint());
  const words = `See whether it runs, and whether it lets pages of ${origin} send to it (RELAY_ALLOWED_ORIGINS).`;
  await expect.poll(() => says(page)).toContain(`No relay answers there. ${words}`);
  expect(await page.getByRole('button', { name: 'Send a test alert' }).isDisabled()).toBe(true);

  await show(page, '#/settings');
  await page.getByRole('switch', { name: 'Tell the relay what is counted' }).click();
  await passUntil(page, STEP_MS, async () => (await says(page)).includes(`No answer. ${words}`));
  await expectAccessible(page);
  await failTwelve(page);
  await show(page, '#/alerts?view=delivery');
  await passUntil(page, STEP_MS, async () => /\d alerts? waits?, for/u.test(await says(page)));
  await expectAccessible(page);
  expect(slack.received).toEqual([]);
  expect(await sumOf(relay.url, 'relay_alerts_accepted_total')).toBe(0);
  expect(await sumOf(relay.url, 'fleet_live_browsers')).toBe(0);
  expect(await page.getByRole('heading', { name: /^Refused/u }).count()).toBe(0);

  await relay.restart(origin);
  await passUntil(page, STEP_MS, () => textsWith(slack, 'Firing: Error burst') > 0);
  await passUntil(
    page,
    STEP_MS,
    async () => (await sumOf(relay.url, 'generation_requests_total')) === 12,
  );
  await expect.poll(() => says(page)).toContain('The relay passes alerts on to Slack.');
  expect(textsWith(slack, 'Firing: Error burst')).toBe(1);
});

test('a token that was revoked: the page says so, what was refused waits for somebody, and figures for a new token', async ({
  profile,
  site,
}) => {
  const slack = await startSlack();
  const relay = await relayAt(new URL(site.url).origin, slack);
  const page = await openDelivery(profile, site.url);
  await useRelay(page, relay.url, relay.mint());
  await page.getByText('The relay passes alerts on to Slack.').waitFor();
  await show(page, '#/settings');
  await page.getByRole('switch', { name: 'Tell the relay what is counted' }).click();
  await page.getByText('Sent last at').waitFor();

  relay.revoke();
  // It looks at its tokens once a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await failTwelve(page);
  await passUntil(page, STEP_MS, async () =>
    (await says(page)).includes('It does not let this browser in: HTTP 401.'),
  );
  await expectAccessible(page);
  await show(page, '#/alerts?view=delivery');
  // The alert may have its turn after the figures.
  await passUntil(page, STEP_MS, () =>
    page.getByRole('heading', { name: /^Refused/u }).isVisible(),
  );
  await page.getByText('relay/not-signed-in').first().waitFor();
  // Nobody has to ask for it.
  await page.getByText('The relay does not take this device’s token').waitFor();
  await expectAccessible(page);
  expect(slack.received).toEqual([]);
  expect(await sumOf(relay.url, 'generation_requests_total')).toBe(0);

  await useRelay(page, relay.url, relay.mint());
  await page.getByText('The relay passes alerts on to Slack.').waitFor();
  await page
    .getByRole('button', { name: /^Try again .*Error burst/u })
    .first()
    .click();
  await expect.poll(() => textsWith(slack, 'Firing: Error burst')).toBe(1);
  await passUntil(
    page,
    STEP_MS,
    async () => (await sumOf(relay.url, 'generation_requests_total')) === 12,
  );
});
