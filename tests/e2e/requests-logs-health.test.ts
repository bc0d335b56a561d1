/** Requests, Logs and Health in the built app: what they show of requests that were made, and how they are used. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { describe, expect } from 'vitest';
import { failure } from '../../src/contracts/failure.ts';
import { useScriptedEngine } from '../fixtures/scripted-engine/bundle.ts';
import { READY } from '../fixtures/scripted-engine/scenario.ts';
import { getReady, overflowPx, send, seriousViolations, test } from './support/page-test.ts';

const CANARY = 'list files called CANARY-7';

const goTo = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation').getByRole('link', { name }).click();

const row = (page: Page, text: string | RegExp) =>
  page.getByRole('row').filter({ hasText: text }).last();

/** Two requests by the console: one as the scenario has it, one that is refused. */
async function makeRequests(page: Page): Promise<void> {
  await page.evaluate(async (prompt) => {
    await window.shellwright.generate({ prompt }).catch(() => {});
    await window.shellwright.generate({ prompt, temperature: 9 }).catch(() => {});
  }, CANARY);
}

async function expectSound(page: Page): Promise<void> {
  expect(await seriousViolations(page)).toEqual([]);
  expect(await overflowPx(page)).toBeLessThanOrEqual(0);
}

describe('what was measured', () => {
  test('is deleted in Settings, in all tabs, and counted anew from then on', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await makeRequests(page);
    const other = await page.context().newPage();
    await useScriptedEngine(other, READY);
    await other.goto(new URL('#/requests', page.url()).href);
    await other.getByText('2 requests').waitFor();

    await goTo(page, 'Settings');
    const ask = page.getByRole('button', { name: 'Delete measurements' });
    const dialog = page.getByRole('dialog', { name: 'Delete the measurements?' });
    await ask.click();
    await dialog.getByRole('button', { name: 'Keep' }).click();
    expect(await page.evaluate(() => window.shellwright.records())).toHaveLength(2);
    await ask.click();
    await expectSound(page);
    // By which a file of before and one of after are told apart.
    const fileId = (): Promise<string | null> =>
      page.evaluate(() => localStorage.getItem('shellwright.measurements'));
    const idBefore = await fileId();
    await dialog.getByRole('button', { name: 'Delete measurements' }).click();
    await page
      .getByRole('list', { name: 'Notes' })
      .getByText('What was measured is deleted.')
      .waitFor();
    await other.getByText('No request yet').waitFor();
    expect(await fileId()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await fileId()).not.toBe(idBefore);
    expect(await page.evaluate(() => window.shellwright.records())).toEqual([]);

    await goTo(page, 'Logs');
    await page.getByText('measurements deleted').waitFor();
    expect(await page.getByText('request ended').count()).toBe(0);

    await page.evaluate((prompt) => window.shellwright.generate({ prompt }), CANARY);
    await row(other, 'finished').waitFor();
    const counted = await page.evaluate(
      async () => (await window.shellwright.metrics()).metrics.generation_requests_total.series,
    );
    const values = counted.map((series) => ('value' in series ? series.value : NaN));
    expect(values.reduce((sum, value) => (sum ?? 0) + (value ?? 0), 0)).toBe(1);
  });
});

