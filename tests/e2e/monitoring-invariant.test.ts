/** Requests = finished, for whatever reason, + active: after every way in which a request or its page can end. */
import type { Page } from 'playwright';
import { describe, expect } from 'vitest';
import { READY, type Scenario } from '../fixtures/scripted-engine/scenario.ts';
import { useScriptedEngine } from '../fixtures/scripted-engine/bundle.ts';
import {
  balanceOf,
  countsByOutcome,
  readMonitorData,
  type Balance,
} from './support/monitor-data.ts';
import { getReady, send, test } from './support/page-test.ts';

const HOLD: Partial<Scenario> = { holdAfterTokens: 5 };

/** Starts a request and resolves once it has written something; the request goes on. */
function begin(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const abort = new AbortController();
        Object.assign(window, { abort });
        void window.shellwright
          .generate({ prompt: 'list files', signal: abort.signal, onToken: () => resolve() })
          .catch(() => undefined);
      }),
  );
}

function abort(page: Page): Promise<void> {
  return page.evaluate(() => {
    (window as unknown as { abort: AbortController }).abort.abort();
  });
}

function generate(page: Page): Promise<unknown> {
  return page.evaluate(() =>
    window.shellwright.generate({ prompt: 'list files' }).catch(() => undefined),
  );
}

async function otherTab(page: Page, scenario: Partial<Scenario> = {}): Promise<Page> {
  const other = await page.context().newPage();
  await useScriptedEngine(other, { ...READY, ...scenario });
  await other.goto(page.url());
  await other.waitForFunction(() => 'shellwright' in globalThis);
  await other.evaluate(() => window.shellwright.load());
  return other;
}

/** Until it is as expected; not everything is written the moment that it happens. */
async function expectBalance(page: Page, expected: Balance): Promise<void> {
  await expect
    .poll(async () => {
      try {
        return balanceOf(await readMonitorData(page));
      } catch (error) {
        return String(error);
      }
    })
    .toEqual(expected);
}

function saysThatNothingIsKept(page: Page): Promise<void> {
  const note = page.getByRole('list', { name: 'Notes' }).getByText('What is measured cannot be');
  return note.waitFor();
}

