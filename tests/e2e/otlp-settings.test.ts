/**
 * Settings, OpenTelemetry, in the built app: to a receiver at another origin, which the browser asks first. No request of
 * these pages is intercepted, since whoever intercepts requests answers preflights in place of the receiver.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { serveApp, type AppServer } from '../../scripts/serve.ts';
import type { OtlpSignal } from '../../src/contracts/otlp.ts';
import { startReceiver, type OtlpReceiver } from '../fixtures/otlp/receiver.ts';
import { appFolder, BUSY_MACHINE_TIMEOUT_MS } from './support/app-test.ts';
import { ask, test as endpointTest } from './support/endpoint-test.ts';
import { passUntil } from './support/pass-until.ts';
import { overflowPx, seriousViolations } from './support/page-test.ts';

const CANARY = 'canary-otlp-6021';
const MINUTE_MS = 60_000;
const LOOK_EVERY_MS = 15_000;
/** Screenshots of each state are put there, for whoever wants to see them. */
const shotsFolder = process.env['SHOTS'];

/** `site` has an engine of the test's own; `openSettings` shows its settings, with a clock that the test moves. */
const test = endpointTest
  .extend('site', ({ scriptedSite }) => scriptedSite({ scenario: { text: `ls -l ${CANARY}\n` } }))
  .extend('openSettings', ({ browser }, { onCleanup }): ((site: AppServer) => Promise<Page>) => {
    const contexts: { close(): Promise<void> }[] = [];
    onCleanup(async () => {
      await Promise.all(contexts.map((context) => context.close()));
    });
    return async (site) => {
      const context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        colorScheme: 'light',
        reducedMotion: 'reduce',
      });
      contexts.push(context);
      context.setDefaultTimeout(BUSY_MACHINE_TIMEOUT_MS);
      const page = await context.newPage();
      await page.clock.install();
      await page.goto(`${site.url}#/settings`);
      await page.getByRole('heading', { name: 'OpenTelemetry' }).waitFor();
      return page;
    };
  });

const panel = (page: Page) => page.getByRole('region', { name: 'OpenTelemetry' });
const says = (page: Page): Promise<string> => panel(page).innerText();

async function setAddress(page: Page, address: string): Promise<void> {
  await page.getByLabel('Address of the receiver').fill(address);
  await page.getByLabel('Address of the receiver').press('Tab');
}

/** With only these signals. Resolves when it is known from when on to send. */
async function switchOn(page: Page, signals: readonly OtlpSignal[]): Promise<void> {
  const boxes = { metrics: 'Figures', traces: 'Traces', logs: 'Logs' };
  for (const [signal, name] of Object.entries(boxes)) {
    await page
      .getByRole('checkbox', { name, exact: true })
      .setChecked(signals.includes(signal as OtlpSignal));
  }
  await page.getByRole('switch', { name: 'Send what is measured to a receiver' }).check();
  await page.waitForFunction(() => localStorage.getItem('shellwright.otlp') !== '');
}

async function loadModel(page: Page): Promise<void> {
  await page.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
}

/** A script, whose prompt and text have the canary in them. @returns its id */
async function generate(page: Page): Promise<string> {
  return page.evaluate(
    async (prompt) => (await window.shellwright.generate({ prompt })).id,
    `list ${CANARY}`,
  );
}

/** A line of the log, about a request that is refused. */
async function writeLine(page: Page): Promise<void> {
  await page.evaluate(() =>
    window.shellwright.generate({ prompt: 'list', temperature: 9 }).catch(() => null),
  );
}

/** One at another origin that lets pages of the site send to it. */
async function receiverFor(site: { readonly url: string }): Promise<OtlpReceiver> {
  const receiver = await startReceiver();
  receiver.allowedOrigins.push(new URL(site.url).origin);
  return receiver;
}

const bodiesOf = ({ received }: OtlpReceiver, signal: OtlpSignal): readonly string[] =>
  received.filter((got) => got.signal === signal).map(({ body }) => JSON.stringify(body));

/** Beyond what a test of the address sends. */
const itemsOf = (receiver: OtlpReceiver, signal: OtlpSignal): readonly string[] =>
  bodiesOf(receiver, signal).filter((body) => body.includes('"scope'));

