import { describe, expect, test } from 'vitest';
import type { ObjectiveId, ObjectiveResult } from '../../../../src/core/metrics/dashboard-shape.ts';
import {
  DEFAULT_OBJECTIVES,
  judgeObjective,
  type Observation,
} from '../../../../src/core/metrics/objectives.ts';
import { statusOf } from '../../../../src/core/metrics/status-sentence.ts';

const HOUR = 3_600_000;
const NOW = 10 * HOUR;
const TIMES = [0, 1, 2, 3, 4].map((step) => NOW - HOUR + step * 720_000);

function judge(id: ObjectiveId, observation: Partial<Observation>): ObjectiveResult {
  const objective = DEFAULT_OBJECTIVES.find((candidate) => candidate.id === id);
  if (objective === undefined) throw new Error(id);
  return judgeObjective(objective, { value: null, n: 0, steps: [], ...observation }, TIMES);
}

function sentence(results: readonly ObjectiveResult[], finished = 84): string {
  const { sentence: text } = statusOf({
    results,
    finished,
    range: { fromMs: NOW - HOUR, toMs: NOW },
    nowMs: NOW,
  });
  return text;
}

describe('an objective', () => {
  test('is met below its threshold, and missed on it', () => {
    expect(judge('latency-p95', { value: 1.99, n: 20 }).state).toBe('met');
    expect(judge('latency-p95', { value: 2, n: 20 }).state).toBe('missed');
    expect(judge('syntax-validity', { value: 0.851, n: 20 }).state).toBe('met');
    expect(judge('syntax-validity', { value: 0.85, n: 20 }).state).toBe('missed');
  });

  test('says nothing on too few samples, and shows what there is', () => {
    expect(judge('latency-p95', { value: null, n: 19 })).toMatchObject({
      state: 'not-enough-data',
      n: 19,
    });
    expect(judge('error-rate', { value: 1, n: 19 })).toMatchObject({
      state: 'not-enough-data',
      value: 1,
    });
  });

  test('is missed since the first step of the last run of steps that miss it', () => {
    const missed = judge('latency-p95', { value: 3, n: 50, steps: [9, 1, 3, 4, 3] });
    expect(missed.missedSinceMs).toBe(TIMES[2]);
  });

  test('looks past steps without data', () => {
    const missed = judge('latency-p95', { value: 3, n: 50, steps: [9, 1, 3, null, null] });
    expect(missed.missedSinceMs).toBe(TIMES[2]);
  });

  test('has no run where the newest data keeps it again', () => {
    const missed = judge('latency-p95', { value: 3, n: 50, steps: [9, 9, 9, 9, 1] });
    expect(missed).toMatchObject({ state: 'missed', missedSinceMs: null });
  });
});

describe('the status', () => {
  const fine = [
    judge('latency-p95', { value: 1.2, n: 84 }),
    judge('error-rate', { value: 0.004, n: 84 }),
    judge('syntax-validity', { value: 0.97, n: 80 }),
    judge('active-requests', { value: 1, n: 1 }),
    judge('memory-used', { value: 0.4, n: 9 }),
  ];

  test('is healthy with the figures that say so', () => {
    expect(sentence(fine)).toBe(
      'Healthy: p95 1.2 s < 2 s, error rate 0.4 % < 1 %, syntax validity 97 % > 85 %, n = 84',
    );
  });

  test('is degraded with value, threshold, duration and n', () => {
    const late = judge('latency-p95', { value: 3.14, n: 84, steps: [null, 1, 1, 1, 3] });
    expect(sentence([late, ...fine.slice(1)])).toBe('Degraded: p95 3.1 s > 2 s for 12 min, n = 84');
  });

  test('is degraded without a duration once the newest data is fine again', () => {
    const late = judge('latency-p95', { value: 3.14, n: 84, steps: [9, 9, 9, 9, 1] });
    expect(sentence([late])).toBe('Degraded: p95 3.1 s > 2 s, n = 84');
  });

  test('names every objective that is missed', () => {
    const failing = judge('error-rate', { value: 0.05, n: 84, steps: [0, 0, 0, 0.2, 0.1] });
    const invalid = judge('syntax-validity', { value: 0.8, n: 80 });
    expect(sentence([failing, invalid])).toBe(
      'Degraded: error rate 5 % > 1 % for 24 min, n = 84; syntax validity 80 % < 85 %, n = 80',
    );
  });

  test.each([
    ['active-requests', 120, 'Degraded: active requests 120 > 100, n = 3'],
    ['memory-used', 0.912, 'Degraded: memory 91.2 % > 80 %, n = 3'],
  ] as const)('is degraded by %s as well, whatever the requests', (id, value, text) => {
    expect(sentence([judge(id, { value, n: 3 })], 0)).toBe(text);
  });

  test('shows as many decimals as tell the value from its threshold', () => {
    expect(sentence([judge('latency-p95', { value: 2.004, n: 20 })])).toBe(
      'Degraded: p95 2.004 s > 2 s, n = 20',
    );
    expect(sentence([judge('latency-p95', { value: 2, n: 20 })])).toBe(
      'Degraded: p95 2 s = 2 s, n = 20',
    );
  });

  test('is unknown, not healthy, without requests', () => {
    expect(sentence(fine, 0)).toBe('Unknown: no request ended in 1 h');
  });

  test.each([
    [1, 'Unknown: p95 has 1 sample in 1 h, needs 20'],
    [7, 'Unknown: p95 has 7 samples in 1 h, needs 20'],
  ])('is unknown on %i samples', (n, text) => {
    const few = judge('latency-p95', { value: null, n });
    expect(sentence([few, ...fine.slice(1)], n)).toBe(text);
  });

  test('is healthy though too few scripts were judged, and does not count that in', () => {
    const unjudged = judge('syntax-validity', { value: null, n: 0 });
    expect(sentence([...fine.slice(0, 2), unjudged])).toBe(
      'Healthy: p95 1.2 s < 2 s, error rate 0.4 % < 1 %, n = 84',
    );
  });

  test('is healthy with its n where there are no objectives', () => {
    expect(sentence([])).toBe('Healthy: n = 84');
  });
});
