import { describe, expect, it } from 'vitest';
import { failure, type Result } from '../../../src/contracts/failure.ts';
import type { RequestRecord } from '../../../src/contracts/request-record.ts';
import type { RollupDelta } from '../../../src/contracts/rollup.ts';
import {
  IDLE_MS,
  KEEP_WORKER_MS,
  MAX_PAIRS,
  RETRY_MS,
  Similarity,
  type SimilarityStatus,
} from '../../../src/monitor/similarity.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { makeRequest } from '../../fixtures/monitoring/metrics-source.ts';
import { makeRecord } from '../../fixtures/records.ts';

interface FakeWorker {
  endLoad(result?: Result<void>): void;
  readonly asked: string[];
  /** Ends the pair that is being computed. */
  answer(result?: Result<number>): void;
  isTerminated: boolean;
}

function setUp() {
  const host = new FakeHost();
  const workers: FakeWorker[] = [];
  const statuses: SimilarityStatus['kind'][] = [];
  const records = new Map<string, RequestRecord>();
  const amended: [id: string, similarity: number | null | undefined][] = [];
  const deltas: RollupDelta[] = [];
  const state = { isBusy: false };
  const cancelled = { ok: false, failure: failure('model/load-cancelled') } as const;
  const similarity = new Similarity({
    spawn: () => {
      let endLoad: (result: Result<void>) => void = () => {};
      let answer: (result: Result<number>) => void = () => {};
      const worker: FakeWorker = {
        endLoad: (result = { ok: true, value: undefined }) => endLoad(result),
        answer: (result = { ok: true, value: 0.5 }) => answer(result),
        asked: [],
        isTerminated: false,
      };
      workers.push(worker);
      return {
        load: () => new Promise((resolve) => (endLoad = resolve)),
        similarity: (prompt, text) => {
          worker.asked.push(`${prompt} | ${text}`);
          return new Promise((resolve) => (answer = resolve));
        },
        terminate: () => {
          worker.isTerminated = true;
          endLoad(cancelled);
          answer(cancelled);
        },
      };
    },
    store: {
      record: (id) => Promise.resolve({ ok: true, value: records.get(id) ?? null }),
      amend: (id, change, delta) => {
        amended.push([id, change.similarity]);
        if (delta !== null) deltas.push(delta);
        return Promise.resolve({ ok: true, value: true });
      },
      add: (added) => {
        deltas.push(...added);
        return Promise.resolve({ ok: true, value: undefined });
      },
    },
    isBusy: () => state.isBusy,
    epochNow: () => host.epochNow(),
    after: (ms, callback) => host.after(ms, callback),
    onStatus: ({ kind }) => statuses.push(kind),
  });
  const offer = (index: number, change: Parameters<typeof makeRecord>[0] = {}): string => {
    const { id } = makeRequest(index);
    records.set(id, makeRequest(index));
    similarity.offer(makeRecord({ id, prompt: `p${index}`, text: `t${index}`, ...change }));
    return id;
  };
  const setBusy = (isBusy: boolean): void => {
    state.isBusy = isBusy;
    similarity.onEngineChange();
  };
  const worker = (index: number): FakeWorker => {
    const found = workers[index];
    if (found === undefined) throw new Error(`there is no worker ${index}`);
    return found;
  };
  return { host, workers, worker, statuses, records, amended, deltas, similarity, offer, setBusy };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function loaded() {
  const test = setUp();
  const first = test.offer(0);
  test.host.pass(IDLE_MS);
  test.worker(0).endLoad();
  await settle();
  return { ...test, first };
}

describe('similarity', () => {
  it('is computed when the engine has been idle for a while, and added to the record', async () => {
    const { host, workers, worker, offer, amended, deltas, statuses } = setUp();
    const id = offer(0);
    host.pass(IDLE_MS - 1);
    expect(workers).toHaveLength(0);
    host.pass(1);
    worker(0).endLoad();
    await settle();
    expect(worker(0).asked).toEqual(['p0 | t0']);
    worker(0).answer({ ok: true, value: 0.73 });
    await settle();
    expect(amended).toEqual([[id, 0.73]]);
    expect(deltas).toMatchObject([
      {
        model: 'tiny',
        outcome: 'stop',
        observations: [['prompt_similarity_score{method="all-MiniLM-L6-v2"}', 0.73]],
      },
    ]);
    expect(statuses).toEqual(['waiting', 'loading', 'ready']);
  });

  it('is of whole scripts only', () => {
    const { host, workers, offer } = setUp();
    offer(0, { finishReason: 'cancelled' });
    offer(1, { finishReason: 'error', failure: failure('engine/device-lost') });
    offer(2, { finishReason: 'timeout' });
    offer(3, { text: ' \n' });
    host.pass(IDLE_MS);
    expect(workers).toHaveLength(0);
  });

  it('waits while the engine is busy, and goes on when it is idle again', async () => {
    const { host, worker, workers, offer, setBusy } = setUp();
    offer(0);
    setBusy(true);
    host.pass(10 * IDLE_MS);
    expect(workers).toHaveLength(0);
    setBusy(false);
    host.pass(IDLE_MS);
    worker(0).endLoad();
    await settle();
    expect(worker(0).asked).toEqual(['p0 | t0']);
  });

  it('breaks off a pair for a request, and computes it again afterwards', async () => {
    const { host, worker, offer, setBusy, amended, deltas } = await loaded();
    offer(1);
    setBusy(true);
    await settle();
    expect(worker(0).isTerminated).toBe(true);
    expect([amended, deltas]).toEqual([[], []]);
    setBusy(false);
    host.pass(IDLE_MS);
    worker(1).endLoad();
    await settle();
    expect(worker(1).asked).toEqual(['p0 | t0']);
    worker(1).answer();
    await settle();
    expect(worker(1).asked).toEqual(['p0 | t0', 'p1 | t1']);
  });

  it('keeps its model over requests that come while it has nothing to do', async () => {
    const { host, worker, workers, offer, setBusy } = await loaded();
    worker(0).answer();
    await settle();
    setBusy(true);
    offer(1);
    setBusy(false);
    host.pass(IDLE_MS);
    await settle();
    expect(workers).toHaveLength(1);
    expect(worker(0).asked).toEqual(['p0 | t0', 'p1 | t1']);
  });

  it('breaks off the load of its model for a request, and loads anew afterwards', async () => {
    const { host, worker, offer, setBusy } = setUp();
    offer(0);
    host.pass(IDLE_MS);
    setBusy(true);
    await settle();
    expect(worker(0).isTerminated).toBe(true);
    setBusy(false);
    host.pass(IDLE_MS);
    worker(1).endLoad();
    await settle();
    expect(worker(1).asked).toEqual(['p0 | t0']);
  });

  it('drops the oldest pair where too many wait, and counts it', async () => {
    const { host, worker, offer, setBusy, deltas } = setUp();
    setBusy(true);
    for (let index = 0; index <= MAX_PAIRS; index++) offer(index);
    expect(deltas.flatMap(({ counters }) => counters)).toEqual([
      ['telemetry_dropped_total{reason="queue_overflow",signal="similarity"}', 1],
    ]);
    setBusy(false);
    host.pass(IDLE_MS);
    worker(0).endLoad();
    await settle();
    expect(worker(0).asked).toEqual(['p1 | t1']);
  });

  it('waits for a record whose end has not reached the store', async () => {
    const { host, worker, records, amended, first } = await loaded();
    records.set(first, makeRequest(0, { endedAtEpochMs: null, outcome: null }));
    worker(0).answer();
    await settle();
    expect(amended).toEqual([]);
    records.set(first, makeRequest(0));
    host.pass(IDLE_MS);
    await settle();
    worker(0).answer();
    await settle();
    expect(amended).toEqual([[first, 0.5]]);
  });

  it('is never computed twice, nor for a record that is gone', async () => {
    const { host, worker, records, amended, first, offer } = await loaded();
    records.set(first, makeRequest(0, { similarity: 0.1 }));
    worker(0).answer();
    await settle();
    records.delete(offer(1));
    host.pass(IDLE_MS);
    await settle();
    worker(0).answer();
    await settle();
    expect(amended).toEqual([]);
  });

  it('tries a load that failed again, each time later', async () => {
    const { host, workers, worker, offer, statuses } = setUp();
    offer(0);
    host.pass(IDLE_MS);
    worker(0).endLoad({ ok: false, failure: failure('model/offline') });
    await settle();
    expect(statuses.at(-1)).toBe('failed');
    host.pass(RETRY_MS - 1);
    expect(workers).toHaveLength(1);
    host.pass(1);
    worker(1).endLoad({ ok: false, failure: failure('model/offline') });
    await settle();
    host.pass(2 * RETRY_MS - 1);
    expect(workers).toHaveLength(2);
    host.pass(1);
    expect(workers).toHaveLength(3);
  });

  it('goes on with another worker where one fails at a pair, and counts the pair', async () => {
    const { host, worker, offer, deltas } = await loaded();
    offer(1);
    worker(0).answer({ ok: false, failure: failure('engine/inference-failed') });
    await settle();
    expect(worker(0).isTerminated).toBe(true);
    expect(deltas.flatMap(({ counters }) => counters)).toEqual([
      ['telemetry_dropped_total{reason="unavailable",signal="similarity"}', 1],
    ]);
    host.pass(IDLE_MS);
    worker(1).endLoad();
    await settle();
    expect(worker(1).asked).toEqual(['p1 | t1']);
  });

  it('frees the worker when nothing has come for a while', async () => {
    const { host, worker, statuses } = await loaded();
    worker(0).answer();
    await settle();
    host.pass(KEEP_WORKER_MS);
    expect(worker(0).isTerminated).toBe(true);
    expect(statuses.at(-1)).toBe('waiting');
  });

  it('gets its model before there is anything to compute, where that is wanted', async () => {
    const { host, worker, similarity, statuses } = setUp();
    similarity.prepare();
    host.pass(IDLE_MS);
    worker(0).endLoad();
    await settle();
    expect(statuses.at(-1)).toBe('ready');
    expect(worker(0).asked).toEqual([]);
  });

  it('is over when it is switched off, in the middle of a pair too', async () => {
    const { host, worker, workers, similarity, offer, amended, deltas } = await loaded();
    similarity.dispose();
    worker(0).answer();
    offer(1);
    host.pass(10 * IDLE_MS);
    await settle();
    expect(worker(0).isTerminated).toBe(true);
    expect([workers.length, amended, deltas]).toEqual([1, [], []]);
  });
});