describe('the sum of all requests', () => {
  test('is right while one goes on, and after it was stopped', async ({ open }) => {
    const page = await open({ scenario: HOLD });
    await getReady(page);
    await begin(page);
    await expectBalance(page, { requests: 1, finished: {}, active: 1 });
    await abort(page);
    await expectBalance(page, { requests: 1, finished: { cancelled: 1 }, active: 0 });
  });

  test('is right after requests that waited behind it were stopped', async ({ open }) => {
    const page = await open({ scenario: HOLD });
    await getReady(page);
    await begin(page);
    await page.evaluate(async () => {
      const signal = AbortSignal.timeout(50);
      await window.shellwright.generate({ prompt: 'wait', signal });
      await window.shellwright.generate({ prompt: 'stopped before', signal: AbortSignal.abort() });
    });
    await expectBalance(page, { requests: 3, finished: { cancelled: 2 }, active: 1 });
  });

  test('is right after the worker died, for the running and the waiting ones', async ({ open }) => {
    const page = await open({ scenario: HOLD, address: '?testing' });
    await getReady(page);
    await begin(page);
    const waiting = generate(page);
    await page.evaluate(() => window.shellwright.testing?.crashWorker());
    await expectBalance(page, { requests: 2, finished: { error: 1 }, active: 1 });
    // The one that waited runs on the new worker, and is held there.
    await page.evaluate(() => window.shellwright.testing?.crashWorker());
    await waiting;
    await expectBalance(page, { requests: 2, finished: { error: 2 }, active: 0 });
    const { rollups } = await readMonitorData(page);
    expect(countsByOutcome(rollups, 'worker_restarts_total{reason="crashed"}')).toEqual({
      none: 2,
    });
  });

  test('is right after the page was reloaded meanwhile', async ({ open }) => {
    const page = await open({ scenario: HOLD });
    await getReady(page);
    await begin(page);
    await expectBalance(page, { requests: 1, finished: {}, active: 1 });
    await page.reload();
    await expectBalance(page, { requests: 1, finished: { orphaned: 1 }, active: 0 });
  });

  test('is right after the tab was closed, or its process was killed', async ({ open }) => {
    const page = await open();
    await getReady(page);
    const closed = await otherTab(page, HOLD);
    await begin(closed);
    const killed = await otherTab(page, HOLD);
    await begin(killed);
    await expectBalance(page, { requests: 2, finished: {}, active: 2 });
    await closed.close();
    await killed.goto('chrome://crash').catch(() => undefined);
    // A page that opens looks after what others have left.
    await page.reload();
    await expectBalance(page, { requests: 2, finished: { orphaned: 2 }, active: 0 });
  });

  test('is right with two tabs at once, and neither ends what the other has begun', async ({
    open,
  }) => {
    const page = await open({ scenario: HOLD });
    await getReady(page);
    await begin(page);
    const other = await otherTab(page);
    await Promise.all(Array.from({ length: 5 }, () => generate(other)));
    // Long enough for the other tab to have looked for requests of pages that are gone.
    await other.reload();
    await other.getByRole('heading', { level: 1 }).waitFor();
    await expect
      .poll(async () => {
        const { rollups } = await readMonitorData(other);
        return rollups.some((row) => 'active_generation_requests' in row.gauges);
      })
      .toBe(true);
    await expectBalance(page, { requests: 6, finished: { stop: 5 }, active: 1 });
    await abort(page);
    await expectBalance(page, { requests: 6, finished: { stop: 5, cancelled: 1 }, active: 0 });
  });

  test('is right after a request that the device slept through, whose times are left out', async ({
    open,
  }) => {
    const page = await open({ scenario: HOLD });
    await getReady(page);
    await begin(page);
    await page.evaluate(() => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 3_600_000;
    });
    await abort(page);
    await expect
      .poll(async () => (await readMonitorData(page)).records[0]?.outcome)
      .toBe('cancelled');
    const { records, rollups } = await readMonitorData(page);
    expect(records[0]?.isSuspended).toBe(true);
    expect(countsByOutcome(rollups, 'clock_suspend_total')).toEqual({ cancelled: 1 });
    const row = rollups.find(
      ({ resolution, outcome }) => resolution === 'total' && outcome === 'cancelled',
    );
    expect(row?.histograms).not.toHaveProperty('generation_latency_seconds');
  });

  test('has the requests that were refused in it', async ({ open }) => {
    const page = await open();
    await getReady(page);
    await page.evaluate(async () => {
      await window.shellwright.generate({ prompt: 'ls', temperature: 9 }).catch(() => undefined);
      await window.shellwright.generate({ prompt: ' ' }).catch(() => undefined);
    });
    await send(page, '');
    await expectBalance(page, { requests: 3, finished: { error: 3 }, active: 0 });
    const { rollups, records } = await readMonitorData(page);
    const refused = countsByOutcome(rollups, 'generation_errors_total{error_type="validation"}');
    expect(refused).toEqual({ error: 3 });
    // Two of them may be of one millisecond.
    expect(records.map((record) => record.failure?.field).sort()).toEqual([
      'prompt',
      'prompt',
      'temperature',
    ]);
  });
});

/** Runs a script first, in the page and in the worker that writes what is measured. */
async function before(page: Page, script: string): Promise<void> {
  await page.context().addInitScript(script);
  await page.route('**/assets/monitor.worker-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script};\n${await response.text()}` });
  });
}

describe('generating goes on', () => {
  test('where the browser denies storage, and the page says so', async ({ open }) => {
    const page = await open();
    await before(
      page,
      "IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); }",
    );
    await page.reload();
    await saysThatNothingIsKept(page);
    await getReady(page);
    const record = await page.evaluate(() => window.shellwright.generate({ prompt: 'ls' }));
    expect(record.finishReason).toBe('stop');
  });

  test('where the database is damaged', async ({ open }) => {
    const page = await open();
    await before(
      page,
      "IDBObjectStore.prototype.get = () => { throw new DOMException('broken', 'UnknownError'); }",
    );
    await page.reload();
    const isSaid = saysThatNothingIsKept(page);
    await getReady(page);
    const record = await page.evaluate(() => window.shellwright.generate({ prompt: 'ls' }));
    expect(record.finishReason).toBe('stop');
    await isSaid;
  });

  test('where the disk is full, also for the history', async ({ open }) => {
    const page = await open();
    await before(
      page,
      "IDBObjectStore.prototype.put = IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    );
    await page.reload();
    // The note goes away by itself.
    const isSaid = saysThatNothingIsKept(page);
    await getReady(page);
    for (let i = 0; i < 3; i++) {
      const record = await page.evaluate(() => window.shellwright.generate({ prompt: 'ls' }));
      expect(record.finishReason).toBe('stop');
    }
    await isSaid;
  });
});
