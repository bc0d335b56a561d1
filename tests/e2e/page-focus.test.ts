/** The keyboard's place, after actions whose control goes away. */
import type { Locator, Page } from 'playwright';
import { describe, expect } from 'vitest';
import { DATABASE_NAME } from '../../src/store/database.ts';
import { getReady, test } from './support/page-test.ts';

/** Id, value or text of what has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return 'nothing';
    if (element.id !== '') return element.id;
    return element instanceof HTMLInputElement ? element.value : element.textContent.trim();
  });

async function press(control: Locator): Promise<void> {
  await control.focus();
  await control.press('Enter');
}

const button = (page: Page, name: string): Locator =>
  page.getByRole('button', { name, exact: true });

/** In the page: nothing is read of the disk until `let-go`. */
async function holdDisk(name: string): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(name);
    opening.addEventListener('success', () => resolve(opening.result));
    opening.addEventListener('error', () => reject(new Error(name)));
  });
  const stores = [...database.objectStoreNames];
  const transaction = database.transaction(stores, 'readwrite');
  let isHeld = true;
  globalThis.addEventListener('let-go', () => (isHeld = false));
  const keep = (): void => {
    if (!isHeld) return;
    transaction
      .objectStore(stores[0] ?? '')
      .count()
      .addEventListener('success', keep);
  };
  await new Promise<void>((resolve) => {
    transaction
      .objectStore(stores[0] ?? '')
      .count()
      .addEventListener('success', () => {
        resolve();
        keep();
      });
  });
}

/** In the page: as many lines in the delivery log. */
async function addDeliveries({ name, count }: { name: string; count: number }): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(name);
    opening.addEventListener('success', () => resolve(opening.result));
    opening.addEventListener('error', () => reject(new Error(name)));
  });
  const transaction = database.transaction('deliveries', 'readwrite');
  for (let at = 0; at < count; at++) {
    transaction.objectStore('deliveries').add({
      atMs: Date.now(),
      entryId: String(at),
      result: 'failed',
      attempt: 1,
      answer: 'HTTP 503',
      alerts: [{ fingerprint: 'f', alertname: `Test alert ${at}`, state: 'test' }],
      receipt: null,
    });
  }
  await new Promise((resolve) => transaction.addEventListener('complete', resolve));
  database.close();
}

describe('alerts', () => {
  test('a rule is read from its top, and left to where it was opened from', async ({ open }) => {
    const page = await open({ address: '#/alerts?view=rules' });
    for (const way of ['Cancel', 'Save']) {
      await press(button(page, 'Edit Error burst'));
      await expect.poll(() => focused(page)).toBe('rule-title');
      await press(button(page, way));
      await expect.poll(() => focused(page)).toBe('edit-error-burst');
    }
    await press(button(page, 'Add a rule'));
    await expect.poll(() => focused(page)).toBe('rule-title');
    await page.getByLabel('Name').fill('Mine');
    await press(button(page, 'Save'));
    await expect.poll(() => focused(page)).toBe('edit-new');
    await press(button(page, 'Edit Mine'));
    await press(button(page, 'Delete…'));
    await press(button(page, 'Delete'));
    await page.getByLabel('Notes').getByText('“Mine” is deleted.').waitFor();
    await expect.poll(() => focused(page)).toBe('rules-title');
  });

  test('the next silence follows one that was ended, the heading the last one', async ({
    open,
  }) => {
    const page = await open({ address: '#/alerts?view=silences' });
    for (const severity of ['info', 'critical']) {
      await page.getByLabel('Mutes').selectOption('severity');
      await page.getByRole('combobox', { name: 'Severity' }).selectOption(severity);
      await press(button(page, 'Silence'));
      await page.getByRole('rowheader', { name: `severity = "${severity}"` }).waitFor();
    }
    await press(page.getByRole('button', { name: /^End/u }).first());
    await page.getByRole('rowheader', { name: 'severity = "info"' }).waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toMatch(/^End/u);
    await press(page.getByRole('button', { name: /^End/u }));
    await expect.poll(() => focused(page)).toBe('silences-title');
  });

  test('an alert that was silenced is gone on from', async ({ open }) => {
    const page = await open({ address: '#/alerts' });
    await page.getByRole('heading', { name: 'Firing' }).waitFor();
    await page.evaluate(async () => {
      for (let at = 0; at < 12; at++) {
        await window.shellwright.generate({ prompt: 'x', temperature: 9 }).catch(() => null);
      }
    });
    await press(button(page, 'Silence Error burst'));
    await press(button(page, '8 h'));
    await page.getByText(/Silenced until/u).waitFor();
    await expect.poll(() => focused(page)).toBe('Error burst');
  });

  test('the rest of the delivery log is gone on from where it begins', async ({ open }) => {
    const page = await open({ address: '#/alerts?view=delivery' });
    await page.getByText('Nothing was sent yet.').waitFor();
    await page.evaluate(addDeliveries, { name: DATABASE_NAME, count: 40 });
    await page.reload();
    const showAll = button(page, 'Show all 40');
    await press(showAll);
    // The newest 30 were there before.
    await expect.poll(() => focused(page)).toBe('Test alert 9 (test)');
  });
});

