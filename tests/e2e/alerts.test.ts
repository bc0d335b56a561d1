/** Alerts in the built app, from a request that fails to a sink behind the real relay, and every view of the Alerts page. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page, Request } from 'playwright';
import { describe, expect } from 'vitest';
import { serveApp } from '../../scripts/serve.ts';
import type { DeliveryEntry } from '../../src/contracts/relay.ts';
import { useScriptedEngine } from '../fixtures/scripted-engine/bundle.ts';
import { READY } from '../fixtures/scripted-engine/scenario.ts';
import { appFolder, BUSY_MACHINE_TIMEOUT_MS } from './support/app-test.ts';
import { askUntilSaid } from './support/delivery-log.ts';
import { overflowPx, seriousViolations, test as pageTest } from './support/page-test.ts';
import { refuse } from './support/refuse.ts';

interface SinkAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
}

const CANARY = 'canary-prompt-4711';
/** What the relay says of a post until a destination has answered. */
const QUEUED: DeliveryEntry = {
  post: 1,
  fingerprint: 'f',
  alertname: 'Test alert',
  state: 'test',
  sink: 'alertmanager',
  status: 'queued',
  attempts: 0,
  answer: '',
  mayBeRepeated: false,
  acceptedAt: '2026-11-28T00:00:00Z',
  finishedAt: null,
};
/** In the order of the views' links. */
const VIEWS = ['Alerts', 'Rules', 'Silences', 'Delivery'] as const;

