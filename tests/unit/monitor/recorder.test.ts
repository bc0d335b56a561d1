import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/contracts/failure.ts';
import type { GenerationRecord } from '../../../src/contracts/generation.ts';
import type { LogLine } from '../../../src/contracts/log-line.ts';
import type { RequestRecord } from '../../../src/contracts/request-record.ts';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';
import { Recorder } from '../../../src/monitor/recorder.ts';
import { MemoryMonitor } from '../../../src/store/memory-monitor.ts';
import type { MonitorStore } from '../../../src/store/monitor-port.ts';
import { FakeHost } from '../../fixtures/fake-host.ts';
import { ENGINE, makeRecord } from '../../fixtures/records.ts';

const CANARY = 'zq-canary-7391';
const ID = '0b1e5a52-3c66-4a0e-9d3c-0123456789ab';

function setUp(store: Pick<MonitorStore, 'open' | 'close'> = new MemoryMonitor(), isDebug = false) {
  const host = new FakeHost();
  const lines: Pick<LogLine, 'level' | 'message' | 'fields' | 'traceId'>[] = [];
  let wallOffsetMs = 0;
  const recorder = new Recorder({
    store,
    log: (level, _, message, fields = {}, traceId = null) => {
      lines.push({ level, message, fields, traceId });
    },
    pageId: 'page-1',
    now: () => host.now(),
    epochNow: () => host.epochNow() + wallOffsetMs,
    newId: () => 'new-id',
    engine: () => ENGINE,
    isDebug: () => isDebug,
  });
  return {
    host,
    lines,
    recorder,
    accept: (prompt = 'list files') => {
      recorder.accept({
        id: ID,
        acceptedAtEpochMs: host.epochNow() + wallOffsetMs,
        acceptedAtMs: host.now(),
        prompt,
        parameters: DEFAULT_PARAMETERS,
      });
    },
    end: (change: Partial<GenerationRecord> = {}) => {
      recorder.end(makeRecord({ id: ID, acceptedAtEpochMs: 1_700_000_000_000, ...change }), 92);
    },
    setClock: (ms: number) => (wallOffsetMs = ms),
  };
}

async function only(store: MemoryMonitor): Promise<RequestRecord> {
  const found = await store.records({
    fromMs: 0,
    toMs: Infinity,
    limit: 10,
    order: 'newest-first',
  });
  if (!found.ok || found.value.length !== 1) throw new Error('not one record');
  return found.value[0] as RequestRecord;
}

