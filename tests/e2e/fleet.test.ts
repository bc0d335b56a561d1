/** Browsers whose pages tell the real relay what they count: its sums are theirs, whatever is lost on the way. */
import type { BrowserContext, Page } from 'playwright';
import { expect } from 'vitest';
import type { GenerationRecord } from '../../src/contracts/generation.ts';
import { useScriptedEngine } from '../fixtures/scripted-engine/bundle.ts';
import { READY } from '../fixtures/scripted-engine/scenario.ts';
import { BUSY_MACHINE_TIMEOUT_MS } from './support/app-test.ts';
import { balanceOf, readMonitorData } from './support/monitor-data.ts';
import { overflowPx, seriousViolations, test as pageTest } from './support/page-test.ts';

const CANARY = 'canary-prompt-0815';

/** `newBrowser` is a fresh profile. */
const test = pageTest.extend(
  'newBrowser',
  ({ browser }, { onCleanup }): (() => Promise<BrowserContext>) => {
    const contexts: BrowserContext[] = [];
    onCleanup(async () => {
      await Promise.all(contexts.map((context) => context.close()));
    });
    return async () => {
      const context = await browser.newContext({
        serviceWorkers: 'block',
        reducedMotion: 'reduce',
      });
      context.setDefaultTimeout(BUSY_MACHINE_TIMEOUT_MS);
      contexts.push(context);
      return context;
    };
  },
);

async function openSettings(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await useScriptedEngine(page, READY);
  await page.goto(`${url}#/settings`);
  await page.getByRole('heading', { name: 'Fleet' }).waitFor();
  return page;
}

/** Resolves when the relay has heard of the browser. */
async function switchOn(page: Page): Promise<void> {
  await page.getByRole('switch', { name: 'Tell the relay what is counted' }).click();
  await page.getByText('Sent last at').waitFor();
}

/** Scripts, and as many requests that are refused. Resolves when all of it is written down. */
async function generate(page: Page, count: number): Promise<readonly GenerationRecord[]> {
  const records = await page.evaluate(
    async ({ times, prompt }) => {
      await window.shellwright.load({ backend: 'wasm' });
      const ended = [];
      for (let at = 0; at < times; at++) {
        ended.push(await window.shellwright.generate({ prompt }));
        await window.shellwright.generate({ prompt, temperature: 9 }).catch(() => null);
      }
      // Once that is answered, all of it is counted.
      await window.shellwright.records();
      return ended;
    },
    { times: count, prompt: CANARY },
  );
  await expect.poll(async () => balanceOf(await readMonitorData(page)).active).toBe(0);
  return records;
}

/** What the browser tells a page that is about to go. */
async function hide(page: Page): Promise<void> {
  await page.evaluate(() => dispatchEvent(new Event('pagehide')));
}

/** Sum of a series over its labels; those that match, where a text is given. */
async function shown(url: string, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${url}metrics`)).text();
  expect(text).not.toContain(CANARY);
  return text
    .split('\n')
    .filter((line) => new RegExp(`^${name}[{ ]`, 'u').test(line) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

test('the relay’s sums are exactly what two browsers counted, also after posts were sent again', async ({
  newBrowser,
  site,
}) => {
  const bodies: string[] = [];
  const [one, two] = [await newBrowser(), await newBrowser()];
  for (const context of [one, two]) {
    context.on('request', (request) => {
      if (request.url().endsWith('/v1/telemetry')) bodies.push(request.postData() ?? '');
    });
  }
  const first = await openSettings(one, site.url);
  const second = await openSettings(two, site.url);
  // Counted before anybody asked for it to be told.
  await generate(first, 2);
  expect(bodies).toEqual([]);
  await switchOn(first);
  await switchOn(second);
  expect(await shown(site.url, 'generation_requests_total')).toBe(0);
  expect(await shown(site.url, 'fleet_live_browsers')).toBe(2);
  expect(await shown(site.url, 'active_generation_requests')).toBe(0);

  const records = [...(await generate(first, 5)), ...(await generate(second, 3))];
  const agree = async (): Promise<void> => {
    const expected = 2 * records.length;
    await expect.poll(() => shown(site.url, 'generation_requests_total')).toBe(expected);
    expect(await shown(site.url, 'generation_finished_total')).toBe(expected);
    expect(await shown(site.url, 'generation_finished_total', 'finish_reason="stop"')).toBe(
      records.length,
    );
    expect(await shown(site.url, 'generation_tokens_count')).toBe(records.length);
    const tokens = records.reduce((sum, record) => sum + record.tokens.generated, 0);
    expect(await shown(site.url, 'generation_tokens_sum')).toBe(tokens);
    expect(await shown(site.url, 'generation_tokens_bucket', 'le="+Inf"')).toBe(records.length);
  };
  await Promise.all([hide(first), hide(second)]);
  await agree();

  // The relay has it, but the page does not hear of that.
  await first.route(
    '**/v1/telemetry',
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  records.push(...(await generate(first, 4)));
  await hide(first);
  await agree();
  const repeated = () => shown(site.url, 'relay_telemetry_posts_total', 'result="repeated"');
  await expect.poll(repeated).toBe(1);
  await agree();

  // The page ends in between; the next one sends the same again.
  const arrived = new Promise<void>((resolve) => {
    void second.route('**/v1/telemetry', async (route) => {
      await route.fetch();
      resolve();
    });
  });
  records.push(...(await generate(second, 2)));
  await hide(second);
  await arrived;
  await second.close();
  await agree();
  const next = await openSettings(two, site.url);
  await expect.poll(repeated).toBe(2);
  records.push(...(await generate(next, 1)));
  await hide(next);
  await agree();
  expect(await shown(site.url, 'relay_telemetry_posts_total', 'result="gap"')).toBe(0);
  expect(await shown(site.url, 'telemetry_dropped_total')).toBe(0);
  expect(bodies.length).toBeGreaterThan(5);
  expect(bodies.join()).not.toContain(CANARY);
});

test('only one tab tells, and none once the switch is off in another', async ({
  newBrowser,
  site,
}) => {
  const context = await newBrowser();
  const first = await openSettings(context, site.url);
  await switchOn(first);
  const second = await openSettings(context, site.url);
  expect(await second.getByRole('switch', { name: 'Tell the relay' }).isChecked()).toBe(true);
  await generate(second, 3);
  await hide(second);
  await hide(first);
  await expect.poll(() => shown(site.url, 'generation_requests_total')).toBe(6);
  expect(await shown(site.url, 'fleet_live_browsers')).toBe(1);
  await second.getByRole('switch', { name: 'Tell the relay' }).click();
  const posts: string[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/v1/telemetry')) posts.push(request.url());
  });
  await generate(first, 1);
  await hide(first);
  // What would be sent is sent within milliseconds of being read.
  await first.waitForTimeout(1_000);
  expect(posts).toEqual([]);
  expect(await seriousViolations(second)).toEqual([]);
  expect(await overflowPx(second)).toBeLessThanOrEqual(0);
});