/** As it looks wide and light, and narrow and dark; comes back to how it was. */
async function expectAccessible(page: Page, name: string): Promise<void> {
  for (const [width, colorScheme] of [
    [1440, 'light'],
    [360, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    expect(await seriousViolations(page), `${name}, ${width}`).toEqual([]);
    expect(await overflowPx(page), `${name}, ${width}`).toBeLessThanOrEqual(0);
    if (shotsFolder === undefined) continue;
    mkdirSync(shotsFolder, { recursive: true });
    await panel(page).screenshot({ path: join(shotsFolder, `${name}-${width}.png`) });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
}

test('figures, traces and logs of a generation reach a receiver at another origin, under a service worker, and nothing of what was asked', async ({
  site,
  openSettings,
}) => {
  const receiver = await receiverFor(site);
  const page = await openSettings(site);
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
  await expectAccessible(page, 'off');
  await setAddress(page, receiver.url);
  await page.getByRole('button', { name: 'Test' }).click();
  await expect.poll(() => says(page)).toContain('It took the test.');
  await switchOn(page, ['metrics', 'traces', 'logs']);
  await expectAccessible(page, 'on');

  await loadModel(page);
  await passUntil(page, LOOK_EVERY_MS, () => itemsOf(receiver, 'logs').length > 0);
  // The minute in which it was switched on has figures of before, and is not sent.
  await page.clock.fastForward(MINUTE_MS);
  const id = await generate(page);
  const traceId = id.replaceAll('-', '');
  await passUntil(
    page,
    MINUTE_MS,
    () =>
      itemsOf(receiver, 'traces').length > 0 &&
      // Those of an earlier minute have no request in them.
      itemsOf(receiver, 'metrics').join().includes('gen_ai.client.operation.duration'),
  );
  await expect.poll(() => says(page)).toMatch(/What is sent arrives\.\s+Sent last at \d/u);
  await expectAccessible(page, 'arrives');

  expect(itemsOf(receiver, 'traces').join()).toContain(traceId);
  expect(itemsOf(receiver, 'logs').join()).toContain(traceId);
  const figures = itemsOf(receiver, 'metrics').join();
  expect(figures).toMatch(
    /"name":"gen_ai\.client\.operation\.duration"[^[]*"exponentialHistogram":\{"dataPoints":\[\{/u,
  );
  expect(figures).toContain('"name":"shellwright.generation_finished"');
  expect(receiver.refusals).toEqual([]);
  expect(JSON.stringify(receiver.received)).not.toContain(CANARY);

  const { origin } = new URL(site.url);
  expect(origin).not.toBe(new URL(receiver.url).origin);
  expect(receiver.preflights.length).toBeGreaterThanOrEqual(3);
  for (const preflight of receiver.preflights) {
    expect(preflight).toEqual({
      origin,
      method: 'POST',
      headers: 'content-type',
      isAllowed: true,
    });
  }
  for (const { headers } of receiver.received) {
    expect(headers).toMatchObject({ origin, 'content-type': 'application/json' });
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('authorization');
  }
});

test('a receiver that does not let pages of this site send: the panel says what it may be, and what waits arrives once it does', async ({
  site,
  openSettings,
}) => {
  const receiver = await startReceiver();
  const { origin } = new URL(site.url);
  const page = await openSettings(site);
  await setAddress(page, receiver.url);
  await page.getByRole('button', { name: 'Test' }).click();
  const words = `No answer. See whether it runs, and whether it lets pages of ${origin} send to it (CORS).`;
  await expect.poll(() => says(page)).toContain(words);
  await switchOn(page, ['logs']);
  await loadModel(page);
  await passUntil(page, LOOK_EVERY_MS, () => receiver.preflights.length >= 2);
  // Of the test nothing is said any more: it was of other signals.
  await expect.poll(async () => (await says(page)).split(words).length - 1).toBe(1);
  await expect
    .poll(() => says(page))
    .toMatch(/Next try at \d\d:\d\d:\d\d\. What waits is kept for a day\./u);
  await expectAccessible(page, 'preflight-refused');
  expect(receiver.received).toEqual([]);
  expect(receiver.refusals).toEqual([]);

  receiver.allowedOrigins.push(origin);
  await passUntil(page, MINUTE_MS, () => itemsOf(receiver, 'logs').length > 0);
  await expect.poll(() => says(page)).toContain('What is sent arrives.');
  // The first line since it was switched on is among them.
  expect(itemsOf(receiver, 'logs').join()).toContain('"model loaded"');
});

test('a receiver that is away: nothing is lost, and it arrives once it is back', async ({
  site,
  openSettings,
}) => {
  const receiver = await receiverFor(site);
  const page = await openSettings(site);
  await setAddress(page, receiver.url);
  await switchOn(page, ['traces']);
  await expect.poll(() => says(page)).toContain('Nothing was sent from this tab yet.');
  await expectAccessible(page, 'waiting');
  await loadModel(page);
  await receiver.stop();
  const ids = [await generate(page), await generate(page)];
  await expect
    .poll(async () => {
      await page.clock.fastForward(MINUTE_MS);
      return says(page);
    })
    .toMatch(/No answer\. See whether it runs[\s\S]*Next try at/u);
  await page.getByRole('button', { name: 'Test' }).click();
  await expect.poll(async () => (await says(page)).split('No answer.').length - 1).toBe(2);
  await expectAccessible(page, 'away');
  await receiver.startAgain();
  await passUntil(page, MINUTE_MS, () => itemsOf(receiver, 'traces').length > 0);
  await expect.poll(() => says(page)).toContain('What is sent arrives.');
  const traces = itemsOf(receiver, 'traces').join();
  for (const id of ids) expect(traces).toContain(id.replaceAll('-', ''));
  const { text } = await ask(page, site, 'metrics');
  expect(text).not.toMatch(/^telemetry_dropped_total\{[^}]*otlp[^}]*\} [1-9]/mu);
});

test('a receiver that answers 400: what was refused is said and counted, also while other signals arrive', async ({
  site,
  openSettings,
}) => {
  const receiver = await receiverFor(site);
  const page = await openSettings(site);
  await setAddress(page, receiver.url);
  await switchOn(page, ['traces', 'logs']);
  await loadModel(page);
  await passUntil(page, LOOK_EVERY_MS, () => itemsOf(receiver, 'logs').length > 0);
  receiver.answers.push({ status: 400 });
  await page.getByRole('button', { name: 'Test' }).click();
  await expect.poll(() => says(page)).toContain('It does not take the request: HTTP 400.');

  await generate(page);
  await passUntil(page, LOOK_EVERY_MS, () => itemsOf(receiver, 'logs').length > 1);
  // The next request is one of traces: all lines are sent, and none is written meanwhile.
  await page.getByRole('checkbox', { name: 'Logs', exact: true }).uncheck();
  receiver.answers.push({ status: 400 });
  await passUntil(page, MINUTE_MS, () => receiver.answers.length === 0);
  const words =
    'Traces were refused for good: HTTP 400. They are not sent again, and counted as lost.';
  await expect.poll(() => says(page)).toContain(words);
  await expectAccessible(page, 'refused');
  await expect
    .poll(async () => (await ask(page, site, 'metrics')).text)
    .toMatch(/^telemetry_dropped_total\{[^}]*signal="otlp_traces"[^}]*\} 1$/mu);
  expect(itemsOf(receiver, 'traces')).toEqual([]);

  await generate(page);
  await passUntil(page, MINUTE_MS, () => itemsOf(receiver, 'traces').length > 0);
  await expect.poll(() => says(page)).not.toContain('refused for good');
  await expect.poll(() => says(page)).toContain('What is sent arrives.');
});

test('a receiver that asks to wait: the panel says until when, and nothing is sent before', async ({
  site,
  openSettings,
}) => {
  const receiver = await receiverFor(site);
  const page = await openSettings(site);
  await setAddress(page, receiver.url);
  await switchOn(page, ['logs']);
  await writeLine(page);
  await passUntil(page, LOOK_EVERY_MS, () => itemsOf(receiver, 'logs').length > 0);
  // A page of another origin may read this header only if it is told so.
  receiver.answers.push({
    status: 429,
    headers: { 'Retry-After': '600', 'Access-Control-Expose-Headers': 'Retry-After' },
  });
  await loadModel(page);
  await passUntil(page, LOOK_EVERY_MS, () => receiver.answers.length === 0);
  await expect
    .poll(() => says(page))
    .toMatch(/It is asked too often: HTTP 429\.\s+Next try at \d\d:\d\d:\d\d\./u);
  await expectAccessible(page, 'asked-to-wait');
  const sent = receiver.received.length;
  for (let minute = 0; minute < 9; minute++) await page.clock.fastForward(MINUTE_MS);
  expect(receiver.received).toHaveLength(sent);
  await passUntil(page, LOOK_EVERY_MS, () => receiver.received.length > sent);
  await expect.poll(() => says(page)).toContain('What is sent arrives.');
});

test('switched off in another tab, it is off in all of them, and nothing more is sent', async ({
  site,
  openSettings,
}) => {
  const receiver = await receiverFor(site);
  const page = await openSettings(site);
  await setAddress(page, receiver.url);
  await switchOn(page, ['logs']);
  await loadModel(page);
  await passUntil(page, LOOK_EVERY_MS, () => itemsOf(receiver, 'logs').length > 0);

  const other = await page.context().newPage();
  await other.goto(`${site.url}#/settings`);
  await other.getByRole('radio', { name: 'Dark' }).check();
  await expect
    .poll(() => page.evaluate(() => document.documentElement.dataset['theme']))
    .toBe('dark');
  const switches = [other, page].map((tab) =>
    tab.getByRole('switch', { name: 'Send what is measured to a receiver' }),
  );
  await switches[0]?.uncheck();
  await expect.poll(() => switches[1]?.isChecked()).toBe(false);
  const sent = receiver.received.length;
  await generate(page);
  for (let minute = 0; minute < 5; minute++) await page.clock.fastForward(MINUTE_MS);
  expect(receiver.received).toHaveLength(sent);

  await switches[0]?.check();
  await expect.poll(() => switches[1]?.isChecked()).toBe(true);
});

test('a policy of the site that does not name the receiver is told from a receiver that is away', async ({
  openSettings,
  onTestFinished,
}) => {
  const receiver = await startReceiver();
  const site = await serveApp({
    folder: appFolder,
    port: 0,
    environment: { RELAY_CONNECT_SOURCES: '' },
  });
  onTestFinished(() => site.close());
  receiver.allowedOrigins.push(new URL(site.url).origin);
  const page = await openSettings(site);
  await setAddress(page, `${receiver.url}/otlp/`);
  await page.getByRole('button', { name: 'Test' }).click();
  await expect
    .poll(() => says(page))
    .toContain(
      `The content security policy of this site forbids it. It has to name ${receiver.url}`,
    );
  await expectAccessible(page, 'forbidden');
  expect(receiver.preflights).toEqual([]);
  expect(receiver.received).toEqual([]);
});
