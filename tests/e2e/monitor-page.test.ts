/** The Monitor page in the built app: figures that agree with what was done, and every way to look at them. */
import type { Page } from 'playwright';
import { describe, expect } from 'vitest';
import { getReady, overflowPx, script, seriousViolations, test } from './support/page-test.ts';

const EMPTY = 'Nothing has been measured yet';

/** Three that finish, one at its limit, one that is stopped, one that is refused. */
async function useIt(page: Page): Promise<void> {
  await getReady(page);
  await page.evaluate(async () => {
    const { shellwright } = window;
    for (const prompt of ['one', 'two', 'three']) await shellwright.generate({ prompt });
    await shellwright.generate({ prompt: 'four', max_tokens: 5 });
    const abort = new AbortController();
    await shellwright.generate({
      prompt: 'five',
      signal: abort.signal,
      onToken: () => abort.abort(),
    });
    await shellwright.generate({ prompt: 'six', temperature: 9 }).catch(() => null);
    // Once that is answered, all of it is counted.
    await shellwright.records();
  });
}

async function goToMonitor(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Monitor' }).click();
  await page.getByRole('figure', { name: 'Endings' }).waitFor();
}

/** By the keyboard, the newest step with a request in it: a minute may just have begun. */
async function pickNewestStep(page: Page): Promise<void> {
  const chart = page.getByRole('application', { name: /^Endings/u });
  await expect
    .poll(async () => {
      for (const keys of [['End'], ['End', 'ArrowLeft'], ['End', 'ArrowLeft', 'ArrowLeft']]) {
        for (const key of [...keys, 'Enter']) {
          if (page.url().includes('#/requests')) break;
          await chart.press(key, { timeout: 1000 }).catch(() => null);
        }
      }
      return page.url();
    })
    .toContain('#/requests');
  await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor();
}

const summary = (page: Page, name: string): Promise<string> =>
  page.getByRole('figure', { name, exact: true }).locator('.summary').innerText();

