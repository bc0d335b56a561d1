/** A script that was written seemed to be written for ever where the history's database never answered. */
import { expect, test } from 'vitest';
import { Requests } from '../../src/state/requests.ts';
import { DEFAULT_PARAMETERS } from '../../src/core/prompt/parse-parameters.ts';
import { FakeHost } from '../fixtures/fake-host.ts';
import { makeRecord } from '../fixtures/records.ts';

test('a request ends also when the history does not answer', async () => {
  const host = new FakeHost();
  const requests = new Requests({
    client: { generate: () => Promise.resolve(makeRecord()) },
    engine: { state: { kind: 'ready' } } as never,
    history: { add: () => new Promise(() => {}) } as never,
    syntax: { ensureLoaded: () => Promise.resolve(), judge: () => Promise.resolve(null) },
    findDangers: () => Promise.resolve([]),
    recorder: () => null,
    now: () => host.now(),
    after: (ms, callback) => host.after(ms, callback),
  });
  let isEnded = false;
  const asked = requests.submit({ prompt: 'list files', parameters: DEFAULT_PARAMETERS }, {});
  void asked.then(() => {
    isEnded = true;
  });
  await expect.poll(() => host.timerCount).toBe(1);
  expect(isEnded).toBe(false);
  host.pass(3_000);
  await asked;
});
