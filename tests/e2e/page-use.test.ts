/** Using the page: from the keyboard alone, over a reload, in two tabs, by link and by the console. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { describe, expect } from 'vitest';
import { failure } from '../../src/contracts/failure.ts';
import {
  READY,
  SCRIPT_TEXT,
  downloadSteps,
  phaseStep,
} from '../fixtures/scripted-engine/scenario.ts';
import { useScriptedEngine } from '../fixtures/scripted-engine/bundle.ts';
import { getReady, script, send, test } from './support/page-test.ts';

const PROMPT = 'find all files over 100 MB in /var/log';

describe('from the keyboard alone', () => {
  test('a script is asked for, stopped, edited and left', async ({ open }) => {
    const page = await open({ scenario: { holdAfterTokens: 20 } });
    const focused = () => page.evaluate(() => document.activeElement?.textContent.trim() ?? '');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PROMPT);
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Download and write');
    await page.keyboard.press('Enter');
    await page.getByText('Lists').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('What was written until then').waitFor();
    for (let i = 0; i < 20 && !(await focused()).startsWith('#!'); i++) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('ControlOrMeta+End');
    await page.keyboard.type(' mine');
    expect(await script(page)).toContain(' mine');
    await page.keyboard.press('Tab');
    expect((await focused()).startsWith('#!')).toBe(false);
  });

  test('every stop can be seen', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await send(page, PROMPT);
    await page.getByText('numfmt').waitFor();
    await page.evaluate(() => {
      (document.activeElement as HTMLElement).blur();
    });
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        if (element === document.body) return null;
        const shell = element.closest('.cm-editor') ?? element;
        const { outlineStyle, outlineWidth } = getComputedStyle(shell);
        const { width, height } = element.getBoundingClientRect();
        const isSeen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
        return { name: element.outerHTML.slice(0, 80), isSeen: isSeen && width > 0 && height > 0 };
      });
      if (stop === null) return;
      expect(stop).toEqual({ name: stop.name, isSeen: true });
    }
  });

  test('no action loses the place', async ({ open }) => {
    const page = await open({ scenario: { holdAfterTokens: 20 } });
    const focused = () => page.evaluate(() => document.activeElement?.textContent.trim() ?? '');
    await page.getByRole('button', { name: /^Download model/u }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /Ready/u }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('script-title');
    for (const prompt of ['count lines', 'rename files']) {
      await page.getByRole('textbox', { name: /What should/u }).fill(prompt);
      await page.getByRole('button', { name: 'Write the script' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('Lists').waitFor();
      expect(await focused()).toBe('Stop');
      await page.keyboard.press('Space');
      await page.getByText('What was written until then').waitFor();
      expect(await focused()).toBe('Write the script');
    }
    await page.getByRole('button', { name: 'Delete rename files' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Delete count lines');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('History');
  });

  test('a button that is held down sends once', async ({ open }) => {
    const page = await open({ scenario: { holdAfterTokens: 20 } });
    await getReady(page);
    await page.getByRole('textbox', { name: /What should/u }).fill(PROMPT);
    await page.getByRole('button', { name: 'Write the script' }).focus();
    for (let i = 0; i < 3; i++) await page.keyboard.down('Enter');
    await page.getByText('Lists').waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
  });

  test('the settings are reached, and read from their top', async ({ open }) => {
    const page = await open();
    await page.getByRole('link', { name: 'Settings' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    expect(await page.title()).toBe('Settings · Shellwright');
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
  });
});

describe('a request', () => {
  const box = (page: Page) => page.getByRole('textbox', { name: /What should/u });

  test('that makes way for another is given back', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await send(page, 'count lines');
    await page.getByText('numfmt').waitFor();
    const entry = page.getByRole('button', { name: /^count lines/u });
    const example = page.getByRole('region', { name: 'Examples' }).getByRole('button').first();
    for (const other of [entry, example]) {
      await box(page).fill('rename my photos');
      await other.click();
      expect(await box(page).inputValue()).not.toBe('rename my photos');
      await page.getByLabel('Notes').getByRole('button', { name: 'Undo' }).click();
      expect(await box(page).inputValue()).toBe('rename my photos');
    }
  });

  test('that is wrong is led to, however it is sent', async ({ open }) => {
    const page = await open();
    const focused = () => page.evaluate(() => document.activeElement?.id);
    const summary = page.getByText('Parameters', { exact: true });
    await summary.click();
    await page.getByLabel('temperature').fill('9');
    await box(page).fill(PROMPT);
    for (const press of [
      () => page.keyboard.press('ControlOrMeta+Enter'),
      () => page.getByRole('button', { name: 'Download and write' }).click(),
      () => page.getByRole('button', { name: 'Share' }).click(),
    ]) {
      await summary.click();
      await press();
      await expect.poll(focused).toBe('parameter-temperature');
    }
    await page.getByLabel('temperature').fill('');
    await box(page).fill('x'.repeat(200_001));
    await page.keyboard.press('ControlOrMeta+Enter');
    await page.getByText('prompt must have at most 200000 characters.').waitFor();
    await page.getByRole('button', { name: 'Share' }).click();
    await expect.poll(focused).toBe('prompt');
  });
});

describe('what screen readers hear', () => {
  test('is how it goes, and not each token', async ({ open }) => {
    const page = await open();
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(window, { heard });
      const region = document.querySelector('[role=status]');
      if (region === null) throw new Error('there is no live region');
      new MutationObserver(() => heard.push(region.textContent)).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    await getReady(page);
    await send(page, PROMPT);
    await page.getByText('numfmt').waitFor();
    await expect
      .poll(() => page.evaluate(() => (window as unknown as { heard: string[] }).heard))
      .toEqual([
        expect.stringMatching(/^The model is ready/u),
        'Working on it.',
        expect.stringMatching(/^The script is written, \d+ tokens/u),
      ]);
  });
});

describe('the history', () => {
  test('tells how long ago something was asked for, as time goes by', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await page.evaluate(() => window.shellwright.generate({ prompt: 'list files' }));
    await page.clock.install();
    // Only what is shown from now on goes by this clock.
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
    await page.goBack();
    await page.getByText(/^\s*now · /u).waitFor();
    await page.clock.fastForward(180_000);
    await page.getByText(/^\s*[3-9] min ago · /u).waitFor();
  });

  test('outlives a reload, with the edit, and fills the form when it is opened', async ({
    open,
  }) => {
    const page = await open();
    await getReady(page);
    await page.getByText('Parameters').click();
    await page.getByLabel('seed').fill('7');
    await send(page, PROMPT);
    await page.getByText('bash -n accepts it').waitFor();
    await page.locator('.cm-content').click();
    await page.keyboard.press('ControlOrMeta+End');
    await page.keyboard.type('# mine');
    await page.getByText('edited').waitFor();
    await page.reload();
    await page.getByRole('textbox', { name: /What should/u }).fill('');
    await page.getByRole('button', { name: new RegExp(`^${PROMPT}`, 'u') }).click();
    expect(await script(page)).toContain('# mine');
    expect(await page.getByRole('textbox', { name: /What should/u }).inputValue()).toBe(PROMPT);
    await page.getByText('Parameters').click();
    expect(await page.getByLabel('seed').inputValue()).toBe('7');
  });

  test('keeps the last edit also when the page is closed at once', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await send(page, PROMPT);
    await page.getByText('bash -n accepts it').waitFor();
    await page.locator('.cm-content').click();
    await page.keyboard.type('#x');
    await page.reload();
    await page.getByText('edited').waitFor();
  });

  test('is searched, undone and cleared', async ({ open }) => {
    const page = await open();
    await getReady(page);
    for (const prompt of ['count lines', 'rename files', 'list users']) {
      await page.evaluate((text) => window.shellwright.generate({ prompt: text }), prompt);
    }
    const entries = page.locator('button.entry');
    await expect.poll(() => entries.count()).toBe(3);
    await page.getByLabel('Search history').fill('FILES rename');
    await expect.poll(() => entries.allInnerTexts()).toEqual([expect.stringContaining('rename')]);
    await page.getByRole('button', { name: 'Delete rename files' }).click();
    await page.getByText('Nothing here has these words').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => entries.count()).toBe(1);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('button', { name: 'Keep' }).click();
    await expect.poll(() => entries.count()).toBe(1);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('button', { name: 'Clear history' }).click();
    await expect.poll(() => page.getByText('What you ask for is kept here').count()).toBe(1);
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('history-title');
  });

  test('names no other engine while none runs', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await send(page, 'count lines');
    await page.getByRole('button', { name: /^count lines/u }).waitFor();
    await useScriptedEngine(page, { ...READY, loadFailure: failure('engine/session-failed') });
    await page.reload();
    await page.getByText('engine/session-failed').waitFor();
    await page.getByRole('button', { name: /^count lines/u }).click();
    await page.getByText('Read it before you run it.').waitFor();
    expect(await page.getByText('Written with another engine').count()).toBe(0);
  });

  test('is the same in two tabs', async ({ open }) => {
    const page = await open();
    await getReady(page);
    const other = await page.context().newPage();
    await useScriptedEngine(other, READY);
    await other.goto(page.url());
    await page.evaluate(() => window.shellwright.generate({ prompt: 'count lines' }));
    await other.getByRole('button', { name: /^count lines/u }).waitFor();
  });
});

describe('a script', () => {
  test('is copied, and saved as a file under the name of its request', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await send(page, PROMPT);
    await page.getByText('bash -n accepts it').waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(SCRIPT_TEXT);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('find-all-files-over-100-mb-in-var-log.sh');
    expect(await readFile(await file.path(), 'utf8')).toBe(SCRIPT_TEXT);
  });

  test('is judged as it is edited: the place is marked, reached, and heard of', async ({
    open,
  }) => {
    const page = await open({ scenario: { text: 'ls -l\nwc -l *\n' } });
    await getReady(page);
    await send(page, PROMPT);
    await page.getByText('bash -n accepts it').waitFor();
    await page.locator('.cm-content').click();
    await page.keyboard.press('ControlOrMeta+End');
    await page.keyboard.type('if true; fi');
    await page.getByText("syntax error near unexpected token `fi'").waitFor();
    expect(await page.locator('.mark-stop').innerText()).toBe('fi');
    expect(await page.locator('.gutter-stop').innerText()).toBe('3');
    await expect
      .poll(() => page.locator('[role=status]').innerText())
      .toMatch(/^Broken at line 3\. syntax error near unexpected token `fi'\. if on line 3/u);
    const described = await page.locator('.cm-content').getAttribute('aria-describedby');
    expect(await page.locator(`[id="${described ?? ''}"]`).innerText()).toContain('Broken');
    await page.getByText(/tokens · broken at line 3 · edited/u).waitFor();
    await page.getByRole('textbox', { name: /What should/u }).focus();
    await page.getByRole('button', { name: 'at line 3', exact: true }).click();
    await page.keyboard.type('then a; ');
    await page.getByText('bash -n accepts it').waitFor();
    expect(await page.locator('.mark-stop').count()).toBe(0);
    expect(await script(page)).toContain('if true; then a; fi');
  });

  test('is warned of where it destroys data, also as it is edited', async ({ open }) => {
    const page = await open({ scenario: { text: 'ls -l\nrm -rf /\n' } });
    await getReady(page);
    await send(page, PROMPT);
    const warning = page.getByText('deletes every file of the machine');
    await warning.waitFor();
    await page.getByRole('button', { name: 'at line 2', exact: true }).click();
    await page.keyboard.press('End');
    await page.keyboard.type('tmp/x');
    await warning.waitFor({ state: 'detached' });
    expect(await script(page)).toContain('rm -rf /tmp/x');
    await page.keyboard.type(' ~');
    await page.getByText('deletes a whole home directory').waitFor();
  });

  test('that goes on from a beginning is judged as a whole', async ({ open }) => {
    const page = await open({ scenario: { text: '  ls\nfi\n' } });
    await getReady(page);
    await send(page, '#!/bin/bash\nif true; then\n');
    await page.getByText('bash -n accepts it').waitFor();
  });

  test('is guarded or not, as a link or the console says', async ({ open }) => {
    const page = await open({ address: '#/write?v=1&prompt=ls&guard=false&end' });
    const guard = page.getByRole('switch', { name: 'Syntax guard' });
    expect(await guard.isChecked()).toBe(false);
    await guard.focus();
    await page.keyboard.press('Space');
    expect(await guard.isChecked()).toBe(true);
    const record = await page.evaluate(() =>
      window.shellwright.generate({ prompt: 'ls', guard: false }),
    );
    expect(record.guard).toEqual({ on: false, refusedTokens: 0, cutBack: false });
    expect(record.syntax).toEqual({ result: 'valid', line: null });
  });

  test('is asked for by a link, which fills the form, runs nothing and is sent to nobody', async ({
    open,
    site,
  }) => {
    const page = await open();
    await page.getByText('Parameters').click();
    await page.getByLabel('temperature').fill('0.4');
    await page.getByRole('textbox', { name: /What should/u }).fill(`${PROMPT}\n# & done = 100%`);
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByLabel('Notes').getByText('Link copied').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link.startsWith(`${site.url}#/write?`)).toBe(true);

    const other = await page.context().newPage();
    const requests: string[] = [];
    other.on('request', (request) => requests.push(request.url()));
    await useScriptedEngine(other, READY);
    await other.goto(link);
    await other.evaluate(() => {
      sessionStorage.clear();
    });
    await other.goto(`${site.url}?fresh`);
    await other.goto(link);
    await other.getByLabel('Notes').getByText('Nothing has run yet').waitFor();
    expect(await other.getByRole('textbox', { name: /What should/u }).inputValue()).toBe(
      `${PROMPT}\n# & done = 100%`,
    );
    expect(await other.getByText('temperature changed').count()).toBe(1);
    expect(new URL(other.url()).hash).toBe('#/write');
    expect(await other.locator('button.entry').count()).toBe(0);
    expect(requests.filter((url) => url.includes('prompt') || url.includes('var'))).toEqual([]);
  });
});

describe('the model', () => {
  test('is downloaded only when somebody asks, then resumed by itself after a reload', async ({
    open,
  }) => {
    const scenario = { ...READY, load: downloadSteps(0.5), stepMs: 20, holdsLoad: true };
    const page = await open({ scenario });
    const state = () => page.evaluate(() => window.shellwright.engine().state);
    expect(await state()).toBe('idle');
    await page.getByRole('button', { name: /^Download model/u }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Loading the model has been stopped').waitFor();
    await page.reload();
    await page.getByRole('button', { name: /^Download model/u }).waitFor();
    expect(await state()).toBe('idle');
  });

  test('writes what was sent while it was still being downloaded', async ({ open }) => {
    const page = await open({ scenario: { load: downloadSteps(1), stepMs: 60 } });
    await send(page, PROMPT);
    await page.getByText('Waiting for the model').waitFor();
    await page.getByText('numfmt').waitFor();
  });

  test('that fails to load fails what was sent, which can be tried again', async ({ open }) => {
    const page = await open({ scenario: { loadFailure: failure('model/download-failed') } });
    await send(page, PROMPT);
    const outcome = page.locator('section', { has: page.getByText('Tokens/s') });
    await outcome.getByText('model/download-failed').waitFor();
    await useScriptedEngine(page, READY);
    await page.reload();
    await send(page, PROMPT);
    await page.getByText('numfmt').waitFor();
  });

  test('is started anew when its worker dies, and writes the next request', async ({ open }) => {
    const page = await open({ address: '?testing', scenario: { holdAfterTokens: 10 } });
    await getReady(page);
    await send(page, PROMPT);
    await page.getByText('Lists').waitFor();
    await useScriptedEngine(page, READY);
    await page.evaluate(() => window.shellwright.testing?.crashWorker());
    await page.getByText('engine/worker-crashed').first().waitFor();
    await page.getByRole('link', { name: /Ready/u }).waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('numfmt').waitFor();
  });

  test('is not loaded again unasked after the tab died of it', async ({ open }) => {
    const page = await open({ scenario: { load: [phaseStep('compiling')], holdsLoad: true } });
    await page.getByRole('button', { name: /^Download model/u }).click();
    await page.getByText('Compiling for this device').waitFor();
    const { url, context } = { url: page.url(), context: page.context() };
    const crashed = page.waitForEvent('crash');
    const protocol = await context.newCDPSession(page);
    // It has no answer: who would give it is gone.
    void protocol.send('Page.crash').catch(() => {});
    await crashed;
    const next = await context.newPage();
    await useScriptedEngine(next, READY);
    await next.goto(url);
    await next.getByText('engine/tab-died').waitFor();
    await next.reload();
    await next.getByText('engine/tab-died').waitFor();
    await next.getByRole('button', { name: 'Try again' }).click();
    await next.getByRole('link', { name: /Ready/u }).waitFor();
    await next.reload();
    await next.getByRole('link', { name: /Ready/u }).waitFor();
  });

  test('runs where the address of the page says', async ({ open }) => {
    const page = await open({ address: '?backend=webgpu&threads=2&precision=f16' });
    await page.evaluate(() => window.shellwright.load());
    expect(await page.evaluate(() => window.shellwright.engine())).toMatchObject({
      state: 'ready',
      backend: 'webgpu',
      precision: 'f16',
    });
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('?backend=webgpu').waitFor();
    expect(await page.getByLabel('WASM, the processor').isDisabled()).toBe(true);
  });
});

describe('the settings', () => {
  test('begin no download that nobody has asked for, or that is paused', async ({ open }) => {
    const scenario = { load: downloadSteps(0.5), stepMs: 20, holdsLoad: true };
    const page = await open({ scenario, address: '#/settings' });
    const state = () => page.evaluate(() => window.shellwright.engine().state);
    const change = async (threads: string, backend: string): Promise<void> => {
      await page.getByLabel('WASM threads').fill(threads);
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByLabel(backend).check();
    };
    await change('2', 'WASM, the processor');
    expect(await state()).toBe('idle');
    await page.getByRole('link', { name: 'Write', exact: true }).click();
    await page.getByRole('button', { name: /^Download model/u }).click();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Loading the model has been stopped').waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await change('3', 'Automatic');
    expect(await state()).toBe('paused');
  });
});

describe('a model of the hub', () => {
  test('is not described as this site’s model', async ({ open }) => {
    const page = await open();
    await page.evaluate(() => {
      const model = { kind: 'hub', repository: 'test/script' };
      localStorage.setItem('shellwright.preferences', JSON.stringify({ model }));
    });
    await page.reload();
    await page.context().setOffline(true);
    await page.getByText('The chosen model is test/script').waitFor();
    await page.getByRole('button', { name: 'Load the model' }).waitFor();
    await page.getByRole('button', { name: 'Load and write' }).waitFor();
    expect(await page.getByText('You are offline').count()).toBe(0);
    await page.context().setOffline(false);
    await page.getByRole('link', { name: 'Monitor' }).click();
    await page.getByText('20 requests one after another').waitFor();
    expect(await page.getByText('has to be downloaded first').count()).toBe(0);
  });
});

/** In the page: what the engine leaves on the device when it has brought this model. */
async function keepModel(url: string): Promise<void> {
  const manifest = (await (await fetch(url)).json()) as { files: { sha256: string }[] };
  await (await caches.open('shellwright-manifests')).put(url, Response.json(manifest));
  const files = await caches.open('shellwright-models');
  for (const { sha256 } of manifest.files) await files.put(`/file/${sha256}`, new Response());
}