describe('a request', () => {
  test('is written when it is accepted, and again when it has ended', async () => {
    const store = new MemoryMonitor();
    const { accept, end, host } = setUp(store);
    accept();
    expect(await only(store)).toMatchObject({ id: ID, outcome: null, engine: ENGINE });
    host.pass(95);
    end();
    expect(await only(store)).toMatchObject({
      outcome: 'stop',
      endedAtEpochMs: 1_700_000_000_095,
      isSuspended: false,
      debug: null,
    });
  });

  test('is logged with its tokens, and with its id as trace id', () => {
    const { accept, end, lines } = setUp();
    accept();
    end({ tokens: { prompt: 3, promptCached: 0, generated: 2 } });
    const traceId = '0b1e5a523c664a0e9d3c0123456789ab';
    expect(lines).toMatchObject([
      { level: 'info', message: 'request accepted', fields: { promptChars: 10 }, traceId },
      {
        level: 'info',
        message: 'request ended',
        fields: {
          outcome: 'stop',
          promptTokens: 3,
          generatedTokens: 2,
          totalTokens: 5,
          tokensPerSecond: 20,
          latencyMs: 90,
        },
        traceId,
      },
    ]);
  });

  test.each([
    ['error', 'error'],
    ['timeout', 'warn'],
    ['cancelled', 'info'],
  ] as const)('that ended with %s is logged as %s', (finishReason, level) => {
    const { accept, end, lines } = setUp();
    accept();
    end({ finishReason, failure: finishReason === 'error' ? failure('unknown') : null });
    expect(lines.at(-1)?.level).toBe(level);
  });

  test('leaves nothing of prompt, script or stop texts in record or log', () => {
    const store = new MemoryMonitor();
    const { accept, end, lines, recorder } = setUp(store, true);
    accept(`find ${CANARY}`);
    end({
      prompt: `find ${CANARY}`,
      text: `rm ${CANARY}`,
      parameters: { ...DEFAULT_PARAMETERS, stop: [CANARY] },
      finishReason: 'error',
      failure: failure('engine/inference-failed', CANARY, { cause: CANARY }),
    });
    recorder.refuse(failure('request/invalid-parameter', CANARY, { field: CANARY }), {
      prompt: CANARY,
      parameters: null,
    });
    const everything = JSON.stringify([store.everything(), lines]);
    expect(everything).toContain('"promptChars":');
    expect(everything).not.toContain(CANARY);
  });

  test.each([3_600_000, -3_600_000])(
    'during which the wall clock jumped by %d ms is one that was slept through',
    async (ms) => {
      const store = new MemoryMonitor();
      const { accept, end, host, setClock } = setUp(store);
      accept();
      host.pass(95);
      setClock(ms);
      end();
      const { isSuspended, endedAtEpochMs, acceptedAtEpochMs } = await only(store);
      expect(isSuspended).toBe(true);
      expect(endedAtEpochMs).toBeGreaterThanOrEqual(acceptedAtEpochMs);
    },
  );

  test('is not taken for one that was slept through where the clocks differ by little', async () => {
    const store = new MemoryMonitor();
    const { accept, end, setClock } = setUp(store);
    accept();
    setClock(900);
    end();
    expect((await only(store)).isSuspended).toBe(false);
  });

  test('has its details in debug mode', async () => {
    const store = new MemoryMonitor();
    const { accept, end, lines } = setUp(store, true);
    accept();
    end();
    expect((await only(store)).debug).toEqual({
      inputTokens: 3,
      modelConfig: { vocabularySize: 100, layers: 2, width: 32 },
      samplingParameters: expect.objectContaining({ temperature: 0, stopCount: 0 }) as unknown,
      totalProcessingTimeMs: 91,
    });
    expect(lines.at(-1)).toMatchObject({
      level: 'debug',
      message: 'request detail',
      fields: { layers: 2, temperature: 0, totalProcessingTimeMs: 91 },
    });
  });
});

describe('a request that was refused', () => {
  test('is accepted and ended at once, with the field that was wrong', async () => {
    const store = new MemoryMonitor();
    const { recorder, lines } = setUp(store);
    const cause = failure('request/invalid-parameter', undefined, { field: 'top_k' });
    recorder.refuse(cause, { prompt: 'ls', parameters: null });
    await Promise.resolve();
    expect(await only(store)).toMatchObject({
      id: 'new-id',
      outcome: 'error',
      failure: { code: 'request/invalid-parameter', field: 'top_k' },
      parameters: null,
      promptChars: 2,
    });
    const rows = await store.rollups({ resolution: 'total', fromMs: 0, toMs: 1 });
    const counters = rows.ok ? rows.value.map((row) => row.counters) : [];
    expect(counters).toEqual([
      { generation_requests_total: 1 },
      {
        generation_finished_total: 1,
        'generation_errors_total{error_type="validation"}': 1,
      },
    ]);
    expect(lines).toMatchObject([
      { level: 'warn', message: 'request refused', fields: { field: 'top_k' } },
    ]);
  });
});

describe('a store that misbehaves', () => {
  test.each([
    ['throws', () => raise()],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['never answers', () => new Promise<never>(() => {})],
  ])('and %s does not reach whoever generates', async (_, work) => {
    const { accept, end, recorder } = setUp({ open: work, close: work });
    expect(() => {
      accept();
      end();
      recorder.refuse(failure('unknown'), { prompt: '', parameters: null });
    }).not.toThrow();
    // A rejection that nobody hears fails the test run.
    await new Promise((resolve) => setImmediate(resolve));
  });
});

function raise(): never {
  throw new Error('broken');
}
