/** Every state of the page: that it says what it should, fits 360 px, and gives axe nothing serious to find in light and dark. */
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { failure } from '../../src/contracts/failure.ts';
import { downloadSteps, phaseStep, type Scenario } from '../fixtures/scripted-engine/scenario.ts';
import { getReady, overflowPx, send, seriousViolations, test } from './support/page-test.ts';

interface State {
  readonly name: string;
  readonly scenario?: Partial<Scenario>;
  readonly address?: string;
  readonly reach: (page: Page) => Promise<void>;
  readonly says: RegExp;
}

const PROMPT = 'find all files over 100 MB in /var/log and sort them by size';
const BROKEN = `#!/usr/bin/env bash
for f in *.log; do
  if [ -s "$f" ]; then
    gzip "$f"

done
`;
const start = (page: Page): Promise<void> =>
  page.getByRole('button', { name: /^Download model/u }).click();
const generate = (page: Page, prompt: string): Promise<unknown> =>
  page.evaluate((text) => window.shellwright.generate({ prompt: text }), prompt);

const STATES: readonly State[] = [
  {
    name: 'first visit',
    reach: () => Promise.resolve(),
    says: /Bash, written on your own device\.[\s\S]*Download model, \d+(\.\d)? MB/u,
  },
  {
    name: 'offline before the first download',
    reach: (page) => page.context().setOffline(true),
    says: /You are offline, and the model is not on this device yet/u,
  },
  {
    name: 'a script that destroys data',
    scenario: { text: '#!/bin/bash\nsudo rm -rf / --no-preserve-root\ncurl -s example.com | sh\n' },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /Danger\s+at line 2\s+deletes every file of the machine\.\s+Danger\s+at line 3\s+runs what a server sends/u,
  },
  {
    name: 'downloading',
    scenario: { load: downloadSteps(0.43), stepMs: 150, holdsLoad: true },
    reach: start,
    says: /Downloading[\s\S]*\d+(\.\d)? MB of 82\.4 MB[\s\S]*MB\/s[\s\S]*left[\s\S]*Pause/u,
  },
  {
    name: 'paused',
    scenario: { load: downloadSteps(0.43), stepMs: 20, holdsLoad: true },
    reach: async (page) => {
      await start(page);
      await page.getByRole('button', { name: 'Pause' }).click();
    },
    says: /PAUSED/iu,
  },
  {
    name: 'verifying',
    scenario: { load: [phaseStep('verifying')], holdsLoad: true },
    reach: start,
    says: /Verifying every byte/u,
  },
  {
    name: 'compiling',
    scenario: { load: [phaseStep('compiling')], holdsLoad: true },
    reach: start,
    says: /Compiling for this device/u,
  },
  {
    name: 'warming up',
    scenario: { load: [phaseStep('warming-up')], holdsLoad: true },
    reach: start,
    says: /warm up/u,
  },
  {
    name: 'load failed',
    scenario: { loadFailure: failure('model/checksum-mismatch') },
    reach: start,
    says: /arrived damaged, twice[\s\S]*Try again later[\s\S]*model\/checksum-mismatch[\s\S]*Try again/u,
  },
  {
    name: 'the tab died of loading',
    reach: async (page) => {
      await page.evaluate(() =>
        localStorage.setItem('shellwright.preparing', 'of-a-tab-that-died'),
      );
      await page.reload();
    },
    says: /The tab ended the last time it prepared the model[\s\S]*Close other tabs[\s\S]*engine\/tab-died[\s\S]*Try again/u,
  },
  { name: 'ready', reach: getReady, says: /The script will be written here/u },
  {
    name: 'prompt missing',
    reach: async (page) => {
      await getReady(page);
      await page.keyboard.press('ControlOrMeta+Enter');
    },
    says: /Write here what you need first/u,
  },
  {
    name: 'parameter refused',
    reach: async (page) => {
      await getReady(page);
      await page.getByText('Parameters').click();
      await page.getByLabel('temperature').fill('3');
    },
    says: /1 to correct[\s\S]*temperature must be a number from 0 to 2/u,
  },
  {
    name: 'queued',
    scenario: { holdAfterTokens: 5 },
    reach: async (page) => {
      await getReady(page);
      await page.evaluate(() => {
        void window.shellwright.generate({ prompt: 'one' });
        void window.shellwright.generate({ prompt: 'two' });
      });
      await send(page, PROMPT);
    },
    says: /Queued: 2 requests are ahead/u,
  },
  {
    name: 'writing',
    scenario: { holdAfterTokens: 60 },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /Stop[\s\S]*find \/var\/log[\s\S]*ELAPSED/iu,
  },
  {
    name: 'done',
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /numfmt[\s\S]*IN ALL[\s\S]*no WebGPU adapter[\s\S]*Read it before you run it/iu,
  },
  {
    name: 'stopped',
    scenario: { holdAfterTokens: 20 },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
      await page.getByText('Lists').waitFor();
      await page.keyboard.press('Escape');
    },
    says: /Stopped\. What was written until then is here/u,
  },
  {
    name: 'at the limit',
    reach: async (page) => {
      await getReady(page);
      await page.getByText('Parameters').click();
      await page.getByLabel('max_tokens').fill('12');
      await send(page, PROMPT);
    },
    says: /Stopped at max_tokens, 12\. Raise it/u,
  },
  {
    name: 'failed',
    scenario: { generateFailure: failure('engine/inference-failed') },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /failed while it was computing[\s\S]*engine\/inference-failed[\s\S]*Try again/u,
  },
  {
    name: 'written so far',
    scenario: { holdAfterTokens: 70 },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /Stop[\s\S]*Valid so far[\s\S]*on line 9 waits for/u,
  },
  {
    name: 'complete while it is being written',
    scenario: { text: 'ls -l\nwc', holdAfterTokens: 2 },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /Stop[\s\S]*Complete[\s\S]*It could end here/u,
  },
  {
    name: 'broken while it is being written',
    scenario: { text: 'if true; then\n  ls; done fi x', holdAfterTokens: 7 },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /Stop[\s\S]*Broken[\s\S]*at line 2[\s\S]*syntax error near unexpected token `done'[\s\S]*if on line 1 waits for fi/u,
  },
  {
    name: 'valid, with the guard at work',
    scenario: { guard: { on: true, refusedTokens: 3, cutBack: true } },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /numfmt[\s\S]*Valid bash[\s\S]*bash -n accepts it[\s\S]*Syntax guard on: 3 tokens refused; the end was cut back[\s\S]*HISTORY.1[\s\S]*tokens · valid/iu,
  },
  {
    name: 'broken, without the guard',
    scenario: { text: BROKEN },
    reach: async (page) => {
      await getReady(page);
      await page.getByLabel('Syntax guard').click();
      await send(page, PROMPT);
    },
    says: /guard changed[\s\S]*Broken[\s\S]*at line 6[\s\S]*near unexpected token `done'[\s\S]*if on line 3 waits for fi[\s\S]*for on line 2 waits for done[\s\S]*Syntax guard off[\s\S]*broken at line 6/u,
  },
  {
    name: 'unfinished',
    scenario: { text: 'for f in *; do\n  echo "$f' },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /Unfinished[\s\S]*line 2[\s\S]*unexpected EOF while looking for matching[\s\S]*" on line 2 waits for "[\s\S]*for on line 1 waits for done/u,
  },
  {
    name: 'valid with a warning of bash',
    scenario: { text: 'cat <<EOF > note.txt\nRemember the milk.\n' },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /Valid bash[\s\S]*bash warns: here-document at line 1 delimited by end-of-file \(wanted `EOF'\)/u,
  },
  {
    name: 'valid, yet bash stops reading',
    scenario: { text: 'if [[ $# eq 0 ]]; then\n  exit 1\nfi\n' },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /Valid bash[\s\S]*bash stops reading at line 1[\s\S]*never checked, nor run/u,
  },
  {
    name: 'empty',
    scenario: { text: '# nothing to do\n' },
    reach: async (page) => {
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /Empty[\s\S]*There is no command in it[\s\S]*tokens · empty/u,
  },
  {
    name: 'no checker',
    reach: async (page) => {
      await page.route('**/assets/bash-parser-*.wasm', (route) => route.abort());
      await getReady(page);
      await send(page, PROMPT);
    },
    says: /numfmt[\s\S]*Syntax not checked[\s\S]*could not be loaded/u,
  },
  {
    name: 'device lost',
    scenario: { losesDeviceAfterMs: 50 },
    reach: start,
    says: /The graphics device was lost\. The model is being loaded again/u,
  },
  {
    name: 'unsupported browser',
    reach: async (page) => {
      await page.addInitScript(() => {
        Reflect.deleteProperty(globalThis, 'Worker');
      });
      await page.reload();
    },
    says: /This browser cannot run the model[\s\S]*engine\/unsupported-browser/u,
  },
  {
    name: 'link cut off',
    address: '#/write?v=1&prompt=find%20all',
    reach: () => Promise.resolve(),
    says: /The link is cut off[\s\S]*share\/invalid-link/u,
  },
  {
    name: 'history',
    reach: async (page) => {
      await getReady(page);
      await generate(page, 'count the lines of all Python files');
      await generate(page, 'rename every .jpeg to .jpg');
      await page.getByRole('button', { name: /^Delete rename/u }).click();
    },
    says: /HISTORY.1[\s\S]*count the lines[\s\S]*Deleted from history[\s\S]*Undo/iu,
  },
  {
    name: 'history about to be cleared',
    reach: async (page) => {
      await getReady(page);
      await generate(page, 'count the lines of all Python files');
      await page.getByRole('button', { name: 'Clear' }).click();
    },
    says: /Clear the history\?[\s\S]*cannot be undone/u,
  },
  {
    name: 'settings',
    reach: async (page) => {
      await getReady(page);
      await page.getByRole('link', { name: 'Settings' }).click();
    },
    says: /no WebGPU adapter[\s\S]*BACKEND[\s\S]*WASM, 4 threads[\s\S]*82\.4 MB from[\s\S]*Run on/iu,
  },
  {
    name: 'settings before a model is there',
    address: '#/settings',
    reach: () => Promise.resolve(),
    says: /No model loaded\.[\s\S]*Run on/iu,
  },
];

test.for(STATES)('$name', async ({ scenario, address, reach, says }, { open }) => {
  const page = await open({
    ...(scenario === undefined ? {} : { scenario }),
    ...(address === undefined ? {} : { address }),
  });
  await reach(page);
  await expect.poll(() => page.locator('body').innerText()).toMatch(says);
  expect(await seriousViolations(page)).toEqual([]);

  await page.setViewportSize({ width: 360, height: 740 });
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await overflowPx(page)).toBeLessThanOrEqual(0);
  expect(await seriousViolations(page)).toEqual([]);
});

test('axe would find text that is too pale, and a control without a name', async ({ open }) => {
  const page = await open();
  await page.evaluate(() => {
    document
      .querySelector('main')
      ?.insertAdjacentHTML(
        'beforeend',
        '<p style="color: #bbb; background: #fff">pale</p><button></button>',
      );
  });
  expect(await seriousViolations(page)).toEqual([
    expect.stringMatching(/^button-name/u),
    expect.stringMatching(/^color-contrast/u),
  ]);
});

test('a script that is too long to be checked at each keystroke says so', async ({ open }) => {
  const page = await open({ scenario: { text: `ls${'\n'.repeat(600_000)}wc` } });
  await getReady(page);
  await send(page, PROMPT);
  await page.getByText('Not checked', { exact: true }).waitFor();
  await page.getByText('longer than 524288 bytes').waitFor();
  await page.getByText(/tokens · not checked/u).waitFor();
});
