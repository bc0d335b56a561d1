import { describe, expect, test } from 'vitest';
import { failure } from '../../../../src/contracts/failure.ts';
import { OUTCOMES, type RequestRecord } from '../../../../src/contracts/request-record.ts';
import type { RollupDelta } from '../../../../src/contracts/rollup.ts';
import {
  acceptDelta,
  endDeltas,
  similarityDelta,
} from '../../../../src/core/metrics/request-deltas.ts';
import { requestFigures } from '../../../../src/core/metrics/request-figures.ts';
import {
  openRequestRecord,
  orphanedRequestRecord,
  refusedRequestRecord,
} from '../../../../src/core/metrics/to-request-record.ts';
import { sampleRecords } from '../../../fixtures/monitoring/sample-records.ts';
import { deltasOf, rollupsOf } from '../../../fixtures/monitoring/sample-rollups.ts';
import { makeRequestRecord } from '../../../fixtures/monitoring/request-record.ts';
import { makeRecord } from '../../../fixtures/records.ts';

function countersOf(delta: RollupDelta | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(delta?.counters ?? []);
}

function valuesOf(delta: RollupDelta | undefined, name: string): readonly number[] {
  return (delta?.observations ?? []).filter(([key]) => key === name).map(([, value]) => value);
}

function endOf(change: Partial<RequestRecord>): RollupDelta | undefined {
  return endDeltas(makeRequestRecord(change))[0];
}

describe('a request that is accepted', () => {
  test('is counted at that time, with the ranges of its parameters', () => {
    const delta = acceptDelta(makeRequestRecord());
    expect(delta).toMatchObject({
      atEpochMs: 1_700_000_000_000,
      model: 'tiny',
      backend: 'wasm',
      outcome: 'accepted',
      observations: [],
    });
    expect(countersOf(delta)).toEqual({
      generation_requests_total: 1,
      'sampling_parameters_total{parameter="temperature",value_range="greedy"}': 1,
      'sampling_parameters_total{parameter="top_k",value_range="medium"}': 1,
      'sampling_parameters_total{parameter="top_p",value_range="high"}': 1,
    });
  });

  test('with refused parameters counts no ranges, and without a model has none', () => {
    const delta = acceptDelta(makeRequestRecord({ parameters: null, engine: null }));
    expect(countersOf(delta)).toEqual({ generation_requests_total: 1 });
    expect(delta).toMatchObject({ model: 'none', backend: 'none' });
  });
});

