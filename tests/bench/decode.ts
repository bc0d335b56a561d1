/**
 * `npm run bench:decode`: our decode loop beside transformers.js' `generate()`, on the same weights, in the same browser,
 * taking turns. Prints one JSON object. Options: --threads 2 --runs 5 --tokens 64 --dtypes fp32,q8,q4
 */
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type BrowserServer, type Page } from 'playwright';
import { createServer } from 'vite';
import { browserArguments, findOrInstallBrowser } from '../../scripts/find-browser.mjs';
import { parseManifest } from '../../src/core/model/parse-manifest.ts';
import { buildPrompt } from '../../src/core/prompt/prompt-form.ts';
import type { DecodeBench, Sample } from './pages/decode-page.ts';
import { writeHfLayoutModel, type HfVariant } from './hf-layout-model.ts';
import { serveHfLayout } from './hf-layout-server.ts';
import { median } from './support.ts';

declare const bench: DecodeBench;

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    runs: { type: 'string', default: '5' },
    tokens: { type: 'string', default: '64' },
    dtypes: { type: 'string', default: 'fp32,q8,q4' },
    model: { type: 'string', default: 'shellwright-bash-116m' },
  },
});
const threads = Number(options.threads);
const runs = Number(options.runs);
const tokens = Number(options.tokens);
const dtypes = options.dtypes.split(',') as HfVariant[];

/** Requests of different beginnings, so that neither side can reuse more of one than the template. */
const PROMPTS = [
  '#!/bin/bash\n# back up every directory of /home to /backup, with the date in the name\n',
  '#!/bin/bash\n# print the ten largest files under /var, with their sizes\n',
  '#!/bin/bash\n# watch a log file and count the errors of every minute\n',
];

const manifest = parseManifest(
  JSON.parse(readFileSync(`public/models/${options.model}/manifest.json`, 'utf8')),
);
if (!manifest.ok) throw new Error(manifest.failure.message);
const template = manifest.value.prompt;
const wholePrompt = (prompt: string): string => {
  const { before, user, after } = buildPrompt(prompt, template);
  return before + user + after;
};

const hubFolder = join('.cache', 'bench-hub');
// By content: a model that was built anew is written anew.
const version = manifest.value.files.find((file) => file.path === manifest.value.pack.shards[0]);
const repository = `bench/${options.model}-${version?.sha256.slice(0, 8) ?? ''}`;
for (const dtype of dtypes) {
  const folder = join(hubFolder, `${repository}-${dtype}`);
  if (!existsSync(join(folder, 'onnx'))) {
    mkdirSync(folder, { recursive: true });
    writeHfLayoutModel(`public/models/${options.model}`, folder, [dtype]);
  }
}
const hub = await serveHfLayout(hubFolder);
const site = await createServer({
  logLevel: 'error',
  server: { port: 0, hmr: false, watch: null },
  cacheDir: '.cache/vite-bench',
  optimizeDeps: {
    include: ['comlink', '@huggingface/tokenizers', '@huggingface/transformers'],
    exclude: ['onnxruntime-web'],
  },
});
await site.listen();
const siteUrl = site.resolvedUrls?.local[0] ?? '';
const pageUrl = `${siteUrl}tests/bench/pages/decode.html`;

/** Opens the bench page in a browser of its own, whose memory is then that of one engine. */
async function open(): Promise<{ page: Page; server: BrowserServer }> {
  const server = await chromium.launchServer({
    executablePath: findOrInstallBrowser(),
    args: [...browserArguments],
  });
  const browser = await chromium.connect(server.wsEndpoint());
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(pageUrl);
  await page.waitForFunction(() => 'bench' in globalThis);
  return { page, server };
}

const loadOurs = (page: Page) =>
  page.evaluate((load) => bench.loadOurs(load), {
    threads,
    baseUrl: `${siteUrl}models/${options.model}/`,
  });
const loadTheirs = (page: Page, dtype: HfVariant) =>
  page.evaluate((load) => bench.loadTheirs(load), {
    threads,
    host: hub.url,
    repository: `${repository}-${dtype}`,
    dtype,
  });
