/** Which rows a delta changes, and what each is called. */
import type { Resolution, Rollup, RollupDelta } from '../contracts/rollup.ts';
import { applyDelta, emptyRollup, spanStart } from '../core/metrics/rollup.ts';
import type { ShellwrightSchema } from './database.ts';

const RESOLUTIONS: readonly Resolution[] = ['minute', 'hour', 'total'];

export interface RowChange {
  /** The row's key as a text. */
  readonly id: string;
  /** The row as it is where nothing has been counted yet. */
  readonly empty: Rollup;
  readonly deltas: readonly RollupDelta[];
}

/** The rows of the deltas' minutes and hours, and the totals, each once. */
export function rowChanges(deltas: readonly RollupDelta[]): readonly RowChange[] {
  const changes = new Map<string, { id: string; empty: Rollup; deltas: RollupDelta[] }>();
  for (const delta of deltas) {
    for (const resolution of RESOLUTIONS) {
      const empty = emptyRollup(resolution, spanStart(resolution, delta.atEpochMs), delta);
      const id = rowId(empty);
      const change = changes.get(id);
      if (change === undefined) changes.set(id, { id, empty, deltas: [delta] });
      else change.deltas.push(delta);
    }
  }
  return [...changes.values()];
}

export function changeRow(row: Rollup | undefined, { empty, deltas }: RowChange): Rollup {
  return deltas.reduce(applyDelta, row ?? empty);
}

export function rowKey(row: Rollup): ShellwrightSchema['rollups']['key'] {
  return [row.resolution, row.startMs, row.model, row.backend, row.outcome];
}

export function rowId(row: Rollup): string {
  return JSON.stringify(rowKey(row));
}

/** As IndexedDB orders rows of one resolution. */
export function compareRows(a: Rollup, b: Rollup): number {
  return (
    a.startMs - b.startMs ||
    compare(a.model, b.model) ||
    compare(a.backend, b.backend) ||
    compare(a.outcome, b.outcome)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