describe('requests', () => {
  test('are listed live, opened and closed from the keyboard, and copied without content', async ({
    open,
  }) => {
    const page = await open();
    await getReady(page);
    await goTo(page, 'Requests');
    await page.getByText('No request yet').waitFor();
    await expectSound(page);
    await makeRequests(page);
    await row(page, 'finished').waitFor();
    await row(page, 'failed').waitFor();
    await page.getByText('2 requests').waitFor();
    await expectSound(page);

    const newest = page.getByRole('row').nth(1).getByRole('link');
    await newest.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const detail = page.getByRole('region', { name: /finished/u });
    await detail.waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('detail-title');
    await detail.getByText('prefill', { exact: true }).waitFor();
    await detail.getByText(CANARY).waitFor();
    await detail.getByText('request ended').waitFor();
    await expectSound(page);

    await detail.getByRole('button', { name: 'JSON' }).click();
    await page.getByLabel('Notes').getByText('Copied as JSON').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain('"gen_ai.usage.output_tokens"');
    expect(copied).not.toContain('CANARY');

    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('A');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByText('It was temperature.').waitFor();
    await page.goBack();
    await page.getByText('It was temperature.').waitFor({ state: 'detached' });
  });

  test('of a link are those that it names, on a small screen too', async ({ open }) => {
    const page = await open({
      width: 360,
      theme: 'dark',
      scenario: { generateFailure: failure('engine/inference-failed') },
    });
    await getReady(page);
    await makeRequests(page);
    await page.evaluate(() => {
      location.hash = '#/requests?outcome=error&q=inference-failed';
    });
    await row(page, 'failed').waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await expectSound(page);
    await row(page, 'failed').click();
    await page.getByText('engine/inference-failed').first().waitFor();
    await expectSound(page);
    await page.getByRole('button', { name: 'Requests' }).click();
    await page.evaluate(() => {
      location.hash = '#/requests?outcome=timeout';
    });
    await page.getByText('None of them is like that').waitFor();
    await expectSound(page);
    await page.getByRole('button', { name: 'Show all requests' }).click();
    await expect.poll(() => page.getByRole('row').count()).toBe(3);
    await page.getByRole('searchbox', { name: 'Search requests' }).fill('invalid-parameter');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    expect(page.url()).toContain('q=invalid-parameter');
  });

  test('have what debug mode adds from the moment it is switched on', async ({ open }) => {
    const page = await open({ address: '#/settings' });
    await page.getByRole('switch', { name: 'Record more of each request' }).check();
    await goTo(page, 'Write');
    await getReady(page);
    await send(page, CANARY);
    await page.getByText('numfmt').waitFor();
    await goTo(page, 'Requests');
    await row(page, 'finished').click();
    await page.getByRole('heading', { name: 'Debug mode' }).waitFor();
    await page.getByText('Total processing time').waitFor();
  });
});

describe('logs', () => {
  test('come in live, are paused, narrowed and saved, and hold no content', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await goTo(page, 'Logs');
    await page.getByText('model loaded').waitFor();
    await expectSound(page);
    await makeRequests(page);
    await page.getByText('request refused').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByLabel('Level').selectOption('warn');
    await page.getByText('request accepted').waitFor({ state: 'detached' });
    const saving = page.waitForEvent('download');
    await page.getByLabel('Level').selectOption('debug');
    await page.getByText('request accepted').waitFor();
    await page.getByRole('button', { name: 'NDJSON' }).click();
    const file = await saving;
    expect(file.suggestedFilename()).toMatch(/^shellwright-logs-.*\.ndjson$/u);
    const text = await readFile(await file.path(), 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { message: string });
    expect(lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['page started', 'request accepted', 'request ended']),
    );
    expect(text).not.toContain('CANARY');
    await page
      .getByRole('link', { name: /^request /u })
      .first()
      .click();
    await page.getByText('It was temperature.').waitFor();
  });
});

describe('health', () => {
  test('is never good without a model, and deep when it is asked for', async ({ open }) => {
    const page = await open();
    await goTo(page, 'Health');
    await page.getByRole('heading', { name: 'Unhealthy' }).waitFor();
    await page.getByText('engine/not-loaded').waitFor();
    await expectSound(page);
    await page.getByRole('link', { name: 'Go and load it' }).click();
    await getReady(page);
    await goTo(page, 'Health');
    await page.getByRole('heading', { name: 'Healthy', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Run the deep check' }).click();
    await page.getByText(/\d+ ms, 4 tokens/u).waitFor();
    await page.getByText('given again').waitFor();
    await expectSound(page);
    // A check is no request.
    await goTo(page, 'Requests');
    await page.getByText('No request yet').waitFor();
  });
});