const runOurs = (page: Page, prompt: string, count: number): Promise<Sample> =>
  page.evaluate(([text, max]) => bench.runOurs(text, max), [prompt, count] as const);
const runTheirs = (page: Page, prompt: string, count: number): Promise<Sample> =>
  page.evaluate(([text, max]) => bench.runTheirs(text, max), [wholePrompt(prompt), count] as const);

/** Most memory that the largest process of a browser ever had, in bytes; null where /proc does not tell. */
function peakMemoryBytes(server: BrowserServer): number | null {
  const root = server.process().pid;
  if (root === undefined || !existsSync('/proc/self/status')) return null;
  const parents = new Map<number, number>();
  const peaks = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      parents.set(Number(name), Number(/PPid:\s+(\d+)/.exec(status)?.[1]));
      peaks.set(Number(name), Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has ended since.
    }
  }
  const isOurs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 0; at = parents.get(at)) {
      if (at === root) return true;
    }
    return false;
  };
  return Math.max(0, ...[...peaks].filter(([pid]) => isOurs(pid)).map(([, bytes]) => bytes));
}

/** Loads and memory first, each in a browser that holds nothing else. */
const ours = { loadMs: 0, peakMemoryBytes: null as number | null };
{
  const { page, server } = await open();
  ours.loadMs = (await loadOurs(page)).loadMs;
  await runOurs(page, PROMPTS[0] ?? '', tokens);
  ours.peakMemoryBytes = peakMemoryBytes(server);
  await server.close();
}

const comparisons = [];
for (const dtype of dtypes) {
  const alone = await open();
  const { loadMs } = await loadTheirs(alone.page, dtype);
  await runTheirs(alone.page, PROMPTS[0] ?? '', 8);
  const theirPeakBytes = peakMemoryBytes(alone.server);
  await alone.server.close();

  const { page, server } = await open();
  await loadOurs(page);
  await loadTheirs(page, dtype);
  const samples: { ours: Sample; theirs: Sample }[] = [];
  for (let run = -1; run < runs; run++) {
    const prompt = PROMPTS[(run + PROMPTS.length) % PROMPTS.length] ?? '';
    const sample = {
      ours: await runOurs(page, prompt, tokens),
      theirs: await runTheirs(page, prompt, tokens),
    };
    // The first pair is a warm-up.
    if (run >= 0) samples.push(sample);
  }
  await server.close();
  const of = (pick: (sample: { ours: Sample; theirs: Sample }) => number): number =>
    median(samples.map(pick));
  comparisons.push({
    dtype,
    ours: {
      decodeTokensPerSecond: of((sample) => sample.ours.decodeTokensPerSecond),
      ttftMs: of((sample) => sample.ours.ttftMs),
    },
    theirs: {
      decodeTokensPerSecond: of((sample) => sample.theirs.decodeTokensPerSecond),
      ttftMs: of((sample) => sample.theirs.ttftMs),
      loadMs,
      peakMemoryBytes: theirPeakBytes,
    },
    decodeRatio: of(
      (sample) => sample.ours.decodeTokensPerSecond / sample.theirs.decodeTokensPerSecond,
    ),
    ttftRatio: of((sample) => sample.ours.ttftMs / sample.theirs.ttftMs),
    // Ours ends at the model's stop string, which the library does not know.
    sameBeginning: samples.filter((sample) =>
      sample.theirs.text.trimStart().startsWith(sample.ours.text.trim()),
    ).length,
    samples: samples.map((sample) => ({
      tokens: [sample.ours.generatedTokens, sample.theirs.generatedTokens],
      decodeTokensPerSecond: [
        sample.ours.decodeTokensPerSecond,
        sample.theirs.decodeTokensPerSecond,
      ],
      ttftMs: [sample.ours.ttftMs, sample.theirs.ttftMs],
    })),
  });
}
await site.close();
await hub.close();
console.log(
  JSON.stringify({ model: options.model, threads, runs, tokens, ours, comparisons }, null, 2),
);
process.exit(0);
