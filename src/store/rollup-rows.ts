/** Which rows a delta changes, and what each is called. */
import type { Rollup, RollupDelta } from '../contracts/rollup.ts';
import { currentCounters } from '../core/metrics/current-counters.ts';
import { applyDelta, emptyRollup, mergeRollups, spanStart } from '../core/metrics/rollup.ts';
import type { ShellwrightSchema, StoredResolution, StoredRollup } from './schema.ts';
import type { RollupQuery } from './monitor-port.ts';

export const TEN_MINUTES_MS = 600_000;
const RESOLUTIONS: readonly StoredResolution[] = ['minute', 'ten-minutes', 'hour', 'total'];

export interface RowChange {
  /** The row's key as a text. */
  readonly id: string;
  /** The row as it is where nothing has been counted yet. */
  readonly empty: StoredRollup;
  readonly deltas: readonly RollupDelta[];
}

/** The rows of the deltas' minutes, ten minutes and hours, and the totals, each once. */
export function rowChanges(deltas: readonly RollupDelta[]): readonly RowChange[] {
  const changes = new Map<string, { id: string; empty: StoredRollup; deltas: RollupDelta[] }>();
  for (const delta of deltas) {
    for (const resolution of RESOLUTIONS) {
      const empty = emptyRow(resolution, delta);
      const id = rowId(empty);
      const change = changes.get(id);
      if (change === undefined) changes.set(id, { id, empty, deltas: [delta] });
      else change.deltas.push(delta);
    }
  }
  return [...changes.values()];
}

export function changeRow(
  row: StoredRollup | undefined,
  { empty, deltas }: RowChange,
): StoredRollup {
  const { resolution } = empty;
  const changed = deltas.reduce(applyDelta, toRollup(row ?? empty));
  return { ...changed, resolution };
}

/** The row that both are together; they have the same key. */
export function mergeRow(a: StoredRollup, b: StoredRollup): StoredRollup {
  return { ...mergeRollups(toRollup(a), toRollup(b)), resolution: a.resolution };
}

/** A row as everybody else knows it. */
export function toRollup(row: StoredRollup): Rollup {
  const { resolution } = row;
  return {
    ...row,
    counters: currentCounters(row.counters),
    resolution: resolution === 'ten-minutes' ? 'minute' : resolution,
  };
}

/** The rows that answer a query soonest. */
export function storedResolution(query: RollupQuery): StoredResolution {
  const { resolution, fromMs, toMs, coarsestMs = 0 } = query;
  const isWhole = fromMs % TEN_MINUTES_MS === 0 && toMs % TEN_MINUTES_MS === 0;
  return resolution === 'minute' && coarsestMs >= TEN_MINUTES_MS && isWhole
    ? 'ten-minutes'
    : resolution;
}

export function rowKey(row: StoredRollup): ShellwrightSchema['rollups']['key'] {
  return [row.resolution, row.startMs, row.model, row.backend, row.outcome];
}

export function rowId(row: StoredRollup): string {
  return JSON.stringify(rowKey(row));
}

function emptyRow(resolution: StoredResolution, delta: RollupDelta): StoredRollup {
  if (resolution !== 'ten-minutes') {
    return emptyRollup(resolution, spanStart(resolution, delta.atEpochMs), delta);
  }
  const startMs = Math.floor(delta.atEpochMs / TEN_MINUTES_MS) * TEN_MINUTES_MS;
  return { ...emptyRollup('minute', startMs, delta), resolution };
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
