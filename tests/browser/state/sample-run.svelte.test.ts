import { describe, expect, test, vi } from 'vitest';
import type { GenerateHooks } from '../../../src/bridge/engine-client.ts';
import { failure } from '../../../src/contracts/failure.ts';
import type { GenerationRecord } from '../../../src/contracts/generation.ts';
import type { ParsedRequest } from '../../../src/core/prompt/parse-parameters.ts';
import { sampleRunOf } from '../../../src/state/sample-run.svelte.ts';
import { makeRecord } from '../../fixtures/records.ts';
import { waitFor } from '../support/wait-for.ts';

function setUp(change: (index: number) => Partial<GenerationRecord> = () => ({})) {
  const submitted: ParsedRequest[] = [];
  const ends: (() => void)[] = [];
  const requests = {
    submit: vi.fn((request: ParsedRequest, hooks: GenerateHooks) => {
      submitted.push(request);
      const index = submitted.length - 1;
      return new Promise<GenerationRecord>((resolve) => {
        ends.push(() => resolve(makeRecord(change(index))));
        hooks.signal?.addEventListener('abort', () =>
          resolve(makeRecord({ finishReason: 'cancelled' })),
        );
      });
    }),
  };
  return { submitted, requests, run: sampleRunOf(requests), endNewest: () => ends.at(-1)?.() };
}

describe('a sample set', () => {
  test('makes twenty different requests one after another', async () => {
    const { submitted, run, endNewest } = setUp();
    const done = run.start();
    for (let made = 1; made <= 20; made++) {
      await waitFor(() => expect(submitted).toHaveLength(made));
      expect(run.progress).toEqual({ done: made - 1, total: 20, failed: 0, isStopping: false });
      endNewest();
    }
    expect(await done).toEqual({ made: 20, failed: 0, failure: null });
    expect(run.progress).toBeNull();
    expect(new Set(submitted.map(({ prompt }) => prompt)).size).toBe(20);
  });

  test('is stopped: the request that goes on ends, and no other is made', async () => {
    const { submitted, run } = setUp();
    const done = run.start();
    run.stop();
    expect(run.progress?.isStopping).toBe(true);
    await done;
    expect(submitted).toHaveLength(1);
    expect(run.progress).toBeNull();
  });

  test('goes on after a request that failed, and counts it', async () => {
    const { submitted, run, endNewest } = setUp(() => ({ finishReason: 'error' }));
    void run.start();
    endNewest();
    await waitFor(() => expect(submitted).toHaveLength(2));
    expect(run.progress).toMatchObject({ done: 1, failed: 1 });
    run.stop();
  });

  test('ends at once where there is no model to ask, and says why', async () => {
    const cause = failure('engine/not-loaded');
    const { submitted, run, endNewest } = setUp(() => ({
      finishReason: 'error',
      engine: null,
      failure: cause,
    }));
    const done = run.start();
    endNewest();
    expect(await done).toEqual({ made: 1, failed: 1, failure: cause });
    expect(submitted).toHaveLength(1);
  });

  test('is not started twice, and is the same wherever it is asked for', () => {
    const { submitted, requests, run } = setUp();
    void run.start();
    void sampleRunOf(requests).start();
    expect(sampleRunOf(requests)).toBe(run);
    expect(submitted).toHaveLength(1);
    run.stop();
  });
});
