/** The series that a metric has before anything was counted, so that a rate of errors exists before the first error. */
import type { LabelDefinition } from './metric-labels.ts';
import type { MetricDefinition } from './metric-table.ts';
import type { Labels } from './series-key.ts';

/** Every combination of finite label values; a label whose values are known at run time only begins with `none`. */
export function initialLabelSets(metric: MetricDefinition): readonly Labels[] {
  if (metric.labelSets !== undefined) return metric.labelSets;
  return metric.labels.reduce<readonly Labels[]>(
    (sets, label) =>
      sets.flatMap((set) => valuesOf(label).map((value) => ({ ...set, [label.name]: value }))),
    [{}],
  );
}

function valuesOf({ values }: LabelDefinition): readonly string[] {
  return values ?? ['none'];
}
