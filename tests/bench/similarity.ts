/**
 * `npm run bench:similarity`: what prompt_similarity_score is worth. Compares prompts of nl2bash-dev with their own script
 * and with that of another row, in the built app, and tells how well the score keeps them apart: the area under the ROC
 * curve, 0.5 for a coin. Prints one JSON object. Options: --rows 500
 */
import { parseArgs } from 'node:util';
import { devRows, median, openApp, spread } from './support.ts';

const { values: options } = parseArgs({ options: { rows: { type: 'string', default: '500' } } });

const rows = spread(devRows(), Number(options.rows));
// A shift is a shuffle in which no script stays with its prompt, and the same one each time.
const shift = rows.length >> 1;
const pairs = rows.map(({ prompt, bash }, index) => ({
  prompt,
  own: bash,
  other: rows[(index + shift) % rows.length]?.bash ?? '',
}));

const { page, close } = await openApp('?backend=wasm&testing', { isLoaded: false });
const measured = await page.evaluate(async (compared) => {
  const loadedAtMs = performance.now();
  const worker = await window.shellwright.testing?.loadEmbedding();
  if (worker === undefined) throw new Error('the page has no tools for tests');
  const loadMs = performance.now() - loadedAtMs;
  const pairMs: number[] = [];
  const score = async (a: string, b: string): Promise<number> => {
    const startedAtMs = performance.now();
    const result = await worker.similarity(a, b);
    if (!result.ok) throw new Error(result.failure.message);
    pairMs.push(performance.now() - startedAtMs);
    return result.value;
  };
  const matched: number[] = [];
  const shuffled: number[] = [];
  for (const { prompt, own, other } of compared) {
    matched.push(await score(prompt, own));
    shuffled.push(await score(prompt, other));
  }
  worker.terminate();
  return { loadMs, pairMs, matched, shuffled };
}, pairs);
await close();

/** How often a matched pair scores above a shuffled one; ties count half. */
function areaUnderCurve(matched: readonly number[], shuffled: readonly number[]): number {
  let wins = 0;
  for (const a of matched) for (const b of shuffled) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (matched.length * shuffled.length);
}

const { loadMs, pairMs, matched, shuffled } = measured;
const sorted = pairMs.toSorted((a, b) => a - b);
console.log(
  JSON.stringify(
    {
      rows: rows.length,
      auc: Number(areaUnderCurve(matched, shuffled).toFixed(4)),
      matchedMedian: Number(median(matched).toFixed(3)),
      shuffledMedian: Number(median(shuffled).toFixed(3)),
      loadMs: Math.round(loadMs),
      pairMs: {
        median: Number(median(pairMs).toFixed(1)),
        p95: Number((sorted[Math.ceil(0.95 * sorted.length) - 1] ?? NaN).toFixed(1)),
      },
    },
    null,
    2,
  ),
);
