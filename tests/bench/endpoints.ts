/**
 * `npm run bench:endpoints`: the endpoints under load. A page of the site sends mixed requests, a number of them at a
 * time, while a tab generates with the real model on WASM. Prints one JSON object; exit 1 if a request was lost or answered
 * twice, if a generation is missing from the records, or if the p95 of `health` is 50 ms or more.
 * Options: --requests 2000 --parallel 20 --threads 2
 */
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { buildIfChanged } from '../../scripts/build.mjs';
import { browserArguments, findOrInstallBrowser } from '../../scripts/find-browser.mjs';
import { serveApp } from '../../scripts/serve.ts';

const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '2000' },
    parallel: { type: 'string', default: '20' },
    threads: { type: 'string', default: '2' },
  },
});
const HEALTH_P95_BAR_MS = 50;
const WARM_UP_REQUESTS = 100;
const WARM_UP_PARALLEL = 4;
/** One in so many of each hundred; what is left is `health`. Generations wait in line, so they decide how long it all takes. */
const SHARES = { generate: 5, 'health/detailed': 10, 'metrics/uptime': 15, metrics: 20 } as const;

interface Outcome {
  readonly path: string;
  readonly status: number;
  readonly requestId: string;
  readonly isOwnAnswer: boolean;
  readonly ms: number;
  readonly wasBusy: boolean;
}

buildIfChanged();
const site = await serveApp({ folder: 'dist', port: 0 });
const browser = await chromium.launch({
  executablePath: findOrInstallBrowser(),
  args: [...browserArguments],
});
const context = await browser.newContext();
context.setDefaultTimeout(0);
const tab = await context.newPage();
await tab.goto(`${site.url}?testing&backend=wasm&threads=${options.threads}#/settings`);
await tab.waitForFunction(
  () => navigator.serviceWorker.controller?.state === 'activated' && 'shellwright' in globalThis,
);
await tab.evaluate(() => window.shellwright.load());
const client = await context.newPage();
await client.goto(`${site.url}metrics/uptime`);

const ask = (requests: number, parallel: number) =>
  client.evaluate(sendAll, { site: site.url, requests, parallel, shares: SHARES });
// Until then the browser compiles what it runs for the first time.
await ask(WARM_UP_REQUESTS, WARM_UP_PARALLEL);
const { outcomes, sent } = await ask(Number(options.requests), Number(options.parallel));
const records = await tab.evaluate(() => window.shellwright.records());
await browser.close();
await site.close();

const ids = outcomes.map(({ requestId }) => requestId);
const generated = outcomes.filter(({ path }) => path === 'generate');
const recorded = new Set(records.map(({ id }) => id));
const result = {
  requests: sent,
  parallel: Number(options.parallel),
  answered: outcomes.length,
  lost: sent - outcomes.length + outcomes.filter(({ status }) => status === 0).length,
  doubled: ids.length - new Set(ids).size,
  answersToAnother: generated.filter(({ isOwnAnswer }) => !isOwnAnswer).length,
  generations: generated.length,
  generationsWithoutRecord: generated.filter(({ requestId }) => !recorded.has(requestId)).length,
  paths: Object.fromEntries(
    ['health', ...Object.keys(SHARES)].map((path) => [path, describe(path)] as const),
  ),
  /** Of those that were asked while a generation ran. */
  healthP95WhileGeneratingMs: percentile(
    outcomes.filter(({ path, wasBusy }) => path === 'health' && wasBusy).map(({ ms }) => ms),
    0.95,
  ),
};
console.log(JSON.stringify(result, null, 2));
const isMet =
  result.lost === 0 &&
  result.doubled === 0 &&
  result.answersToAnother === 0 &&
  result.generationsWithoutRecord === 0 &&
  result.healthP95WhileGeneratingMs < HEALTH_P95_BAR_MS;
process.exitCode = isMet ? 0 : 1;

function describe(path: string): Readonly<Record<string, unknown>> {
  const those = outcomes.filter((outcome) => outcome.path === path);
  const times = those.map(({ ms }) => ms);
  const statuses: Record<string, number> = {};
  for (const { status } of those) statuses[status] = (statuses[status] ?? 0) + 1;
  return {
    statuses,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p99Ms: percentile(times, 0.99),
  };
}

/** The nearest rank; NaN of nothing. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return Math.round(value * 10) / 10;
}

/** Runs in the page. */
async function sendAll({
  site,
  requests,
  parallel,
  shares,
}: {
  readonly site: string;
  readonly requests: number;
  readonly parallel: number;
  readonly shares: Readonly<Record<string, number>>;
}): Promise<{ readonly outcomes: readonly Outcome[]; readonly sent: number }> {
  // Each hundred in one order that mixes the paths: 37 and 100 have no common divisor.
  const hundred = Object.entries(shares).flatMap(([path, count]) =>
    Array.from({ length: count }, () => path),
  );
  const outcomes: Outcome[] = [];
  let sent = 0;
  let generating = 0;
  const send = async (index: number): Promise<void> => {
    const path = hundred[(index * 37) % 100] ?? 'health';
    const prompt = `list the files whose name begins with part${index}`;
    const isGenerate = path === 'generate';
    const wasBusy = generating > 0;
    if (isGenerate) generating += 1;
    const startedMs = performance.now();
    try {
      const response = await fetch(
        site + path,
        isGenerate
          ? {
              method: 'POST',
              headers: { 'Content-Type': 'application/json' },
              body: JSON.stringify({ prompt, max_length: 16, temperature: 0 }),
            }
          : {},
      );
      const text = await response.text();
      outcomes.push({
        path,
        status: response.status,
        requestId: response.headers.get('X-Request-Id') ?? '',
        isOwnAnswer: !isGenerate || (JSON.parse(text) as { prompt?: unknown }).prompt === prompt,
        ms: performance.now() - startedMs,
        wasBusy,
      });
    } catch {
      outcomes.push({
        path,
        status: 0,
        requestId: `lost-${index}`,
        isOwnAnswer: false,
        ms: performance.now() - startedMs,
        wasBusy,
      });
    }
    if (isGenerate) generating -= 1;
  };
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (sent < requests) {
        sent += 1;
        await send(sent);
      }
    }),
  );
  return { outcomes, sent };
}
