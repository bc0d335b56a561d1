import { describe, expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '../../../../src/contracts/failure.ts';
import type { Outcome } from '../../../../src/contracts/request-record.ts';
import { ERROR_TYPES, errorTypeOf } from '../../../../src/core/metrics/error-type.ts';
import * as events from '../../../../src/core/metrics/event-deltas.ts';
import { samplingRanges } from '../../../../src/core/metrics/sampling-ranges.ts';

function typeOf(outcome: Outcome, code: FailureCode | null) {
  return errorTypeOf({ outcome, failure: code === null ? null : { code, field: null } });
}

describe('error_type', () => {
  test.each([
    ['error', 'request/invalid-parameter', 'validation'],
    ['error', 'request/prompt-too-long', 'validation'],
    ['error', 'engine/out-of-memory', 'oom'],
    ['error', 'unknown', 'unknown'],
    ['error', null, 'unknown'],
    ['error', 'engine/device-lost', 'engine/device-lost'],
    ['timeout', null, 'timeout'],
    ['stop', null, null],
    ['length', null, null],
    ['cancelled', null, null],
    ['orphaned', null, null],
  ] as const)('of outcome %s with failure %s is %s', (outcome, code, type) => {
    expect(typeOf(outcome, code)).toBe(type);
  });

  test('has a value in the list for every failure, and the list has each once', () => {
    for (const code of Object.keys(FAILURES) as FailureCode[]) {
      expect(ERROR_TYPES).toContain(typeOf('error', code));
    }
    expect(new Set(ERROR_TYPES).size).toBe(ERROR_TYPES.length);
  });
});

describe('value_range', () => {
  test.each([
    [{ temperature: 0, top_k: 0, top_p: 1 }, ['greedy', 'off', 'off']],
    [{ temperature: 0.01, top_k: 1, top_p: 0.01 }, ['low', 'low', 'low']],
    [{ temperature: 0.49, top_k: 24, top_p: 0.49 }, ['low', 'low', 'low']],
    [{ temperature: 0.5, top_k: 25, top_p: 0.5 }, ['medium', 'medium', 'medium']],
    [{ temperature: 0.99, top_k: 74, top_p: 0.89 }, ['medium', 'medium', 'medium']],
    [{ temperature: 1, top_k: 75, top_p: 0.9 }, ['high', 'high', 'high']],
    [{ temperature: 2, top_k: 1000, top_p: 0.99 }, ['high', 'high', 'high']],
  ])('of %j is %j', (parameters, ranges) => {
    expect(samplingRanges(parameters)).toEqual([
      ['temperature', ranges[0]],
      ['top_k', ranges[1]],
      ['top_p', ranges[2]],
    ]);
  });
});

describe('what is counted beside requests', () => {
  test.each([
    [events.modelLoadFailed(7, 'model/offline'), 'model_load_failures_total{code="model/offline"}'],
    [events.deviceLost(7), 'device_lost_total'],
    [events.workerRestarted(7, 'crashed'), 'worker_restarts_total{reason="crashed"}'],
    [
      events.healthChecked(7, 'deep', 'healthy'),
      'health_checks_total{kind="deep",result="healthy"}',
    ],
  ])('belongs to no model: $1', (delta, key) => {
    expect(delta).toEqual({
      atEpochMs: 7,
      model: 'none',
      backend: 'none',
      outcome: 'none',
      counters: [[key, 1]],
      observations: [],
      gauges: [],
    });
  });

  test('has dropped items by signal and reason, and loads by source', () => {
    expect(events.telemetryDropped(7, 'log', 'quota', 12).counters).toEqual([
      ['telemetry_dropped_total{reason="quota",signal="log"}', 12],
    ]);
    expect(events.modelLoaded(7, 'cache', 3.5).observations).toEqual([
      ['model_load_seconds{source="cache"}', 3.5],
    ]);
  });

  test('leaves out gauges that the browser does not tell', () => {
    const reading = { activeRequests: 2, memoryUsedRatio: null, storageUsedRatio: 0.1 };
    expect(events.gaugesRead(7, reading).gauges).toEqual([
      ['active_generation_requests', 2],
      ['storage_used_ratio', 0.1],
    ]);
  });
});
