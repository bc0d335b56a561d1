import { describe, expect, test } from 'vitest';
import { failure } from '../../../../src/contracts/failure.ts';
import type { PhaseTimestamps } from '../../../../src/contracts/generation.ts';
import type { RequestRecord } from '../../../../src/contracts/request-record.ts';
import { orphanedRequestRecord } from '../../../../src/core/metrics/to-request-record.ts';
import { DEFAULT_PARAMETERS } from '../../../../src/core/prompt/parse-parameters.ts';
import { requestTrace, type RequestTrace } from '../../../../src/core/trace/request-trace.ts';
import { requestLife } from '../../../fixtures/monitoring/request-life.ts';
import { sampleRecords } from '../../../fixtures/monitoring/sample-records.ts';

const ID = '5f0c2a9e-1b7d-4c3a-9e2f-0123456789ab';

const UNSTARTED: PhaseTimestamps = {
  startedMs: null,
  tokenizedMs: null,
  prefilledMs: null,
  firstTokenMs: null,
  lastTokenMs: null,
  finishedMs: 0,
};

const { closed } = requestLife({ id: ID });
const STORED: RequestRecord = { ...closed, timestamps: { ...closed.timestamps, storedMs: 97 } };

const phases = (trace: RequestTrace): unknown[] =>
  trace.spans.map(({ phase, startMs, endMs, status }) => [phase, startMs, endMs, status]);

describe('the trace of a request', () => {
  test('has its phases one after the other', () => {
    const trace = requestTrace(STORED);
    expect(phases(trace)).toEqual([
      ['generate', 0, 91, 'ok'],
      ['queue', 0, 1, 'unset'],
      ['tokenize', 1, 2, 'unset'],
      ['prefill', 2, 30, 'unset'],
      ['decode', 30, 90, 'unset'],
      ['check', 91, 92, 'unset'],
      ['store', 92, 97, 'unset'],
    ]);
    expect(trace.durationMs).toBe(97);
    expect(trace.startEpochMs).toBe(STORED.acceptedAtEpochMs);
  });

  test('has a tick for each token', () => {
    const record = {
      ...STORED,
      timestamps: { ...STORED.timestamps, firstTokenMs: 40, lastTokenMs: 95 },
      tokenGapsMs: [10, 5, 40],
    };
    expect(requestTrace(record).tokenTimesMs).toEqual([40, 50, 55, 95]);
  });

  test('has ids made of the request’s', () => {
    const { traceId, spans } = requestTrace(STORED);
    expect(traceId).toBe('5f0c2a9e1b7d4c3a9e2f0123456789ab');
    expect(spans[0]?.parentSpanId).toBeNull();
    expect(spans.slice(1).every((span) => span.parentSpanId === spans[0]?.spanId)).toBe(true);
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(7);
    expect(spans.every((span) => /^[0-9a-f]{16}$/u.test(span.spanId))).toBe(true);
  });

  test('ends in the phase that failed', () => {
    const { closed: failed } = requestLife(
      {
        id: ID,
        finishReason: 'error',
        failure: failure('engine/device-lost'),
        timestamps: { ...UNSTARTED, startedMs: 5, tokenizedMs: 6, finishedMs: 50 },
        tokenGapsMs: [],
        tokens: { prompt: 20, promptCached: 0, generated: 0 },
        syntax: null,
      },
      { checkedMs: null },
    );
    expect(phases(requestTrace(failed))).toEqual([
      ['generate', 0, 50, 'error'],
      ['queue', 0, 5, 'unset'],
      ['tokenize', 5, 6, 'unset'],
      ['prefill', 6, 50, 'error'],
    ]);
  });

  test('of one that failed between two tokens says so of its decoding', () => {
    const timedOut: RequestRecord = { ...STORED, outcome: 'timeout' };
    expect(requestTrace(timedOut).spans.find(({ phase }) => phase === 'decode')?.status).toBe(
      'error',
    );
    const stopped: RequestRecord = { ...STORED, outcome: 'cancelled' };
    expect(requestTrace(stopped).spans.some(({ status }) => status === 'error')).toBe(false);
  });

  test('of one that was stopped while it waited is its wait, and no error', () => {
    const { closed: stopped } = requestLife(
      { finishReason: 'cancelled', timestamps: { ...UNSTARTED, finishedMs: 300 }, syntax: null },
      { checkedMs: null },
    );
    expect(phases(requestTrace(stopped))).toEqual([
      ['generate', 0, 300, 'unset'],
      ['queue', 0, 300, 'unset'],
    ]);
  });

  test('of one whose parameters were refused has no phases', () => {
    const { closed: refused } = requestLife(
      {
        finishReason: 'error',
        failure: failure('request/invalid-parameter', undefined, { field: 'top_p' }),
        timestamps: UNSTARTED,
        engine: null,
        syntax: null,
      },
      { checkedMs: null },
    );
    const { spans } = requestTrace(refused);
    expect(spans.map(({ phase }) => phase)).toEqual(['generate']);
    expect(spans[0]?.name).toBe('text_completion');
    expect(spans[0]?.attributes).toMatchObject({
      'error.type': 'validation',
      'shellwright.request.refused_field': 'top_p',
    });
  });

  test('of one that goes on, or was left by a closed page, has no end', () => {
    const { open } = requestLife();
    expect(phases(requestTrace(open))).toEqual([['generate', 0, null, 'unset']]);
    const orphaned = orphanedRequestRecord(open, open.acceptedAtEpochMs + 60_000);
    expect(phases(requestTrace(orphaned))).toEqual([['generate', 0, null, 'unset']]);
  });

  test('never goes backwards, whatever the clocks say', () => {
    for (const record of sampleRecords({ seed: 3, count: 300, fromMs: 0, toMs: 86_400_000 })) {
      const { spans, durationMs } = requestTrace(record);
      for (const { startMs, endMs } of spans) {
        expect(endMs ?? startMs).toBeGreaterThanOrEqual(startMs);
        expect(endMs ?? startMs).toBeLessThanOrEqual(durationMs);
      }
    }
    const skewed = { ...STORED, timestamps: { ...STORED.timestamps, tokenizedMs: 0.5 } };
    expect(requestTrace(skewed).spans[2]).toMatchObject({ startMs: 1, endMs: 1 });
  });
});

