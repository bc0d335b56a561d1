/** Where the percentiles of a window come from: every single value of its requests, or its merged histograms. */
import type { RequestRecord } from '../../contracts/request-record.ts';
import type { DashboardFilter } from './dashboard-shape.ts';
import type { EndedFigures } from './ended-figures.ts';
import { engineDimensions } from './engine-dimensions.ts';
import { ExactValues, type ValueSet } from './percentiles.ts';
import type { TimeSteps } from './time-steps.ts';
import type { WindowSums } from './window-sums.ts';

interface SteppedValues {
  readonly steps: readonly ValueSet[];
  readonly overall: ValueSet;
}

export interface WindowValues {
  readonly latency: SteppedValues;
  readonly firstToken: SteppedValues;
  readonly tokensPerSecond: SteppedValues;
  readonly interToken: ValueSet;
  readonly stall: ValueSet;
  readonly outputChars: ValueSet;
  readonly similarity: ValueSet;
}

/** At most 1.09 % from exact. */
export function mergedValues(sums: WindowSums): WindowValues {
  return {
    latency: {
      steps: sums.stepped('generation_latency_seconds'),
      overall: sums.overall('generation_latency_seconds'),
    },
    firstToken: {
      steps: sums.stepped('time_to_first_token_seconds'),
      overall: sums.overall('time_to_first_token_seconds'),
    },
    tokensPerSecond: {
      steps: sums.stepped('generation_tokens_per_second'),
      overall: sums.overall('generation_tokens_per_second'),
    },
    interToken: sums.overall('inter_token_latency_seconds'),
    stall: sums.overall('generation_stall_seconds'),
    outputChars: sums.overall('output_length_chars'),
    similarity: sums.overall('prompt_similarity_score'),
  };
}

/** From the figures of requests that ended in the range. */
export function exactValues(
  requests: readonly EndedFigures[],
  steps: TimeSteps,
  filter: DashboardFilter,
): WindowValues {
  const values = {
    latency: new SteppedExact(steps),
    firstToken: new SteppedExact(steps),
    tokensPerSecond: new SteppedExact(steps),
    interToken: new ExactValues(),
    stall: new ExactValues(),
    outputChars: new ExactValues(),
    similarity: new ExactValues(),
  };
  for (const figures of requests) {
    const step = steps.indexOf(figures.endedAtEpochMs);
    if (step === null || !lets(filter, figures)) continue;
    values.latency.record(step, figures.latencySeconds);
    values.firstToken.record(step, figures.firstTokenSeconds);
    values.tokensPerSecond.record(step, figures.tokensPerSecond);
    const { tokenGapsSeconds: gaps } = figures;
    let stall = 0;
    for (let i = 0; i < gaps.length; i++) {
      const seconds = gaps[i] ?? 0;
      values.interToken.record(seconds);
      if (seconds > stall) stall = seconds;
    }
    if (gaps.length > 0) values.stall.record(stall);
    if (figures.outputChars !== null) values.outputChars.record(figures.outputChars);
    if (figures.similarity !== null) values.similarity.record(figures.similarity);
  }
  return values;
}

/** Whether the filter lets a request through; one that is active has no outcome yet. */
export function passes(record: RequestRecord, filter: DashboardFilter): boolean {
  return lets(filter, { ...engineDimensions(record), outcome: record.outcome });
}

function lets(
  filter: DashboardFilter,
  {
    model,
    backend,
    outcome,
  }: Pick<EndedFigures, 'model' | 'backend'> & {
    readonly outcome: EndedFigures['outcome'] | null;
  },
): boolean {
  return (
    (filter.model === null || filter.model === model) &&
    (filter.backend === null || filter.backend === backend) &&
    (filter.outcome === null || outcome === null || filter.outcome === outcome)
  );
}

class SteppedExact implements SteppedValues {
  readonly steps: readonly ExactValues[];
  readonly overall = new ExactValues();

  constructor({ timesMs }: TimeSteps) {
    this.steps = timesMs.map(() => new ExactValues());
  }

  record(step: number, value: number | null): void {
    if (value === null) return;
    this.steps[step]?.record(value);
    this.overall.record(value);
  }
}
