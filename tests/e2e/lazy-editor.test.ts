/** The script's editor comes after the page: until then the script can be read, and nothing moves when it is there. */
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { getReady, script, send, test } from './support/page-test.ts';

const EDITOR_FILE = '**/assets/bash-editor-*.js';
const LINES = ['# Lists files over 100 MB', 'sort', 'numfmt'];

/** Where some words of the script stand, in whole pixels. */
function places(page: Page): Promise<(readonly [x: number, y: number])[]> {
  return page.evaluate((lines) => {
    const script = document.querySelector('[aria-label="Script, bash"]');
    if (script === null) throw new Error('there is no script');
    const nodes = document.createTreeWalker(script, NodeFilter.SHOW_TEXT);
    const found: (readonly [number, number])[] = [];
    for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) {
      for (const line of lines) {
        const at = node.textContent?.indexOf(line) ?? -1;
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + line.length);
        const { x, y } = range.getBoundingClientRect();
        found.push([Math.round(x), Math.round(y)]);
      }
    }
    return found;
  }, LINES);
}

test('a script is read before its editor is there, and stays where it is', async ({ open }) => {
  const page = await open();
  let letThrough = (): void => {};
  const isWanted = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  await page.route(EDITOR_FILE, async (route) => {
    await isWanted;
    await route.continue();
  });
  await page.reload();
  await getReady(page);
  await send(page, 'list large files');
  await page.getByText('numfmt').waitFor();
  await page.getByText('Valid bash').waitFor();
  const before = await places(page);
  expect(before).toHaveLength(LINES.length);
  await page.getByRole('textbox', { name: 'Script, bash' }).focus();
  letThrough();
  await page.locator('.cm-content').waitFor();
  expect(await places(page)).toEqual(before);
  expect(await page.evaluate(() => document.activeElement?.className)).toContain('cm-content');
  expect(await script(page)).toContain('numfmt');
});

test('without the editor’s files the script can still be read', async ({ open }) => {
  const page = await open();
  await page.route(EDITOR_FILE, (route) => route.abort());
  await page.reload();
  await getReady(page);
  await send(page, 'list large files');
  await page.getByText('numfmt').waitFor();
  await page.getByText('The editor could not be loaded').waitFor();
  await page.getByText('Valid bash').waitFor();
});