describe('the Monitor page', () => {
  test('counts what was done, by how it ended, and goes on counting while it is shown', async ({
    open,
  }) => {
    const page = await open();
    await useIt(page);
    await goToMonitor(page);
    expect(await summary(page, 'Endings')).toBe(
      '6 requests ended: 3 finished, 1 at the token limit, 1 stopped, 1 failed.',
    );
    expect(await summary(page, 'Errors')).toBe('1 of 6 requests failed, most by validation.');
    await page.getByText(/^Unknown: .* needs 20/u).waitFor();
    await page.evaluate(() => window.shellwright.generate({ prompt: 'seven' }));
    await expect.poll(() => summary(page, 'Endings')).toContain('7 requests ended: 4 finished');
  });

  test('keeps what is shown in the address, says when a filter leaves nothing, and clears it', async ({
    open,
  }) => {
    const page = await open();
    await useIt(page);
    await goToMonitor(page);
    await page.getByText('6 h', { exact: true }).click();
    await page.getByRole('combobox', { name: 'Ending' }).selectOption('timeout');
    await page.getByText('No request passes the filters').waitFor();
    expect(page.url()).toMatch(/#\/monitor\?window=6h&outcome=timeout$/u);
    await page.reload();
    await page.getByText('No request passes the filters').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).first().click();
    await page.getByRole('figure', { name: 'Endings' }).waitFor();
    expect(page.url()).toMatch(/#\/monitor\?window=6h$/u);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/^Paused at \d\d:\d\d:\d\d/u).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
  });

  test('zooms all charts to what is dragged over in one, and leads to the requests of a step', async ({
    open,
  }) => {
    const page = await open();
    await useIt(page);
    await goToMonitor(page);
    const box = await page.locator('.u-over').first().boundingBox();
    if (box === null) throw new Error('there is no chart');
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + 50, { steps: 3 });
    await page.mouse.up();
    await expect.poll(() => page.url()).toMatch(/#\/monitor\?from=\d+&to=\d+$/u);
    expect(await summary(page, 'Endings')).toContain('6 requests ended');
    await page.getByRole('button', { name: 'Back to 1 h' }).click();
    await expect.poll(() => page.url()).toMatch(/#\/monitor$/u);
    await pickNewestStep(page);
    expect(page.url()).toMatch(/#\/requests\?from=\d+&to=\d+$/u);
  });

  test('leads from a chart to the requests that pass the filters', async ({ open }) => {
    const page = await open();
    await useIt(page);
    await goToMonitor(page);
    await page.getByRole('combobox', { name: 'Model' }).selectOption({ index: 1 });
    await page.getByRole('combobox', { name: 'Backend' }).selectOption('wasm');
    await page.getByText('Only some requests are shown.').waitFor();
    await pickNewestStep(page);
    expect(page.url()).toMatch(/#\/requests\?from=\d+&to=\d+&model=[^&]+&backend=wasm$/u);
  });

  test('judges by the operator’s targets, which outlive a reload', async ({ open }) => {
    const page = await open();
    await useIt(page);
    await goToMonitor(page);
    const row = page.getByRole('row', { name: /^Active requests/u });
    await row.getByText('met').waitFor();
    await page.getByRole('button', { name: 'Edit targets' }).click();
    await page.getByRole('textbox', { name: /^Memory used, below/u }).fill('200');
    await page.getByText('Less than 100 %.').waitFor();
    expect(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: /^Memory used, below/u }).fill('60');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('row', { name: /^Memory used.*< 60 %/u }).waitFor();
    await page.reload();
    await page.getByRole('row', { name: /^Memory used.*< 60 %/u }).waitFor();
    await page.getByRole('button', { name: 'Edit targets' }).click();
    await page.getByRole('button', { name: 'Defaults' }).click();
    await page.getByRole('row', { name: /^Memory used.*< 80 %/u }).waitFor();
  });

  test('judges scripts that were written under the guard and the others each by themselves', async ({
    open,
  }) => {
    const page = await open();
    await getReady(page);
    await page.evaluate(async () => {
      for (let at = 0; at < 22; at++) {
        await window.shellwright.generate({ prompt: 'one', guard: at % 2 === 0 });
      }
      await window.shellwright.records();
    });
    await goToMonitor(page);
    for (const guard of ['on', 'off']) {
      await page
        .getByRole('row', { name: new RegExp(`^Syntax validity, guard ${guard}`, 'u') })
        .waitFor();
    }
    await page.getByRole('heading', { name: /^Valid syntax, guard o(?:n|ff)$/u }).waitFor();
    expect(await summary(page, 'Syntax validity')).toMatch(
      /^Guard on: .*n = 11.*Guard off: .*n = 11/u,
    );
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await overflowPx(page), `${width}`).toBeLessThanOrEqual(0);
      expect(await seriousViolations(page), `${width}`).toEqual([]);
    }
    // Both have one target.
    await page.getByRole('button', { name: 'Edit targets' }).click();
    expect(await page.getByRole('textbox', { name: /^Syntax validity/u }).count()).toBe(1);
  });

  test('shows a file that was saved in place of this browser, and comes back', async ({ open }) => {
    const page = await open();
    await useIt(page);
    await goToMonitor(page);
    await page.getByRole('button', { name: 'Save or open' }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save metrics' }).click();
    const path = await (await saved).path();
    await page.evaluate(() => window.shellwright.generate({ prompt: 'seven' }));
    await expect.poll(() => summary(page, 'Endings')).toContain('7 requests ended');
    await page.getByLabel('Metrics files').setInputFiles(path);
    await page.getByText('From a file, not of this browser.').waitFor();
    await expect.poll(() => summary(page, 'Endings')).toContain('6 requests ended: 3 finished');
    await page.getByRole('button', { name: 'Back to this browser' }).first().click();
    await expect.poll(() => summary(page, 'Endings')).toContain('7 requests ended');
  });

  test('is filled by a sample set, which leaves the script on the first page alone', async ({
    open,
  }) => {
    const page = await open({ address: '#/monitor', scenario: { text: 'ls -l\n', tokenMs: 1 } });
    await page.getByText(EMPTY).waitFor();
    await page.getByRole('button', { name: 'Run a sample set' }).click();
    await page.getByText(/Sample request \d+ of 20/u).waitFor();
    await page.getByRole('figure', { name: 'Endings' }).waitFor();
    await expect.poll(() => summary(page, 'Endings')).toContain('20 requests ended: 20 finished');
    await page.getByRole('button', { name: 'Run a sample set' }).waitFor();
    await page.getByRole('link', { name: 'Write', exact: true }).click();
    await page.getByText('The script will be written here').waitFor();
    expect(await script(page)).not.toContain('ls -l');
  });

  test.for([
    [1440, 'light'],
    [360, 'dark'],
  ] as const)(
    'fits %d px in the %s and gives axe nothing serious to find',
    async ([width, theme], { open }) => {
      const page = await open({ width, theme, address: '#/monitor' });
      await page.getByText(EMPTY).waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByRole('link', { name: 'Write', exact: true }).click();
      await useIt(page);
      await goToMonitor(page);
      expect(await overflowPx(page)).toBeLessThanOrEqual(0);
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Table of Latency', exact: true }).click();
      await page.getByRole('button', { name: 'Edit targets' }).click();
      await page.getByRole('button', { name: 'Save or open' }).click();
      await page.getByText('Custom', { exact: true }).click();
      expect(await overflowPx(page)).toBeLessThanOrEqual(0);
      expect(await seriousViolations(page)).toEqual([]);
    },
  );
});
