/**
 * `npm run bench:store`: what monitoring costs when much has been measured. Fills the database of the built app through
 * its own store with 1,000, 10,000 and 100,000 requests of the last seven days, and for each times in Chromium: from
 * opening the Monitor page to its painted charts, from choosing a window to the same, and writing a request. Prints one
 * JSON object; exit 1 if at the most records opening or a window takes over 500 ms or over 3 times what it takes at the
 * fewest, or writing over twice. Options: --counts 1000,10000,100000 --rounds 5
 */
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright';
import { build } from 'vite';
import { buildIfChanged } from '../../scripts/build.mjs';
import { browserArguments, findOrInstallBrowser } from '../../scripts/find-browser.mjs';
import { serveApp } from '../../scripts/serve.ts';
import { WINDOWS, type WindowName } from '../../src/core/metrics/dashboard-shape.ts';
import type { MonitorFiller } from './pages/monitor-filler.ts';
import { median } from './support.ts';

declare const filler: MonitorFiller;

const { values: options } = parseArgs({
  options: {
    counts: { type: 'string', default: '1000,10000,100000' },
    rounds: { type: 'string', default: '5' },
  },
});
const counts = options.counts.split(',').map(Number);
const rounds = Number(options.rounds);
const PAINT_BAR_MS = 500;
const PAINT_BAR_FACTOR = 3;
const WRITE_BAR_FACTOR = 2;
const WRITES = 200;

/** Notes when a chart was last drawn. */
const WATCH_CHARTS = `
  globalThis.lastDrawMs = -Infinity;
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...area) {
    globalThis.lastDrawMs = performance.now();
    return clear.apply(this, area);
  };
`;

async function bundleFiller(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: 'tests/bench/pages/monitor-filler.ts', formats: ['es'], fileName: 'filler' },
    },
  });
  const first = Array.isArray(result) ? result[0] : result;
  if (first === undefined || !('output' in first)) throw new Error('the filler has no bundle');
  return first.output[0].code;
}

/** Does something in the page, and tells how long it took until all charts had been painted. */
function timeToPaint(page: Page, action: { readonly hash?: string; readonly window?: string }) {
  return page.evaluate(
    ({ hash, window: name }) =>
      new Promise<number>((resolve) => {
        const drawn = globalThis as unknown as { lastDrawMs: number };
        const requests = (): string | undefined =>
          document.querySelector('.tile .figure')?.textContent;
        // No two windows of the bench have the same number of requests.
        const before = requests();
        const startedMs = performance.now();
        if (hash !== undefined) location.hash = hash;
        if (name !== undefined) {
          document.querySelector<HTMLInputElement>(`input[name=window][value="${name}"]`)?.click();
        }
        let paintedMs = Infinity;
        const look = (): void => {
          const nowMs = performance.now();
          const isDrawn = drawn.lastDrawMs >= startedMs && requests() !== before;
          // Drawn before this frame, so on screen with it; and nothing has come after it for a while.
          if (isDrawn && drawn.lastDrawMs > paintedMs) paintedMs = Infinity;
          if (isDrawn && paintedMs === Infinity) paintedMs = nowMs;
          if (isDrawn && nowMs - drawn.lastDrawMs > 300) resolve(paintedMs - startedMs);
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
    action,
  );
}

interface Measured {
  readonly records: number;
  readonly fillSeconds: number;
  readonly writeMs: number;
  readonly firstOpenMs: number;
  readonly openMs: number;
  readonly windowMs: Readonly<Record<WindowName, number>>;
}

buildIfChanged();
const code = await bundleFiller();
const site = await serveApp({ folder: 'dist', port: 0 });
const browser = await chromium.launch({
  executablePath: findOrInstallBrowser(),
  args: [...browserArguments],
});
const context = await browser.newContext({
  serviceWorkers: 'block',
  viewport: { width: 1440, height: 900 },
});
context.setDefaultTimeout(0);

/** The bench's own page beside the app's, on the same database. */
const fillPage = await context.newPage();
await fillPage.goto(`${site.url}theme.js`);
await fillPage.route('**/filler.js', (route) =>
  route.fulfill({ contentType: 'text/javascript', body: code }),
);
await fillPage.addScriptTag({ type: 'module', url: 'filler.js' });
await fillPage.waitForFunction(() => 'filler' in globalThis);

async function measure(records: number, missing: number): Promise<Measured> {
  const startedMs = performance.now();
  const toMs = Date.now();
  await fillPage.evaluate(({ count, seed, to }) => filler.fill(count, seed, to), {
    count: missing,
    seed: records,
    to: toMs,
  });
  const fillSeconds = Math.round((performance.now() - startedMs) / 1000);
  const page = await context.newPage();
  await page.addInitScript(WATCH_CHARTS);
  await page.goto(`${site.url}?testing#/settings`);
  await page.waitForFunction(() => 'shellwright' in globalThis);
  // Nothing of this is measured, or it would be drawn in between.
  await page.evaluate(() => window.shellwright.testing?.setMonitoring(false));
  const leave = async (): Promise<void> => {
    await page.evaluate(() => {
      location.hash = '#/settings';
    });
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
  };
  const opens: number[] = [];
  for (let i = 0; i <= rounds; i++) {
    opens.push(await timeToPaint(page, { hash: '#/monitor' }));
    await leave();
  }
  const windows: Record<string, number[]> = {};
  for (let i = 0; i < rounds; i++) {
    for (const name of WINDOWS) {
      // Each from a page that has been opened anew, and has read nothing else yet.
      await timeToPaint(page, { hash: `#/monitor?window=${name === '15m' ? '1h' : '15m'}` });
      (windows[name] ??= []).push(await timeToPaint(page, { window: name }));
      await leave();
    }
  }
  await page.close();
  // Last, when the browser has put away what the filling left behind.
  const writes = await fillPage.evaluate(
    ({ count, seed, at }) => filler.timeWrites(count, seed, at),
    { count: WRITES, seed: records + 1, at: toMs },
  );
  const medians = WINDOWS.map((name) => [name, Math.round(median(windows[name] ?? []))] as const);
  return {
    records,
    fillSeconds,
    writeMs: Math.round(median(writes) * 100) / 100,
    firstOpenMs: Math.round(opens[0] ?? NaN),
    openMs: Math.round(median(opens.slice(1))),
    windowMs: Object.fromEntries(medians) as Record<WindowName, number>,
  };
}

const results: Measured[] = [];
let filled = 0;
for (const count of counts) {
  results.push(await measure(count, count - filled));
  filled = count;
  console.error(JSON.stringify(results.at(-1)));
}
await browser.close();
await site.close();

const [fewest, most] = [results[0], results.at(-1)];
if (fewest === undefined || most === undefined) throw new Error('there is nothing to compare');
const isFast = (at: number, before: number): boolean =>
  at <= PAINT_BAR_MS && at <= PAINT_BAR_FACTOR * before;
const passed =
  isFast(most.openMs, fewest.openMs) &&
  WINDOWS.every((name) => isFast(most.windowMs[name], fewest.windowMs[name])) &&
  most.writeMs <= WRITE_BAR_FACTOR * fewest.writeMs;
const bars = { PAINT_BAR_MS, PAINT_BAR_FACTOR, WRITE_BAR_FACTOR };
console.log(JSON.stringify({ results, bars, passed }, null, 2));
process.exit(passed ? 0 : 1);