describe('without a connection', () => {
  test('a model on the device is loaded though its manifest cannot be had', async ({ open }) => {
    const page = await open();
    const answer = page.waitForResponse('**/manifest.json');
    await page.reload();
    const url = (await answer).url();
    await page.getByRole('button', { name: /^Download model/u }).waitFor();
    await page.route('**/manifest.json', (route) => route.abort());
    await page.reload();
    await page.getByText('model/download-failed').waitFor();
    await page.unroute('**/manifest.json');
    await page.evaluate(keepModel, url);
    await page.route('**/manifest.json', (route) => route.abort());
    await page.reload();
    await page.getByRole('link', { name: /Ready/u }).waitFor();
  });
});

describe('window.shellwright', () => {
  test('writes, and stops by its signal, without touching what is on screen', async ({ open }) => {
    const page = await open({ scenario: { holdAfterTokens: 8 } });
    const record = await page.evaluate(async () => {
      const abort = new AbortController();
      let tokens = 0;
      return window.shellwright.generate({
        prompt: 'list files',
        signal: abort.signal,
        onToken: () => {
          tokens += 1;
          if (tokens === 5) abort.abort();
        },
      });
    });
    expect(record).toMatchObject({ finishReason: 'cancelled', prompt: 'list files' });
    expect(record.text).not.toBe('');
    expect(await script(page)).toBe('\n');
    await page.getByText(/stopped/u).waitFor();
  });

  test('refuses a bad parameter by its name', async ({ open }) => {
    const page = await open();
    const refused = await page.evaluate(async () => {
      try {
        await window.shellwright.generate({ prompt: 'ls', temperature: 9 });
        return null;
      } catch (error) {
        const {
          code,
          failure: cause,
          message,
        } = error as Error & {
          code: string;
          failure: { detail: Record<string, unknown> };
        };
        return { code, detail: cause.detail, message };
      }
    });
    expect(refused).toEqual({
      code: 'request/invalid-parameter',
      detail: { field: 'temperature' },
      message: '`temperature` must be a number from 0 to 2.',
    });
  });
});

describe('the look', () => {
  test('is the chosen one from the first paint on', async ({ open }) => {
    const page = await open({ address: '#/settings' });
    const paper = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    await page.getByLabel('Dark').check();
    await expect.poll(paper).not.toBe(light);
    const dark = await paper();
    await page.route('**/assets/*.js', (route) => route.abort());
    await page.reload();
    expect(await paper()).toBe(dark);
  });
});
