/** prompt_similarity_score in the built app: switched on, the real model compares what a scripted engine wrote. */
import { describe, expect } from 'vitest';
import { getReady, seriousViolations, test } from './support/page-test.ts';

describe('similarity', () => {
  test('is measured once it is switched on, stays so, and reaches record, metrics and page', async ({
    open,
  }) => {
    const page = await open();
    await getReady(page);
    await page.evaluate(() => window.shellwright.generate({ prompt: 'list files' }));
    await page.getByRole('link', { name: 'Settings' }).click();
    const toggle = page.getByRole('switch', { name: 'Measure how near scripts are' });
    expect(await toggle.isChecked()).toBe(false);
    await toggle.check();
    await page.getByText('The model for it is ready.').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const { id } = await page.evaluate(() => window.shellwright.generate({ prompt: 'list files' }));
    const scores = () =>
      page.evaluate(async () =>
        (await window.shellwright.records()).map(
          (record) => [record.id, record.similarity] as const,
        ),
      );
    await expect.poll(async () => new Map(await scores()).get(id)).toEqual(expect.any(Number));
    const told = await scores();
    // The request before is not compared afterwards.
    expect(told.filter(([, score]) => score !== null)).toHaveLength(1);
    expect(Math.abs(new Map(told).get(id) ?? 9)).toBeLessThanOrEqual(1);
    const family = await page.evaluate(
      async () => (await window.shellwright.metrics()).metrics.prompt_similarity_score,
    );
    expect(family.type === 'histogram' && family.overall.count).toBe(1);
    await page.reload();
    await page.getByRole('switch', { name: 'Measure how near scripts are' }).waitFor();
    expect(
      await page.getByRole('switch', { name: 'Measure how near scripts are' }).isChecked(),
    ).toBe(true);
  });
});
