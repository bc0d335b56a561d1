/** The label `value_range` of sampling parameters. Greedy and "off" are ranges of their own: neither is a low value. */
import type { RecordedParameters } from '../../contracts/request-record.ts';

export const SAMPLING_RANGES = {
  temperature: ['greedy', 'low', 'medium', 'high'],
  top_k: ['off', 'low', 'medium', 'high'],
  top_p: ['off', 'low', 'medium', 'high'],
} as const;

type SampledParameter = keyof typeof SAMPLING_RANGES;

/** The range of each parameter, in the order of the table. */
export function samplingRanges(
  parameters: Pick<RecordedParameters, SampledParameter>,
): readonly (readonly [parameter: SampledParameter, range: string])[] {
  const { temperature, top_k, top_p } = parameters;
  return [
    ['temperature', temperature === 0 ? 'greedy' : below(temperature, 0.5, 1)],
    ['top_k', top_k === 0 ? 'off' : below(top_k, 25, 75)],
    ['top_p', top_p === 1 ? 'off' : below(top_p, 0.5, 0.9)],
  ];
}

function below(value: number, medium: number, high: number): string {
  if (value < medium) return 'low';
  return value < high ? 'medium' : 'high';
}
