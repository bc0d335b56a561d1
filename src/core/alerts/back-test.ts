/** What a rule would have done: the same measures and the same state machine, run over what was stored. */
import type { AlertRule } from '../../contracts/alert.ts';
import type { RuleStatus } from '../../contracts/alert-record.ts';
import { RESOLUTION_MS } from '../../contracts/rollup.ts';
import type { TimeRange } from '../metrics/dashboard-shape.ts';
import { readMeasure, type MeasureSource } from './read-measure.ts';
import { stepRule, worseValue } from './step-rule.ts';

export interface FiringSpan {
  /** When it would have fired, `for` included. */
  readonly fromMs: number;
  /** null where it would fire still. */
  readonly toMs: number | null;
  readonly worstValue: number | null;
}

export interface BackTest {
  readonly range: TimeRange;
  /** Before this there are rows per hour only, and the rule was evaluated once per hour. */
  readonly minutesFromMs: number;
  /** Each evaluation, with its value; null without enough data. */
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
  readonly spans: readonly FiringSpan[];
}

/** Mutes and silences are left out: it is about the condition. */
export function backTest(rule: AlertRule, source: MeasureSource, range: TimeRange): BackTest {
  const timesMs: number[] = [];
  const values: (number | null)[] = [];
  const spans: { fromMs: number; toMs: number | null; worstValue: number | null }[] = [];
  let status: RuleStatus | null = null;
  for (const atMs of evaluationTimes(source.minutesFromMs, range)) {
    const reading = readMeasure(rule, source, atMs);
    const before: RuleStatus | null = status;
    status = stepRule(rule, before, reading, atMs);
    timesMs.push(atMs);
    values.push(status.hasData ? reading.value : null);
    const isFiring = status.state === 'firing';
    const span = spans.at(-1);
    if (isFiring && before?.state !== 'firing') {
      spans.push({ fromMs: atMs, toMs: null, worstValue: reading.value });
    } else if (isFiring && span !== undefined) {
      span.worstValue = worseValue(rule, span.worstValue, reading.value);
    } else if (span?.toMs === null) span.toMs = atMs;
  }
  return { range, minutesFromMs: source.minutesFromMs, timesMs, values, spans };
}

function* evaluationTimes(minutesFromMs: number, { fromMs, toMs }: TimeRange): Iterable<number> {
  const { minute, hour } = RESOLUTION_MS;
  let atMs = Math.ceil(fromMs / hour) * hour;
  for (; atMs < Math.min(toMs, minutesFromMs); atMs += hour) yield atMs;
  atMs = Math.ceil(Math.max(fromMs, minutesFromMs) / minute) * minute;
  for (; atMs < toMs; atMs += minute) yield atMs;
  // What is going on right now counts too.
  yield toMs;
}
