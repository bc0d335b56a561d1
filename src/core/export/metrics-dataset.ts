/**
 * What a metrics file holds: the measurements of one or more browsers, kept apart. Sums over browsers are made when they
 * are read, so that adding the same file twice, or a later one of the same browser, counts nothing twice.
 */
import type { EngineDescription } from '../../contracts/generation.ts';
import type { RequestRecord } from '../../contracts/request-record.ts';
import type { Rollup } from '../../contracts/rollup.ts';
import type { Objective } from '../metrics/dashboard-shape.ts';

export interface SourceDevice {
  readonly userAgent: string;
  /** Logical processors; null where the browser does not tell. */
  readonly cores: number | null;
  /** As the browser rounds it, at most 8; null where it does not tell. */
  readonly memoryGiB: number | null;
}

/** Prompt and script of a request, as the history had them. */
export interface RequestContent {
  readonly id: string;
  readonly prompt: string;
  readonly text: string;
}

/** One browser's measurements, as they were at one time. */
export interface MetricsSource {
  /** Random, made by the browser: the same in each of its files. */
  readonly id: string;
  /** Wall clock. */
  readonly exportedAtEpochMs: number;
  readonly appVersion: string;
  readonly device: SourceDevice;
  /** What ran when it was exported; null where nothing did. */
  readonly model: EngineDescription | null;
  readonly objectives: readonly Objective[];
  /** Of all resolutions. */
  readonly rollups: readonly Rollup[];
  /** Of requests that have ended; null where they were not asked for. */
  readonly records: readonly RequestRecord[] | null;
  /** null where it was not asked for. */
  readonly content: readonly RequestContent[] | null;
}

export interface MetricsDataset {
  /** By id, each at most once. */
  readonly sources: readonly MetricsSource[];
}

export interface AddedSources {
  readonly dataset: MetricsDataset;
  /** How many brought something new. */
  readonly addedCount: number;
  /** How many were there already, or a later state of the same browser was. */
  readonly knownCount: number;
}

/** Adds the sources of one dataset to another. The order in which datasets are added does not matter. */
export function addSources(dataset: MetricsDataset, added: MetricsDataset): AddedSources {
  const byId = new Map(dataset.sources.map((source) => [source.id, source]));
  let addedCount = 0;
  for (const source of added.sources) {
    const present = byId.get(source.id);
    const united = present === undefined ? source : uniteSource(present, source);
    if (present === undefined || !isSame(united, present)) addedCount += 1;
    byId.set(source.id, united);
  }
  return {
    dataset: { sources: [...byId.values()].sort((a, b) => compare(a.id, b.id)) },
    addedCount,
    knownCount: added.sources.length - addedCount,
  };
}

/**
 * Two states of one browser. Its figures only grow, so a later row holds the earlier one of the same time; what the later
 * state has pruned already comes from the earlier one.
 */
function uniteSource(a: MetricsSource, b: MetricsSource): MetricsSource {
  const ageMs = b.exportedAtEpochMs - a.exportedAtEpochMs;
  const [earlier, later] = ageMs > 0 || (ageMs === 0 && holds(b, a)) ? [a, b] : [b, a];
  // Measurements were deleted in between: both cannot be true, and the later one is.
  if (!holds(later, earlier)) return later;
  return {
    ...later,
    rollups: unite(earlier.rollups, later.rollups, rollupKey),
    records: uniteOptional(earlier.records, later.records),
    content: uniteOptional(earlier.content, later.content),
  };
}

function holds(later: MetricsSource, earlier: MetricsSource): boolean {
  const totals = new Map(totalsOf(later).map((row) => [rollupKey(row), row]));
  return totalsOf(earlier).every((row) => {
    const grown = totals.get(rollupKey(row));
    return Object.entries(row.counters).every(
      ([key, count]) => (grown?.counters[key] ?? 0) >= count,
    );
  });
}

function totalsOf(source: MetricsSource): readonly Rollup[] {
  return source.rollups.filter(({ resolution }) => resolution === 'total');
}

/** What makes a row the same in two states: everything but its figures. */
export function rollupKey(row: Rollup): string {
  return JSON.stringify([row.resolution, row.startMs, row.model, row.backend, row.outcome]);
}

function uniteOptional<T extends { readonly id: string }>(
  earlier: readonly T[] | null,
  later: readonly T[] | null,
): readonly T[] | null {
  if (earlier === null || later === null) return later ?? earlier;
  return unite(earlier, later, ({ id }) => id);
}

function unite<T>(
  earlier: readonly T[],
  later: readonly T[],
  keyOf: (item: T) => string,
): readonly T[] {
  const kept = new Set(later.map(keyOf));
  return [...later, ...earlier.filter((item) => !kept.has(keyOf(item)))];
}

/** Uniting only ever takes over whole rows, so that counting them tells whether any came in. */
function isSame(a: MetricsSource, b: MetricsSource): boolean {
  return (
    a.exportedAtEpochMs === b.exportedAtEpochMs &&
    a.rollups.length === b.rollups.length &&
    a.records?.length === b.records?.length &&
    a.content?.length === b.content?.length
  );
}

/** By code units, which is the same everywhere. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