describe('its attributes', () => {
  test('have the names of OpenTelemetry’s conventions', () => {
    expect(requestTrace(STORED).spans[0]).toMatchObject({
      name: 'text_completion tiny',
      attributes: {
        'gen_ai.operation.name': 'text_completion',
        'gen_ai.provider.name': 'shellwright',
        'gen_ai.request.model': 'tiny',
        'gen_ai.request.max_tokens': STORED.parameters?.max_tokens,
        'gen_ai.request.seed': 1,
        'gen_ai.response.id': ID,
        'gen_ai.response.model': 'tiny',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.response.time_to_first_chunk': 0.04,
        'gen_ai.usage.input_tokens': 3,
        'gen_ai.usage.output_tokens': 2,
        'gen_ai.usage.cache_read.input_tokens': 0,
      },
    });
  });

  test('leave out what there is not', () => {
    const attributes = requestTrace(requestLife().open).spans[0]?.attributes;
    expect(Object.values(attributes ?? {})).not.toContain(null);
    expect(attributes).not.toHaveProperty(['error.type']);
    expect(attributes).not.toHaveProperty(['gen_ai.usage.output_tokens']);
    expect(attributes).not.toHaveProperty(['gen_ai.response.finish_reasons']);
    expect(attributes?.['shellwright.outcome']).toBe('active');
  });

  test('call an error that has no name _OTHER', () => {
    const record = {
      ...STORED,
      outcome: 'error',
      failure: { code: 'unknown', field: null },
    } as const;
    expect(requestTrace(record).spans[0]?.attributes['error.type']).toBe('_OTHER');
  });

  test('hold neither prompt nor script nor stop texts', () => {
    const secret = 'CANARY';
    const { closed: record } = requestLife({
      prompt: secret,
      text: secret,
      parameters: { ...DEFAULT_PARAMETERS, stop: [secret] },
    });
    expect(JSON.stringify(requestTrace(record))).not.toContain(secret);
  });
});

describe('its evaluations', () => {
  test('are the verdict, as pass or fail, and the similarity', () => {
    const record: RequestRecord = {
      ...STORED,
      syntax: { result: 'invalid', line: 3 },
      similarity: 0.61,
    };
    expect(requestTrace(record).spans[0]?.events).toEqual([
      {
        name: 'gen_ai.evaluation.result',
        atMs: 92,
        attributes: {
          'gen_ai.evaluation.name': 'bash.syntax',
          'gen_ai.evaluation.score.value': 0,
          'gen_ai.evaluation.score.label': 'fail',
          'gen_ai.response.id': ID,
          'shellwright.syntax.result': 'invalid',
        },
      },
      {
        name: 'gen_ai.evaluation.result',
        atMs: 92,
        attributes: {
          'gen_ai.evaluation.name': 'prompt.similarity',
          'gen_ai.evaluation.score.value': 0.61,
          'gen_ai.response.id': ID,
        },
      },
    ]);
  });

  test('say nothing of a script that was not checked', () => {
    const record: RequestRecord = { ...STORED, syntax: { result: 'unchecked', line: null } };
    expect(requestTrace(record).spans[0]?.events).toEqual([]);
  });
});
