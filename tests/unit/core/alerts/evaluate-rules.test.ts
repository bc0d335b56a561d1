import { describe, expect, it } from 'vitest';
import type { AlertRule } from '../../../../src/contracts/alert.ts';
import type { AlertRecord, RuleStatus, Silence } from '../../../../src/contracts/alert-record.ts';
import {
  evaluateRules,
  GROUP_WAIT_MS,
  type Evaluation,
} from '../../../../src/core/alerts/evaluate-rules.ts';
import { STALE_AFTER_MS } from '../../../../src/core/alerts/step-rule.ts';
import { makeReading, makeRule, NOON_MS } from '../../../fixtures/alerts/alert-data.ts';

const TICK_MS = 15_000;

/** Evaluates again and again, and keeps in between what the store would keep. */
class Bench {
  rules: readonly AlertRule[];
  silences: readonly Silence[] = [];
  values: Record<string, number | null> = {};
  nowMs = NOON_MS;
  #statuses: readonly RuleStatus[] = [];
  readonly alerts = new Map<string, AlertRecord>();
  #ids = 0;

  constructor(...rules: readonly AlertRule[]) {
    this.rules = rules;
  }

  tick(afterMs = TICK_MS): Evaluation {
    this.nowMs += afterMs;
    const evaluation = evaluateRules({
      rules: this.rules,
      statuses: this.#statuses,
      firing: [...this.alerts.values()].filter(({ state }) => state === 'firing'),
      silences: this.silences,
      read: ({ id }) => makeReading(this.values[id] ?? null),
      nowMs: this.nowMs,
      instance: 'browser-1',
      newId: () => `alert-${++this.#ids}`,
    });
    this.#statuses = evaluation.statuses;
    for (const alert of evaluation.alerts) this.alerts.set(alert.id, alert);
    return evaluation;
  }

  /** What a tick tells: `rule state` of each. */
  told(afterMs = TICK_MS): readonly string[] {
    return this.tick(afterMs).announcements.map(({ ruleId, state }) => `${ruleId} ${state}`);
  }
}

function silence(change: Partial<Silence> = {}): Silence {
  return {
    id: 'silence-1',
    matchers: [{ label: 'alertname', isEqual: true, value: 'Slow answers' }],
    createdAtMs: NOON_MS,
    untilMs: NOON_MS + 3_600_000,
    author: 'Ada',
    comment: '',
    ...change,
  };
}

describe('an alert', () => {
  it('is told once when it fires and once when it has resolved', () => {
    const bench = new Bench(makeRule());
    bench.values = { slow: 3 };
    expect(bench.told()).toEqual(['slow firing']);
    expect(bench.told()).toEqual([]);
    bench.values = { slow: 1 };
    expect(bench.told()).toEqual(['slow resolved']);
    expect(bench.told()).toEqual([]);
  });

  it('is another one when it fires again, with the same fingerprint', () => {
    const bench = new Bench(makeRule());
    for (const value of [3, 1, 3]) {
      bench.values = { slow: value };
      bench.tick();
    }
    const [first, second] = bench.alerts.values();
    expect(first).toMatchObject({ state: 'resolved', endsAtMs: NOON_MS + 2 * TICK_MS });
    expect(second).toMatchObject({ state: 'firing', endsAtMs: null });
    expect(second?.fingerprint).toBe(first?.fingerprint);
    expect(second?.id).not.toBe(first?.id);
  });

  it('tells since when the condition held, and the worst value', () => {
    const bench = new Bench(makeRule({ forMs: TICK_MS }));
    for (const value of [3, 4, 9, 5]) {
      bench.values = { slow: value };
      bench.tick();
    }
    expect([...bench.alerts.values()]).toMatchObject([
      { startsAtMs: NOON_MS + TICK_MS, firedAtMs: NOON_MS + 2 * TICK_MS, value: 5, worstValue: 9 },
    ]);
  });

  it('says what, how much, in which window and from how many samples', () => {
    const bench = new Bench(makeRule());
    bench.values = { slow: 3.1 };
    expect(bench.tick().announcements[0]?.summary).toBe(
      'p95 latency 3.1 s > 2 s over 15 min, n = 50',
    );
  });
});

describe('when nobody has evaluated for a while', () => {
  it('what was firing is stale since the last time, and told as such, not as resolved', () => {
    const bench = new Bench(makeRule());
    bench.values = { slow: 3 };
    bench.tick();
    bench.values = { slow: 1 };
    expect(bench.told(STALE_AFTER_MS + 1)).toEqual(['slow stale']);
    expect(bench.alerts.get('alert-1')).toMatchObject({
      state: 'stale',
      endsAtMs: NOON_MS + TICK_MS,
    });
  });

  it('a condition that holds again begins anew, its wait included', () => {
    const bench = new Bench(makeRule({ forMs: TICK_MS }));
    bench.values = { slow: 3 };
    bench.tick();
    expect(bench.told(STALE_AFTER_MS + 1)).toEqual([]);
    expect(bench.told()).toEqual(['slow firing']);
  });

  it('a reload changes nothing', () => {
    const bench = new Bench(makeRule());
    bench.values = { slow: 3 };
    bench.tick();
    expect(bench.told(STALE_AFTER_MS)).toEqual([]);
    expect(bench.alerts.size).toBe(1);
  });
});