describe('the Monitor page', () => {
  test('keeps the place in its controls', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await page.evaluate(() => window.shellwright.generate({ prompt: 'one' }));
    await page.getByRole('link', { name: 'Monitor' }).click();
    await page.getByRole('figure', { name: 'Endings' }).waitFor();

    await press(button(page, 'Edit targets'));
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT');
    await press(button(page, 'Cancel'));
    await expect.poll(() => focused(page)).toBe('Edit targets');

    await page.getByText('Custom', { exact: true }).click();
    await press(button(page, 'Show'));
    await expect.poll(() => focused(page)).toBe('Custom');
    await press(button(page, 'Back to 1 h'));
    await expect.poll(() => focused(page)).toBe('1h');

    await page.getByRole('combobox', { name: 'Ending' }).selectOption('timeout');
    await page.getByText('No request passes the filters').waitFor();
    await press(button(page, 'Clear filters').last());
    await page.getByRole('figure', { name: 'Endings' }).waitFor();
    await expect.poll(() => focused(page)).toBe('Monitor');
    await page.getByRole('combobox', { name: 'Ending' }).selectOption('finished');
    await press(button(page, 'Clear filters'));
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('SELECT');
  });

  test('offers a sample set once it is known where its button stays', async ({ open }) => {
    const page = await open({ address: '#/monitor' });
    await button(page, 'Run a sample set').waitFor();
    await page.evaluate(() => (location.hash = '#/'));
    await page.getByRole('textbox', { name: /What should/u }).waitFor();
    await page.evaluate(holdDisk, DATABASE_NAME);
    await page.evaluate(() => (location.hash = '#/monitor'));
    await page.getByRole('heading', { name: 'Monitor', exact: true }).waitFor();
    expect(await button(page, 'Run a sample set').count()).toBe(0);
    await page.evaluate(() => globalThis.dispatchEvent(new Event('let-go')));
    await button(page, 'Run a sample set').waitFor();
    expect(await page.locator('header').locator(button(page, 'Run a sample set')).count()).toBe(0);
  });

  test('keeps it while a sample set is started, measured and stopped', async ({ open }) => {
    const page = await open({ address: '#/monitor' });
    await press(button(page, 'Run a sample set'));
    await expect.poll(() => focused(page)).toBe('Stop');
    await page.getByRole('figure', { name: 'Endings' }).waitFor();
    await expect.poll(() => focused(page)).toBe('Stop');
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('Run a sample set');
  });
});

test('parameters as recommended are gone on from', async ({ open }) => {
  const page = await open();
  await page.getByText('Parameters', { exact: true }).click();
  await page.getByLabel('seed').fill('7');
  await press(button(page, 'As recommended'));
  await expect.poll(() => focused(page)).toBe('parameter-max_tokens');
});

describe('the history', () => {
  /** In the page: as many requests, one after another. */
  async function ask(count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      await window.shellwright.generate({ prompt: `request ${at}` });
    }
  }

  test('is gone on with from where its last page begins', async ({ open }) => {
    const page = await open({ scenario: { text: 'ls\n', tokenMs: 0 } });
    await getReady(page);
    await page.evaluate(ask, 22);
    await press(button(page, 'Show more'));
    await expect.poll(() => focused(page)).toMatch(/^request 1 /u);
  });

  test('leaves its place to the heading where it is cleared in the settings', async ({ open }) => {
    const page = await open({ scenario: { text: 'ls\n', tokenMs: 0 } });
    await getReady(page);
    await page.evaluate(ask, 1);
    await page.getByRole('link', { name: 'Settings' }).click();
    await press(button(page, 'Clear history, 1'));
    await press(button(page, 'Clear history'));
    await page.getByText('History is empty now.').first().waitFor();
    await expect.poll(() => focused(page)).toBe('storage-title');
  });
});

describe('a note', () => {
  test('that is dismissed leads to the next, the last one to the page', async ({ open }) => {
    const page = await open({ scenario: { text: 'ls\n', tokenMs: 0 } });
    await getReady(page);
    for (const prompt of ['one', 'two']) {
      await page.evaluate((text) => window.shellwright.generate({ prompt: text }), prompt);
    }
    // Notes go by this clock: not before the test has pressed what is in them.
    await page.clock.install();
    for (const prompt of ['one', 'two']) await press(button(page, `Delete ${prompt}`));
    const notes = page.getByLabel('Notes').getByRole('listitem');
    await expect.poll(() => notes.count()).toBe(2);
    await notes.first().getByRole('button', { name: 'Dismiss' }).focus();
    await page.clock.runFor(60_000);
    await expect.poll(() => notes.count()).toBe(1);
    await expect.poll(() => focused(page)).toBe('Dismiss');
    await press(notes.getByRole('button', { name: 'Undo' }));
    await expect.poll(() => notes.count()).toBe(0);
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
  });
});

test('a model of the hub makes way for this site’s, whose heading has the place', async ({
  open,
}) => {
  const page = await open({ address: '#/settings' });
  await page.getByLabel('From the Hugging Face hub').fill('owner/name');
  await press(button(page, 'Load'));
  await press(button(page, 'Use this one'));
  await expect.poll(() => focused(page)).toBe('own-model');
});
