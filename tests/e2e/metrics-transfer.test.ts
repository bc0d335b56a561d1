/** What window.shellwright tells of monitoring, and metrics files out of the page and into it, in the built app. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { describe, expect } from 'vitest';
import { parseMetricsFile } from '../../src/core/export/parse-metrics-file.ts';
import { getReady, overflowPx, seriousViolations, test } from './support/page-test.ts';

const CANARY = 'canary-5d1e';

/** Three that finish, and one that is refused. */
async function useIt(page: Page): Promise<void> {
  await getReady(page);
  await page.evaluate(async (canary) => {
    for (const prompt of ['one', 'two', canary]) await window.shellwright.generate({ prompt });
    await window.shellwright.generate({ prompt: canary, temperature: 9 }).catch(() => null);
  }, CANARY);
}

async function openPanel(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Monitor' }).click();
  await page.getByRole('button', { name: 'Save or open' }).click();
}

async function saved(page: Page, button: string): Promise<string> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return readFile(await (await download).path(), 'utf8');
}

const fileOf = (name: string, text: string) => ({
  name,
  mimeType: 'application/json',
  buffer: Buffer.from(text),
});

describe('window.shellwright', () => {
  test('tells the same figures in metrics, records and export, and no content', async ({
    open,
  }) => {
    const page = await open();
    await useIt(page);
    const told = await page.evaluate(async () => {
      const { metrics } = await window.shellwright.metrics();
      const count = (name: keyof typeof metrics): number => {
        const family = metrics[name];
        if (family.type === 'histogram') return family.overall.count;
        return family.series.reduce((sum, { value }) => sum + (value ?? 0), 0);
      };
      return {
        requests: count('generation_requests_total'),
        finished: count('generation_finished_total'),
        active: count('active_generation_requests'),
        errors: count('generation_errors_total'),
        lengths: count('generation_tokens'),
        metrics: JSON.stringify(metrics),
        records: await window.shellwright.records(),
        two: await window.shellwright.records({ limit: 2 }),
        text: await window.shellwright.exportMetrics({ records: true }),
        withContent: await window.shellwright.exportMetrics({ records: true, content: true }),
      };
    });
    expect(told).toMatchObject({ requests: 4, finished: 4, active: 0, errors: 1, lengths: 3 });
    expect(told.records.map(({ outcome }) => outcome)).toEqual(['error', 'stop', 'stop', 'stop']);
    expect(told.two).toEqual(told.records.slice(0, 2));
    const parsed = parseMetricsFile(told.text);
    if (!parsed.ok) throw new Error(parsed.failure.message);
    const source = parsed.value.sources[0];
    expect(source?.records?.toReversed()).toEqual(told.records);
    expect(source?.content).toBeNull();
    for (const text of [told.metrics, JSON.stringify(told.records), told.text]) {
      expect(text).not.toContain(CANARY);
    }
    expect(told.withContent).toContain(CANARY);
  });

  test('is unhealthy until a model is there; a deep check infers, and is no request', async ({
    open,
  }) => {
    const page = await open();
    expect(await page.evaluate(() => window.shellwright.health({ deep: true }))).toMatchObject({
      status: 'unhealthy',
      failure: { code: 'engine/not-loaded' },
      deep: { inferenceMs: null },
    });
    await getReady(page);
    const report = await page.evaluate(() => window.shellwright.health({ deep: true }));
    expect(report).toMatchObject({ status: 'healthy', modelLoaded: true, failure: null });
    expect(report.deep?.generatedTokens).toBeGreaterThan(0);
    expect(report.deep?.versions.onnxRuntime).toMatch(/^\d+\.\d+\.\d+/u);
    const [again, told] = await page.evaluate(async () => [
      await window.shellwright.health({ deep: true }),
      await window.shellwright.metrics(),
    ]);
    expect(again.deep?.inferenceMs).toBe(report.deep?.inferenceMs);
    const requests = told.metrics.generation_requests_total;
    expect(requests.type === 'counter' && requests.series.every(({ value }) => value === 0)).toBe(
      true,
    );
    expect(told.metrics.health_checks_total.series).toContainEqual({
      labels: { kind: 'deep', result: 'throttled' },
      value: 1,
    });
    expect(await page.evaluate(() => window.shellwright.records())).toEqual([]);
  });
});

describe('metrics files', () => {
  test('are saved, opened together, shown in place of this browser, and left again', async ({
    open,
  }) => {
    const page = await open();
    await useIt(page);
    await openPanel(page);
    const mine = await saved(page, 'Save metrics');
    expect(mine).not.toContain(CANARY);
    const other = mine.replace(
      /"id":"[0-9a-f-]{36}"/u,
      '"id":"99999999-2222-4333-8444-555555555555"',
    );
    await page
      .getByLabel('Metrics files')
      .setInputFiles([fileOf('mine.json', mine), fileOf('other.json', other)]);
    await page.getByText('From 2 files, not of this browser.').waitFor();
    await page.getByRole('figure', { name: 'Endings' }).waitFor();
    expect(
      await page.getByRole('figure', { name: 'Endings' }).locator('.summary').innerText(),
    ).toContain('8 requests ended');
    expect(await page.getByRole('row').filter({ hasText: 'Chrome' }).count()).toBe(2);
    expect(await seriousViolations(page)).toEqual([]);
    const merged = await saved(page, 'Save as one file');
    const parsed = parseMetricsFile(merged);
    expect(parsed.ok && parsed.value.sources).toHaveLength(2);
    await page.getByRole('button', { name: 'Back to this browser' }).click();
    await expect
      .poll(() => page.getByRole('figure', { name: 'Endings' }).locator('.summary').innerText())
      .toContain('4 requests ended');
  });

  test('are refused with the reason where they are damaged, and change nothing', async ({
    open,
  }) => {
    const page = await open({ width: 360 });
    await useIt(page);
    await openPanel(page);
    const mine = await saved(page, 'Save metrics');
    const damaged = mine.replace('"startMs":0', '"startMs":-1');
    await page.getByLabel('Metrics files').setInputFiles(fileOf('damaged.json', damaged));
    await page.getByText(/rollups\.totals\[\d+\]\.startMs is negative/u).waitFor();
    await page.getByText('import/invalid-file').waitFor();
    expect(await page.getByText('not of this browser').count()).toBe(0);
    expect(await overflowPx(page)).toBe(0);
    expect(await seriousViolations(page)).toEqual([]);
    await page
      .getByRole('region', { name: 'Files of metrics' })
      .getByRole('button', { name: 'Dismiss' })
      .click();
    expect(await page.getByText('import/invalid-file').count()).toBe(0);
  });
});