describe('inhibition', () => {
  const broken = makeRule({ id: 'model', name: 'Model failed to load' });
  const slow = makeRule({ inhibitedBy: ['model'] });

  it('keeps untold what another rule explains, and the end of what was never told', () => {
    const bench = new Bench(broken, slow);
    bench.values = { model: 3, slow: 3 };
    expect(bench.told()).toEqual(['model firing']);
    expect(bench.alerts.get('alert-2')?.mutedBy).toEqual({ kind: 'rule', ruleId: 'model' });
    bench.values = { model: 3, slow: 1 };
    expect(bench.told()).toEqual([]);
  });

  it('tells it when the explanation has gone and it still fires', () => {
    const bench = new Bench(broken, slow);
    bench.values = { model: 3, slow: 3 };
    bench.tick();
    bench.values = { model: 1, slow: 3 };
    expect(bench.told()).toEqual(['model resolved', 'slow firing']);
  });

  it('of two rules that mute each other mutes neither', () => {
    const bench = new Bench(
      makeRule({ id: 'a', inhibitedBy: ['b'] }),
      makeRule({ id: 'b', inhibitedBy: ['a'] }),
    );
    bench.values = { a: 3, b: 3 };
    expect(bench.told()).toEqual(['a firing', 'b firing']);
  });
});

describe('a silence', () => {
  it('keeps an alert untold until it expires, while the alert still fires', () => {
    const bench = new Bench(makeRule());
    bench.silences = [silence({ untilMs: NOON_MS + 2 * TICK_MS })];
    bench.values = { slow: 3 };
    expect(bench.told()).toEqual([]);
    expect(bench.alerts.get('alert-1')?.mutedBy).toEqual({
      kind: 'silence',
      silenceId: 'silence-1',
    });
    expect(bench.told()).toEqual(['slow firing']);
  });

  it('does not hide the end of what was told before it', () => {
    const bench = new Bench(makeRule());
    bench.values = { slow: 3 };
    bench.tick();
    bench.silences = [silence()];
    bench.values = { slow: 1 };
    expect(bench.told()).toEqual(['slow resolved']);
  });

  it('mutes nothing but what its matchers meet', () => {
    const bench = new Bench(makeRule());
    bench.silences = [
      silence({ matchers: [{ label: 'alertname', isEqual: true, value: 'Error rate' }] }),
    ];
    bench.values = { slow: 3 };
    expect(bench.told()).toEqual(['slow firing']);
  });
});

describe('grouping', () => {
  const warning = makeRule({ severity: 'warning' });
  const info = makeRule({ id: 'info', severity: 'info' });

  it('is not held back by a clock that was set back meanwhile', () => {
    const bench = new Bench(warning);
    bench.values = { slow: 3 };
    expect(bench.told()).toEqual([]);
    expect(bench.told(-3_600_000)).toEqual(['slow firing']);
  });

  it('tells together what begins within half a minute', () => {
    const bench = new Bench(warning, info);
    bench.values = { slow: 3 };
    expect(bench.told()).toEqual([]);
    bench.values = { slow: 3, info: 3 };
    expect(bench.told()).toEqual([]);
    expect(bench.told(GROUP_WAIT_MS - TICK_MS)).toEqual(['slow firing', 'info firing']);
  });

  it('never tells what has resolved within that time', () => {
    const bench = new Bench(warning);
    bench.values = { slow: 3 };
    bench.tick();
    bench.values = { slow: 1 };
    expect(bench.told()).toEqual([]);
    expect(bench.told(GROUP_WAIT_MS)).toEqual([]);
  });

  it('does not let a critical alert wait, and takes along what waits', () => {
    const bench = new Bench(warning, makeRule({ id: 'now' }));
    bench.values = { slow: 3 };
    bench.tick();
    bench.values = { slow: 3, now: 3 };
    expect(bench.told()).toEqual(['slow firing', 'now firing']);
  });
});

describe('a rule that is changed while its alert fires', () => {
  function firing(): Bench {
    const bench = new Bench(makeRule());
    bench.values = { slow: 3 };
    bench.tick();
    return bench;
  }

  it('ends it when it is switched off or deleted', () => {
    for (const rules of [[], [makeRule({ isEnabled: false })]]) {
      const bench = firing();
      bench.rules = rules;
      expect(bench.told()).toEqual(['slow resolved']);
      expect(bench.alerts.get('alert-1')?.summary).toBe('The rule was switched off.');
    }
  });

  it('ends it under its old name, and begins another under the new one', () => {
    const bench = firing();
    bench.rules = [makeRule({ name: 'Slower answers' })];
    const { announcements } = bench.tick();
    expect(announcements.map(({ state, labels }) => [state, labels.alertname])).toEqual([
      ['resolved', 'Slow answers'],
      ['firing', 'Slower answers'],
    ]);
  });
});

it('an alert whose status was lost is stale, and a status whose alert was lost begins anew', () => {
  const rule = makeRule();
  const bench = new Bench(rule);
  bench.values = { slow: 3 };
  bench.tick();
  const lost = evaluateRules({
    rules: [rule],
    statuses: [],
    firing: [...bench.alerts.values()],
    silences: [],
    read: () => makeReading(3),
    nowMs: bench.nowMs + TICK_MS,
    instance: 'browser-1',
    newId: () => 'new',
  });
  expect(lost.announcements.map(({ id, state }) => [id, state])).toEqual([
    ['alert-1', 'stale'],
    ['new', 'firing'],
  ]);
  bench.alerts.clear();
  expect(bench.told()).toEqual(['slow firing']);
});