describe('a request that has ended', () => {
  test('is counted at its end, with what it did', () => {
    const delta = endOf({
      guard: { on: true, refusedTokens: 3, cutBack: true },
      tokens: { prompt: 30, promptCached: 12, generated: 4 },
      dangers: ['rm-root', 'rm-root', 'dd-device'],
    });
    expect(delta).toMatchObject({
      atEpochMs: 1_700_000_000_091,
      model: 'tiny',
      backend: 'wasm',
      outcome: 'stop',
    });
    expect(countersOf(delta)).toEqual({
      generation_finished_total: 1,
      'generation_syntax_checks_total{guard="on",result="valid"}': 1,
      generation_guarded_total: 1,
      generation_guard_cut_back_total: 1,
      generation_guard_refused_tokens_total: 3,
      prompt_tokens_cached_total: 12,
      'generation_dangers_total{rule="rm-root"}': 1,
      'generation_dangers_total{rule="dd-device"}': 1,
    });
  });

  test('has its phases in the histograms, and they add up to the latency', () => {
    const delta = endOf({});
    const one = (name: string) => valuesOf(delta, name)[0] ?? NaN;
    expect(one('generation_latency_seconds')).toBe(0.09);
    expect(one('time_to_first_token_seconds')).toBe(0.04);
    expect(
      one('request_queue_time_seconds') +
        one('tokenize_time_seconds') +
        one('prefill_time_seconds') +
        one('decode_time_seconds'),
    ).toBeCloseTo(0.09, 10);
    expect(one('syntax_check_time_seconds')).toBe(0.003);
    expect(valuesOf(delta, 'inter_token_latency_seconds')).toEqual([0.01, 0.03, 0.01]);
    expect(one('generation_stall_seconds')).toBe(0.03);
    expect(one('generation_tokens_per_second')).toBeCloseTo(60, 10);
    expect(one('generation_tokens')).toBe(4);
    expect(one('request_prompt_tokens')).toBe(30);
    expect(one('request_total_tokens')).toBe(34);
    expect(one('output_length_chars')).toBe(12);
  });

  test('without a token has the latency to its end, and neither tokens nor length', () => {
    const { timestamps } = makeRequestRecord();
    const delta = endOf({
      outcome: 'error',
      failure: { code: 'engine/inference-failed', field: null },
      tokens: { prompt: 30, promptCached: 0, generated: 0 },
      tokenGapsMs: [],
      syntax: null,
      timestamps: { ...timestamps, firstTokenMs: null, lastTokenMs: null, checkedMs: null },
    });
    expect(valuesOf(delta, 'generation_latency_seconds')).toEqual([0.091]);
    for (const name of [
      'generation_tokens',
      'output_length_chars',
      'time_to_first_token_seconds',
    ]) {
      expect(valuesOf(delta, name), name).toEqual([]);
    }
    expect(countersOf(delta)).toEqual({
      generation_finished_total: 1,
      'generation_errors_total{error_type="engine/inference-failed"}': 1,
    });
  });

  test('during which the device slept has no times, but all counts', () => {
    const delta = endOf({ isSuspended: true });
    expect(countersOf(delta)).toMatchObject({
      generation_finished_total: 1,
      clock_suspend_total: 1,
    });
    expect((delta?.observations ?? []).map(([key]) => key).sort()).toEqual([
      'generation_tokens',
      'output_length_chars',
      'request_prompt_tokens',
      'request_total_tokens',
    ]);
  });

  test.each(['request/invalid-parameter', 'engine/unsupported-browser'] as const)(
    'that was refused is an error without a latency: %s',
    (code) => {
      const { timestamps } = openRequestRecord({ ...makeRecord(), pageId: 'page-1' });
      const open = makeRequestRecord({
        endedAtEpochMs: null,
        outcome: null,
        tokens: { prompt: 0, promptCached: 0, generated: 0 },
        tokenGapsMs: [],
        syntax: null,
        timestamps,
      });
      const [delta] = endDeltas(refusedRequestRecord(open, failure(code), 1_700_000_000_000));
      const type = code === 'request/invalid-parameter' ? 'validation' : code;
      expect(countersOf(delta)).toEqual({
        generation_finished_total: 1,
        [`generation_errors_total{error_type="${type}"}`]: 1,
      });
      expect(delta?.observations).toEqual([]);
    },
  );

  test.each(['request/queue-full', 'engine/not-loaded'] as const)(
    'that was turned away a moment after it came has no latency: %s',
    (code) => {
      const { timestamps } = openRequestRecord({ ...makeRecord(), pageId: 'page-1' });
      const refused: Partial<RequestRecord> = {
        outcome: 'error',
        failure: { code, field: null },
        tokens: { prompt: 0, promptCached: 0, generated: 0 },
        tokenGapsMs: [],
        syntax: null,
        timestamps: { ...timestamps, finishedMs: 0.012 },
      };
      expect(endOf(refused)?.observations).toEqual([]);
      // One that had waited for a model that then failed to load was accepted.
      const waited = { ...refused, failure: { code: 'model/offline', field: null } as const };
      expect(valuesOf(endOf(waited), 'generation_latency_seconds')).toEqual([0.000012]);
    },
  );

  test('whose page was gone has no times and is no error', () => {
    const orphan = orphanedRequestRecord(
      makeRequestRecord({ endedAtEpochMs: null, outcome: null }),
      1_700_000_100_000,
    );
    expect(requestFigures(orphan).latencySeconds).toBeNull();
    const [delta] = endDeltas(orphan);
    expect(delta).toMatchObject({ outcome: 'orphaned', atEpochMs: 1_700_000_100_000 });
    expect(countersOf(delta)).not.toHaveProperty('generation_errors_total{error_type="unknown"}');
  });

  test('with text that nobody could check counts as unchecked', () => {
    const counters = countersOf(endOf({ syntax: null }));
    expect(counters['generation_syntax_checks_total{guard="off",result="unchecked"}']).toBe(1);
  });

  test('adds nothing while it has not ended', () => {
    expect(endDeltas(makeRequestRecord({ outcome: null, endedAtEpochMs: null }))).toEqual([]);
  });

  test('never has a time below zero, even if two clocks disagree', () => {
    const { timestamps } = makeRequestRecord();
    const figures = requestFigures(
      makeRequestRecord({ timestamps: { ...timestamps, tokenizedMs: 31, prefilledMs: 30 } }),
    );
    expect(figures.prefillSeconds).toBe(0);
  });
});

test('a similarity that is known later is counted with the request it belongs to', () => {
  expect(similarityDelta(makeRequestRecord(), 0.7)).toMatchObject({
    atEpochMs: 1_700_000_000_091,
    model: 'tiny',
    outcome: 'stop',
    observations: [['prompt_similarity_score{method="all-MiniLM-L6-v2"}', 0.7]],
  });
});

test('requests = finished + active, and every figure is what the records say', () => {
  const records = sampleRecords({ seed: 6, count: 400, fromMs: 0, toMs: 86_400_000 });
  const active = records.slice(0, 7).map((record) => ({
    ...record,
    endedAtEpochMs: null,
    outcome: null,
    similarity: null,
  }));
  const ended = records.slice(7);
  const totals = rollupsOf(deltasOf([...active, ...ended]), 'total');
  const sum = (name: string) =>
    totals.reduce(
      (all, { counters }) =>
        Object.entries(counters)
          .filter(([key]) => key === name || key.startsWith(`${name}{`))
          .reduce((total, [, count]) => total + count, all),
      0,
    );
  expect(sum('generation_requests_total')).toBe(sum('generation_finished_total') + active.length);
  for (const outcome of OUTCOMES) {
    const finished = totals
      .filter((row) => row.outcome === outcome)
      .reduce((all, { counters }) => all + (counters['generation_finished_total'] ?? 0), 0);
    expect(finished, outcome).toBe(ended.filter((record) => record.outcome === outcome).length);
  }
  const failed = ended.filter(({ outcome }) => outcome === 'error' || outcome === 'timeout');
  expect(sum('generation_errors_total')).toBe(failed.length);
  expect(sum('clock_suspend_total')).toBe(ended.filter((record) => record.isSuspended).length);
  expect(sum('generation_syntax_checks_total')).toBe(
    ended.filter(({ tokens }) => tokens.generated > 0).length,
  );
});
