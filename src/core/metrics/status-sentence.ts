/** The one sentence with which the Monitor page begins: how the service does, and why one can say so. */
import { formatTimeSpan } from '../format/quantities.ts';
import type { ObjectiveId, ObjectiveResult, Status, TimeRange } from './dashboard-shape.ts';
import { comparisonWords, OBJECTIVE_NAMES } from './objective-words.ts';

interface StatusInput {
  readonly results: readonly ObjectiveResult[];
  /** Requests that ended in the range. */
  readonly finished: number;
  readonly range: TimeRange;
  readonly nowMs: number;
}

/** Without these two nothing can be said of the service. */
const NEEDED: readonly ObjectiveId[] = ['latency-p95', 'error-rate'];

export function statusOf(input: StatusInput): Status {
  const { results, finished, range } = input;
  const missed = results.filter(({ state }) => state === 'missed');
  if (missed.length > 0) {
    const reasons = missed.map((result) => missedReason(result, input.nowMs));
    return { level: 'degraded', sentence: `Degraded: ${reasons.join('; ')}` };
  }
  const span = formatTimeSpan(range.toMs - range.fromMs);
  if (finished === 0) {
    return { level: 'unknown', sentence: `Unknown: no request ended in ${span}` };
  }
  const lacking = results.find(
    ({ objective, state }) => NEEDED.includes(objective.id) && state === 'not-enough-data',
  );
  if (lacking !== undefined) {
    const { objective, n } = lacking;
    const samples = n === 1 ? '1 sample' : `${n} samples`;
    return {
      level: 'unknown',
      sentence: `Unknown: ${OBJECTIVE_NAMES[objective.id]} has ${samples} in ${span}, needs ${objective.minSamples}`,
    };
  }
  const met = results.filter(({ state }) => state === 'met').slice(0, 3);
  const n = results.find(({ objective }) => objective.id === 'error-rate')?.n ?? finished;
  const reasons = met.map(words).join(', ');
  return {
    level: 'healthy',
    sentence: reasons === '' ? `Healthy: n = ${n}` : `Healthy: ${reasons}, n = ${n}`,
  };
}

function missedReason(result: ObjectiveResult, nowMs: number): string {
  const since = result.missedSinceMs;
  const duration = since === null ? '' : ` for ${formatTimeSpan(Math.max(0, nowMs - since))}`;
  return `${words(result)}${duration}, n = ${result.n}`;
}

function words({ objective, value, guard }: ObjectiveResult): string {
  return comparisonWords(objective, value ?? 0, guard);
}
