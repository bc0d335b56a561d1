import { afterEach, describe, expect, test } from 'vitest';
import { runtimeUrls } from '../../src/bridge/runtime-urls.ts';
import { spawnEmbedding, type EmbeddingWorker } from '../../src/bridge/spawn-embedding.ts';

const BASE_URL = new URL('/models/all-minilm-l6-v2/', location.href).href;

const workers: EmbeddingWorker[] = [];

function spawn(baseUrl = BASE_URL): EmbeddingWorker {
  const worker = spawnEmbedding({ baseUrl, runtime: runtimeUrls(location.href).wasm });
  workers.push(worker);
  return worker;
}

afterEach(() => {
  for (const worker of workers.splice(0)) worker.terminate();
});

async function score(worker: EmbeddingWorker, a: string, b: string): Promise<number> {
  const result = await worker.similarity(a, b);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

describe('the worker that compares prompt and script', () => {
  test('gives the cosines that the authors of the model published, int8 aside', async () => {
    const worker = spawn();
    expect(await worker.load()).toEqual({ ok: true, value: undefined });
    const person = 'That is a happy person';
    expect(await score(worker, person, 'That is a happy dog')).toBeCloseTo(0.695, 1);
    expect(await score(worker, person, 'That is a very happy person')).toBeCloseTo(0.943, 1);
    expect(await score(worker, person, 'Today is a sunny day')).toBeCloseTo(0.257, 1);
    expect(await score(worker, person, person)).toBeCloseTo(1, 5);
    const prompt = 'count the lines of all Python files';
    const fitting = await score(worker, prompt, "find . -name '*.py' | xargs wc -l");
    const other = await score(worker, prompt, 'systemctl restart nginx');
    expect(fitting).toBeGreaterThan(other + 0.2);
    // Far beyond what the model reads at once: the beginning counts.
    const long = 'echo hello; '.repeat(20_000);
    expect(await score(worker, long, long)).toBeCloseTo(1, 5);
  });

  test('leaves the page free to draw while it computes', async () => {
    const worker = spawn();
    await worker.load();
    let turns = 0;
    let isDone = false;
    const takeTurns = (): void => {
      turns += 1;
      if (!isDone) setTimeout(takeTurns);
    };
    takeTurns();
    const text = 'find . -type f -name "*.log" -mtime +7 -exec gzip {} +; '.repeat(30);
    for (let index = 0; index < 5; index++) await score(worker, text, `${text}${index}`);
    isDone = true;
    // On the page's own thread there would be a handful, one for each answer.
    expect(turns).toBeGreaterThan(50);
  });

  test('says why it cannot be loaded', async () => {
    const missing = new URL('/models/absent/', location.href).href;
    const result = await spawn(missing).load();
    expect(result.ok).toBe(false);
    expect(result.ok ? '' : result.failure.code).toMatch(
      /^model\/(manifest-invalid|download-failed)$/,
    );
  });

  test('answers nothing before it is loaded, and ends what it is asked when it is ended', async () => {
    const worker = spawn();
    expect(await worker.similarity('a', 'b')).toMatchObject({
      failure: { code: 'engine/not-loaded' },
    });
    const load = worker.load();
    worker.terminate();
    expect(await load).toMatchObject({ failure: { code: 'model/load-cancelled' } });
  });
});