/** What Alertmanager would have got: every alert, in order. */
const test = pageTest
  .extend('sink', async ({}, { onCleanup }) => {
    const got: SinkAlert[] = [];
    const bodies: string[] = [];
    const server: Server = createServer((request, response) => {
      let body = '';
      request.on('data', (bytes: Buffer) => (body += bytes.toString()));
      request.on('end', () => {
        bodies.push(body);
        got.push(...(JSON.parse(body) as SinkAlert[]));
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => new Promise((resolve) => server.close(() => resolve(undefined))));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, got, bodies };
  })
  .extend('relayed', async ({ sink }, { onCleanup }) => {
    const site = await serveApp({
      folder: appFolder,
      port: 0,
      environment: { ALERTMANAGER_URL: sink.url },
    });
    onCleanup(() => site.close());
    return site;
  })
  .extend('profile', async ({ browser }, { onCleanup }) => {
    const context = await browser.newContext({ serviceWorkers: 'block', reducedMotion: 'reduce' });
    context.setDefaultTimeout(BUSY_MACHINE_TIMEOUT_MS);
    onCleanup(() => context.close());
    return context;
  });

async function openAlerts(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await useScriptedEngine(page, READY);
  await page.goto(`${url}#/alerts`);
  await page.getByRole('heading', { name: 'Firing' }).waitFor();
  return page;
}

/** Twelve requests that are refused: more than the ten of the rule. */
const failTwelve = (page: Page): Promise<void> => refuse(page, 12, CANARY);

const burst = (page: Page) => page.getByRole('heading', { name: 'Error burst', exact: true });

/** Of the sink, those of the rule. */
function bursts(got: readonly SinkAlert[]): readonly SinkAlert[] {
  return got.filter(({ labels }) => labels['rule'] === 'error-burst');
}

const isBurst = (request: Request): boolean => (request.postData() ?? '').includes('"error-burst"');

async function showView(page: Page, name: (typeof VIEWS)[number]): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Views of alerting' })
    .getByRole('link', { name })
    .click();
}

describe('an alert', () => {
  test('reaches the sink behind the relay, says so in the log, and nothing of the prompt goes along', async ({
    profile,
    relayed,
    sink,
  }) => {
    const page = await openAlerts(profile, relayed.url);
    await page.getByText('No alert is firing.').waitFor();
    await failTwelve(page);
    await burst(page).waitFor();
    await expect.poll(() => bursts(sink.got).length).toBe(1);
    const [alert] = bursts(sink.got);
    expect(alert?.labels).toMatchObject({ alertname: 'Error burst', severity: 'critical' });
    expect(alert?.annotations['summary']).toMatch(
      // It may be told before the last two are there.
      /^errors 1[0-2] > 9 over 5 min, of 1[0-2] requests$/u,
    );
    await showView(page, 'Delivery');
    await page.getByText('Taken by the relay').first().waitFor();
    await page.getByRole('button', { name: /^Ask the relay about .*Error burst/u }).click();
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('TD');
    await askUntilSaid(page, 'Error burst', ['Alertmanager: arrived, HTTP 200']);
    expect(sink.bodies.join()).not.toContain(CANARY);
    const bar = page.getByRole('navigation', { name: 'Pages' });
    await bar.getByRole('link', { name: /^Alerts \d+ firing/u }).waitFor();
    await bar.getByRole('link', { name: 'Monitor' }).click();
    await page.getByRole('heading', { name: /alerts? fires?/u }).waitFor();
  });

  test('is told once, however many tabs are open, and by another tab when the first is closed', async ({
    profile,
    relayed,
    sink,
  }) => {
    const first = await openAlerts(profile, relayed.url);
    const second = await openAlerts(profile, relayed.url);
    await failTwelve(second);
    await Promise.all([burst(first).waitFor(), burst(second).waitFor()]);
    await expect.poll(() => bursts(sink.got).length).toBe(1);
    await first.close();
    await showView(second, 'Delivery');
    await second.getByRole('button', { name: 'Send a test alert' }).click();
    await expect
      .poll(() => sink.got.filter(({ labels }) => labels['rule'] === 'test').length)
      .toBe(1);
    expect(bursts(sink.got)).toHaveLength(1);
  });

  test('whose tab is killed between decision and answer is sent by the next one, under the same key', async ({
    profile,
    relayed,
    sink,
  }) => {
    const keys: string[] = [];
    const page = await openAlerts(profile, relayed.url);
    await page.route('**/v1/alerts', (route) => {
      // An error budget may be told of before, with fewer of them.
      if (!isBurst(route.request())) return route.continue();
      // Never answered.
      keys.push(route.request().headers()['idempotency-key'] ?? '');
      return undefined;
    });
    await failTwelve(page);
    await expect.poll(() => keys.length).toBe(1);
    await page.goto('about:blank');
    await page.close();
    expect(bursts(sink.got)).toHaveLength(0);
    const next = await profile.newPage();
    await next.route('**/v1/alerts', (route) => {
      if (isBurst(route.request())) keys.push(route.request().headers()['idempotency-key'] ?? '');
      return route.continue();
    });
    // The lease of the page that died is over a minute later.
    await next.clock.install({ time: Date.now() + 61_000 });
    await useScriptedEngine(next, READY);
    await next.goto(`${relayed.url}#/alerts`);
    await next.getByRole('heading', { name: 'Firing' }).waitFor();
    await expect.poll(() => bursts(sink.got).length).toBe(1);
    expect(new Set(keys).size).toBe(1);
  });

  test('stays in the page where the site has no relay, and nothing waits for ever', async ({
    profile,
    onTestFinished,
  }) => {
    const site = await serveApp({ folder: appFolder, port: 0, isolated: false });
    onTestFinished(() => site.close());
    const page = await openAlerts(profile, site.url);
    await failTwelve(page);
    await burst(page).waitFor();
    await showView(page, 'Delivery');
    await page.getByText('This site has no relay: alerts stay in this browser.').waitFor();
    expect(await page.getByRole('button', { name: 'Send a test alert' }).isDisabled()).toBe(true);
    expect(await page.getByText(/alerts? waits?/u).count()).toBe(0);
  });

  test('that the relay refuses is a dead letter, until somebody tries again', async ({
    profile,
    relayed,
    sink,
  }) => {
    const page = await openAlerts(profile, relayed.url);
    await page.route('**/v1/alerts', (route) =>
      route.fulfill({ status: 401, json: { code: 'relay/not-signed-in', message: 'No.' } }),
    );
    await showView(page, 'Delivery');
    await page.getByRole('button', { name: 'Send a test alert' }).click();
    await page.getByText('relay/not-signed-in').waitFor();
    expect(sink.got).toEqual([]);
    await page.unroute('**/v1/alerts');
    await page.getByRole('button', { name: 'Try again Test alert' }).click();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('log-title');
    await expect.poll(() => sink.got.length).toBe(1);
    await expect.poll(() => page.getByRole('heading', { name: /^Refused/u }).count()).toBe(0);
  });

  test('that is on its way, or of which the relay does not tell, is asked about again', async ({
    profile,
    relayed,
  }) => {
    const page = await openAlerts(profile, relayed.url);
    await showView(page, 'Delivery');
    await page.getByRole('button', { name: 'Send a test alert' }).click();
    await page.getByText('Taken by the relay').waitFor();
    const answers = [{ status: 503 }, { json: { deliveries: [QUEUED] } }];
    await page.route('**/v1/deliveries*', (route) => {
      const answer = answers.shift();
      return answer === undefined ? route.continue() : route.fulfill(answer);
    });
    await page.getByRole('button', { name: 'Ask the relay about Test alert' }).click();
    await page.getByText('the relay does not tell').waitFor();
    const again = page.getByRole('button', { name: 'Ask again about Test alert' });
    await again.click();
    await page.getByText('Alertmanager: on its way').waitFor();
    await askUntilSaid(page, 'Test alert', ['Alertmanager: arrived, HTTP 200']);
    expect(await again.count()).toBe(0);
  });

  test('is silenced in two clicks, outlives a reload, and can be heard again', async ({
    profile,
    relayed,
  }) => {
    const page = await openAlerts(profile, relayed.url);
    await failTwelve(page);
    await page.getByRole('button', { name: 'Silence Error burst' }).click();
    await page.getByRole('button', { name: '8 h', exact: true }).click();
    await page.getByText(/Silenced until .* Told before it was muted\./u).waitFor();
    await page.reload();
    await page.getByText(/Silenced until/u).waitFor();
    await showView(page, 'Silences');
    await page.getByRole('rowheader', { name: 'alertname = "Error burst"' }).waitFor();
    await page.getByRole('button', { name: /^End/u }).click();
    await page.getByText('Nothing is silenced.').waitFor();
  });
});

describe('a rule', () => {
  test('is edited, tested on what was measured, kept, and comes back as it came', async ({
    open,
  }) => {
    const page = await open({ address: '#/alerts?view=rules' });
    await page.getByRole('button', { name: 'Edit Error burst' }).click();
    await page.getByRole('figure', { name: 'The last 7 days' }).waitFor();
    await page.getByLabel('Threshold').fill('many');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('“threshold” is not a number.').waitFor();
    expect(
      await page.getByLabel('Threshold').evaluate((field) => field === document.activeElement),
    ).toBe(true);
    await page.getByLabel('Threshold').fill('2');
    await failTwelve(page);
    const summary = page.getByRole('figure').locator('.summary');
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: 'Test again' }).click();
        return summary.innerText();
      })
      .toMatch(/^It would (begin to fire now|have fired once)/u);
    await page.getByRole('button', { name: 'Save' }).click();
    // The form has the sentence as well: only the list says that the rule is kept.
    await page.getByRole('button', { name: 'Edit Error burst' }).waitFor();
    await page.getByText('errors above 2 over 5 min').waitFor();
    await page.reload();
    await page.getByText('errors above 2 over 5 min').waitFor();
    await page.getByRole('button', { name: 'Edit Error burst' }).click();
    await page.getByRole('button', { name: 'Back to how it came…' }).click();
    await page.getByRole('button', { name: 'Undo changes' }).click();
    await page.getByText('errors above 9 over 5 min').waitFor();
  });

  test('with changes is not left for what is dragged over in its chart', async ({ open }) => {
    const page = await open({ address: '#/alerts?view=rules' });
    await page.getByRole('button', { name: 'Edit Error burst' }).click();
    const zoom = async (): Promise<void> => {
      await page.getByRole('application').focus();
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Shift+ArrowLeft');
      await page.keyboard.press('Enter');
    };
    await page.getByLabel('Threshold').fill('2');
    await zoom();
    await page.getByLabel('Notes').getByText('Save the rule first').waitFor();
    expect(await page.getByLabel('Threshold').inputValue()).toBe('2');
    await page.getByLabel('Threshold').fill('9');
    await zoom();
    await page.getByRole('heading', { level: 1, name: 'Monitor' }).waitFor();
    expect(page.url()).toMatch(/#\/monitor\?from=\d+&to=\d+$/u);
  });

  test('that somebody adds fires, and resolves when it is switched off', async ({ open }) => {
    const page = await open({ address: '#/alerts?view=rules' });
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByLabel('Name').fill('Any error');
    await page.getByLabel('Severity').selectOption('critical');
    await page.getByLabel('Measure').selectOption('Errors');
    await page.getByLabel('Threshold').fill('0');
    await page.getByRole('combobox', { name: 'For', exact: true }).selectOption('at once');
    await page.getByLabel('Samples at least').fill('0');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Any error' }).waitFor();
    await failTwelve(page);
    await showView(page, 'Alerts');
    await page.getByRole('heading', { name: 'Any error' }).waitFor();
    await showView(page, 'Rules');
    await page.getByRole('switch', { name: 'Any error is on' }).click();
    await showView(page, 'Alerts');
    const row = page.getByRole('row', { name: /Any error/u });
    await row.waitFor();
    expect(await row.innerText()).toContain('Resolved');
    expect(await row.innerText()).toContain('The rule was switched off.');
  });
});

test.for([
  { width: 1440, theme: 'light' },
  { width: 1440, theme: 'dark' },
  { width: 360, theme: 'light' },
  { width: 360, theme: 'dark' },
] as const)(
  'every view is accessible and fits: $width px, $theme',
  async ({ width, theme }, { open }) => {
    const page = await open({ width, theme, address: '#/alerts' });
    await failTwelve(page);
    await burst(page).waitFor();
    await page.getByRole('button', { name: 'Silence Error burst' }).click();
    for (const view of VIEWS) {
      await showView(page, view);
      await page.getByRole('heading', { level: 2 }).first().waitFor();
      expect(await seriousViolations(page), view).toEqual([]);
      expect(await overflowPx(page), view).toBeLessThanOrEqual(0);
    }
    await showView(page, 'Rules');
    await page.getByRole('button', { name: 'Edit Slow answers' }).click();
    await page.getByRole('figure').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    expect(await overflowPx(page)).toBeLessThanOrEqual(0);
    await page.goto(page.url().replace(/#.*$/u, '#/monitor'));
    await page.getByRole('heading', { name: /alerts? fires?/u }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    expect(await overflowPx(page)).toBeLessThanOrEqual(0);
  },
);
