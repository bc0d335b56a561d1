/** Regression: two tabs that loaded the stored model at once locked each other out (`engine/session-failed`). */
import { expect, it } from 'vitest';
import { createEngine, loadOptions } from './support/engine.ts';

it('lets two workers load the same model at once', async () => {
  // Workers of one page share the origin's storage just as tabs do.
  const engines = [createEngine(), createEngine()];
  // int8: two models in fp32 at once are more than a small test machine has.
  const results = await Promise.all(
    engines.map(({ client }) => client.load(loadOptions({ precision: 'int8', threads: 1 }))),
  );
  expect(results.map((result) => (result.ok ? 'loaded' : result.failure))).toEqual([
    'loaded',
    'loaded',
  ]);
  for (const { client } of engines) client.dispose();
}, 300_000);
