/** What a rule would have done, as a chart: its values by the hour, its threshold, and when it would have fired. */
import type { AlertRule } from '../../contracts/alert.ts';
import type { BackTest } from '../../core/alerts/back-test.ts';
import { unitOf } from '../../core/alerts/rule-words.ts';
import { formatMoment } from '../../core/format/clock-time.ts';
import { formatTimeSpan } from '../../core/format/quantities.ts';
import { measuredQuantity } from '../../core/metrics/objective-words.ts';
import type { ChartSpec } from '../monitor/chart/chart-spec.ts';

const HOUR_MS = 3_600_000;
const LEAST_TOLD_MS = 60_000;

export function backTestChart(rule: AlertRule, test: BackTest): ChartSpec {
  const unit = unitOf(rule.measure);
  const fromMs = Math.floor(test.range.fromMs / HOUR_MS) * HOUR_MS;
  const toMs = Math.ceil(test.range.toMs / HOUR_MS) * HOUR_MS;
  const timesMs = Array.from(
    { length: (toMs - fromMs) / HOUR_MS },
    (_, at) => fromMs + at * HOUR_MS,
  );
  const values: (number | null)[] = timesMs.map(() => null);
  test.timesMs.forEach((atMs, at) => {
    const value = test.values[at] ?? null;
    // An evaluation looks back: the one on the hour belongs to the hour before.
    const step = Math.min(
      timesMs.length - 1,
      Math.max(0, Math.ceil((atMs - fromMs) / HOUR_MS) - 1),
    );
    const before = values[step] ?? null;
    if (value === null) return;
    const isWorse =
      rule.comparison === 'above' ? value > (before ?? -1) : value < (before ?? Infinity);
    if (isWorse) values[step] = value;
  });
  return {
    id: 'back-test',
    title: 'The last 7 days',
    about: `The worst value of each hour. Before ${formatMoment(test.minutesFromMs, toMs)} the rule was evaluated once an hour${
      rule.windowMs < HOUR_MS ? ', over the whole hour, and may have found more than there was' : ''
    }; after that once a minute.`,
    summary: backTestSummary(test),
    unit: unit === 'events' ? 'count' : unit,
    range: { fromMs, toMs },
    stepMs: HOUR_MS,
    timesMs,
    columns: [
      {
        label: 'value',
        unit: unit === 'events' ? 'count' : unit,
        values,
        mark: { kind: 'line', tone: 'blue', dash: [] },
      },
    ],
    bands: [],
    levels: [
      {
        value: rule.threshold,
        label: `${rule.comparison} ${measuredQuantity(rule.threshold, unit)}`,
        tone: null,
      },
    ],
    scale: 'linear',
    bounds: null,
    heat: null,
    shades: {
      label: 'firing',
      spans: test.spans.map((span) => ({
        fromMs: span.fromMs,
        toMs: span.toMs ?? test.range.toMs,
        tone: 'red',
      })),
    },
  };
}

/** `It would have fired 3 times, for 1 h 20 min in all; the longest began …` */
export function backTestSummary({ spans, values, range }: BackTest): string {
  if (values.every((value) => value === null)) {
    return 'There were never enough samples to say anything.';
  }
  if (spans.length === 0) return 'It would not have fired.';
  const lengths = spans.map(({ fromMs, toMs }) => (toMs ?? range.toMs) - fromMs);
  const totalMs = lengths.reduce((sum, length) => sum + length, 0);
  const isNow = spans.at(-1)?.toMs === null;
  if (isNow && totalMs < LEAST_TOLD_MS) return 'It would begin to fire now.';
  const times = spans.length === 1 ? 'once' : `${spans.length} times`;
  const still = isNow ? '; it would be firing now' : '';
  return `It would have fired ${times}, for ${formatTimeSpan(totalMs)} in all${still}.`;
}
