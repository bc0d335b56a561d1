import { expect, test, vi } from 'vitest';
import type { SimilarityStatus } from '../../../src/monitor/similarity.ts';
import { SimilarityScores } from '../../../src/state/similarity-scores.svelte.ts';
import { makeRecord } from '../../fixtures/records.ts';

function setUp(measuresSimilarity = false) {
  const settings = { measuresSimilarity };
  const made: {
    [Key in 'offer' | 'prepare' | 'onEngineChange' | 'dispose']: ReturnType<typeof vi.fn>;
  }[] = [];
  const loads: ((fails?: boolean) => Promise<void>)[] = [];
  let report: (status: SimilarityStatus) => void = () => {};
  const scores = new SimilarityScores({
    settings,
    load: (onStatus) =>
      new Promise((resolve, reject) => {
        loads.push(async (fails = false) => {
          if (fails) reject(new Error('offline'));
          else {
            const similarity = {
              offer: vi.fn(),
              prepare: vi.fn(),
              onEngineChange: vi.fn(),
              dispose: vi.fn(),
            };
            made.push(similarity);
            report = onStatus;
            onStatus({ kind: 'waiting' });
            resolve(similarity);
          }
          await new Promise((settled) => setTimeout(settled));
        });
      }),
  });
  return { scores, settings, made, loads, report: (status: SimilarityStatus) => report(status) };
}

test('nothing is loaded while it is off', () => {
  const { scores, loads } = setUp();
  scores.offer(makeRecord());
  scores.onEngineChange();
  expect(loads).toHaveLength(0);
  expect(scores.status).toBeNull();
});

test('switched on, it is kept as a setting, and the model is got', async () => {
  const { scores, settings, made, loads, report } = setUp();
  scores.isOn = true;
  await loads[0]?.();
  expect(settings.measuresSimilarity).toBe(true);
  expect(made[0]?.prepare).toHaveBeenCalledOnce();
  report({ kind: 'loading' });
  expect(scores.status).toEqual({ kind: 'loading' });
});

test('requests that end while it is being loaded are compared too', async () => {
  const { scores, made, loads } = setUp(true);
  scores.offer(makeRecord({ id: 'a' }));
  scores.offer(makeRecord({ id: 'b' }));
  expect(loads).toHaveLength(1);
  await loads[0]?.();
  expect(made[0]?.offer.mock.calls).toMatchObject([[{ id: 'a' }], [{ id: 'b' }]]);
  scores.onEngineChange();
  expect(made[0]?.onEngineChange).toHaveBeenCalledOnce();
});

test('switched off, it is over, while it is being loaded too', async () => {
  const { scores, made, loads } = setUp(true);
  scores.offer(makeRecord());
  scores.isOn = false;
  await loads[0]?.();
  expect(made[0]?.offer).not.toHaveBeenCalled();
  expect(made[0]?.dispose).toHaveBeenCalledOnce();
  expect(scores.status).toBeNull();
  scores.isOn = true;
  await loads[1]?.();
  scores.isOn = false;
  expect(made[1]?.dispose).toHaveBeenCalledOnce();
});

test('switched off by another tab, it is over here too', async () => {
  const { scores, settings, made, loads } = setUp(true);
  scores.offer(makeRecord());
  await loads[0]?.();
  scores.follow();
  expect(made[0]?.dispose).not.toHaveBeenCalled();
  settings.measuresSimilarity = false;
  scores.follow();
  expect(made[0]?.dispose).toHaveBeenCalledOnce();
  expect(scores.status).toBeNull();
});

test('switched off and on again at once, there is one', async () => {
  const { scores, made, loads } = setUp();
  scores.isOn = true;
  scores.isOn = false;
  scores.isOn = true;
  await loads[0]?.();
  await loads[1]?.();
  const kept = made.filter(({ dispose }) => dispose.mock.calls.length === 0);
  expect(kept).toHaveLength(1);
  scores.offer(makeRecord());
  await new Promise((settled) => setTimeout(settled));
  expect(kept[0]?.offer).toHaveBeenCalledOnce();
});

test('after a load that failed, the next request tries again', async () => {
  const { scores, made, loads } = setUp(true);
  scores.offer(makeRecord({ id: 'a' }));
  await loads[0]?.(true);
  scores.offer(makeRecord({ id: 'b' }));
  await loads[1]?.();
  expect(made[0]?.offer.mock.calls).toMatchObject([[{ id: 'b' }]]);
});
