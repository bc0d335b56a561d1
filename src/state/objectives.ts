/** The objectives that hold: those of the design, with the targets that the operator has changed. */
import type { Objective } from '../core/metrics/dashboard-shape.ts';
import { DEFAULT_OBJECTIVES } from '../core/metrics/objectives.ts';
import type { Thresholds } from '../store/preferences.ts';

export function objectivesWith(thresholds: Thresholds): readonly Objective[] {
  return DEFAULT_OBJECTIVES.map((objective) => ({
    ...objective,
    threshold: thresholds[objective.id] ?? objective.threshold,
  }));
}
