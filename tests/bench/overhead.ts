/**
 * `npm run bench:overhead`: what monitoring costs. In one page with the real engine on WASM, each prompt is generated
 * with monitoring on, off, off and on. Compares how long `generate()` takes, and the processor time of the page's main thread
 * for a request, until it is written and logged. Prints one JSON object; exit 1 if generations take over 1 % longer
 * (median over prompts, of the faster ones), or the p95 of the main thread's times is over 2 ms higher.
 * Options: --pairs 30 --tokens 48 --threads 2
 */
import { parseArgs } from 'node:util';
import { median, openApp } from './support.ts';

const { values: options } = parseArgs({
  options: {
    pairs: { type: 'string', default: '30' },
    tokens: { type: 'string', default: '48' },
    threads: { type: 'string', default: '2' },
  },
});
const TIME_BAR = 0.01;
const THREAD_BAR_MS = 2;
/** For what is written after `generate()` has returned. */
const SETTLE_MS = 700;

// Where no list and no chart is drawn, so that less of what is measured is something else.
const app = await openApp(`?testing&backend=wasm&threads=${options.threads}#/settings`);
const { page } = app;
const devtools = await page.context().newCDPSession(page);
// Processor time, so that what else the machine does is not counted.
await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });

async function threadMs(): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value;
  if (seconds === undefined) throw new Error('the browser does not tell TaskDuration');
  return seconds * 1000;
}

interface Run {
  readonly generateMs: number;
  readonly threadMs: number;
}

async function run(prompt: string, isOn: boolean): Promise<Run> {
  const beforeMs = await threadMs();
  const generateMs = await page.evaluate(
    async ({ request, isMonitored, settleMs }) => {
      window.shellwright.testing?.setMonitoring(isMonitored);
      const startedMs = performance.now();
      await window.shellwright.generate(request);
      const passedMs = performance.now() - startedMs;
      // Writes the log, which would wait for more lines, within the time of the request that it is about.
      window.shellwright.testing?.setMonitoring(false);
      await new Promise((resolve) => setTimeout(resolve, settleMs));
      return passedMs;
    },
    {
      request: { prompt, max_tokens: Number(options.tokens), temperature: 0 },
      isMonitored: isOn,
      settleMs: SETTLE_MS,
    },
  );
  return { generateMs, threadMs: (await threadMs()) - beforeMs };
}

/** Nearest rank. */
function p95(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? NaN;
}

// The first ones load the checker and the editor, and let the compilers settle.
for (let i = 0; i < 4; i++) await run(`warm up ${i}`, i % 2 === 0);
interface Quartet {
  readonly on: readonly [Run, Run];
  readonly off: readonly [Run, Run];
}

const quartets: Quartet[] = [];
for (let i = 0; i < Number(options.pairs) / 2; i++) {
  const prompt = `write a script that backs up directory number ${i} and reports its size`;
  // Once with nobody counting: whoever goes first would read the prompt, and the others find it read.
  await run(prompt, false);
  const isOnFirst = i % 2 === 0;
  const first = await run(prompt, isOnFirst);
  const second = await run(prompt, !isOnFirst);
  const third = await run(prompt, !isOnFirst);
  const fourth = await run(prompt, isOnFirst);
  quartets.push(
    isOnFirst
      ? { on: [first, fourth], off: [second, third] }
      : { on: [second, third], off: [first, fourth] },
  );
}
await app.close();

const on = quartets.flatMap((quartet) => quartet.on);
const off = quartets.flatMap((quartet) => quartet.off);
const threadsOn = on.map((run) => run.threadMs);
const threadsOff = off.map((run) => run.threadMs);
/** The machine does other things too: the faster one of two has been kept waiting less. */
const faster = ([a, b]: readonly [Run, Run]): number => Math.min(a.generateMs, b.generateMs);
const growth = median(quartets.map((quartet) => faster(quartet.on) / faster(quartet.off) - 1));
const p95GrowthMs = p95(threadsOn) - p95(threadsOff);
const result = {
  pairs: on.length,
  generateMs: {
    off: median(off.map(({ generateMs }) => generateMs)),
    on: median(on.map(({ generateMs }) => generateMs)),
    growth,
    bar: TIME_BAR,
  },
  mainThreadMs: {
    off: { median: median(threadsOff), p95: p95(threadsOff) },
    on: { median: median(threadsOn), p95: p95(threadsOn) },
    medianGrowth: median(threadsOn) - median(threadsOff),
    p95Growth: p95GrowthMs,
    bar: THREAD_BAR_MS,
  },
};
console.log(JSON.stringify(result, null, 2));
process.exit(growth <= TIME_BAR && p95GrowthMs <= THREAD_BAR_MS ? 0 : 1);
