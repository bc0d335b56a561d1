/** A request as a line of a table: what is compared and searched, without the gap of every token. */
import type { FailureCode } from '../../contracts/failure.ts';
import type { BackendName } from '../../contracts/generation.ts';
import type { Outcome, RequestRecord } from '../../contracts/request-record.ts';
import type { SyntaxResult } from '../../contracts/syntax.ts';
import { requestFigures } from '../metrics/request-figures.ts';
import { traceIdOf } from './trace-ids.ts';

export interface RequestRow {
  readonly id: string;
  readonly traceId: string;
  readonly acceptedAtEpochMs: number;
  readonly outcome: Outcome | 'active';
  readonly failureCode: FailureCode | null;
  /** null where no model took part. */
  readonly modelId: string | null;
  readonly modelName: string | null;
  readonly backend: BackendName | null;
  readonly latencySeconds: number | null;
  readonly firstTokenSeconds: number | null;
  readonly generatedTokens: number;
  readonly tokensPerSecond: number | null;
  readonly verdict: SyntaxResult | null;
  readonly similarity: number | null;
  readonly dangers: readonly string[];
  /** The device slept meanwhile; that is why there are no times. */
  readonly isSuspended: boolean;
}

export function requestRow(record: RequestRecord): RequestRow {
  const figures = requestFigures(record);
  return {
    id: record.id,
    traceId: traceIdOf(record.id),
    acceptedAtEpochMs: record.acceptedAtEpochMs,
    outcome: record.outcome ?? 'active',
    failureCode: record.failure?.code ?? null,
    modelId: record.engine?.modelId ?? null,
    modelName: record.engine?.modelName ?? null,
    backend: record.engine?.backend ?? null,
    latencySeconds: figures.latencySeconds,
    firstTokenSeconds: figures.firstTokenSeconds,
    generatedTokens: record.tokens.generated,
    tokensPerSecond: figures.tokensPerSecond,
    verdict: record.syntax?.result ?? null,
    similarity: record.similarity,
    dangers: record.dangers,
    isSuspended: record.isSuspended,
  };
}

/** Puts rows in the place of those with the same id, or adds them; in no particular order. */
export function mergeRows(
  rows: readonly RequestRow[],
  changed: readonly RequestRow[],
): readonly RequestRow[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const row of changed) byId.set(row.id, row);
  return [...byId.values()];
}

/** Id and name of every model in the rows, by name. */
export function modelsIn(
  rows: readonly RequestRow[],
): readonly (readonly [id: string, name: string])[] {
  const names = new Map<string, string>();
  for (const { modelId, modelName } of rows) {
    if (modelId !== null) names.set(modelId, modelName ?? modelId);
  }
  return [...names].sort(([, a], [, b]) => (a < b ? -1 : 1));
}

export const SORT_KEYS = [
  'time',
  'outcome',
  'model',
  'backend',
  'latency',
  'first-token',
  'tokens',
  'rate',
  'verdict',
  'similarity',
  'dangers',
] as const;

export type SortKey = (typeof SORT_KEYS)[number];

export interface Sort {
  readonly key: SortKey;
  readonly isDescending: boolean;
}

const VALUES: Readonly<Record<SortKey, (row: RequestRow) => string | number | null>> = {
  time: (row) => row.acceptedAtEpochMs,
  outcome: (row) => row.outcome,
  model: (row) => row.modelName,
  backend: (row) => row.backend,
  latency: (row) => row.latencySeconds,
  'first-token': (row) => row.firstTokenSeconds,
  tokens: (row) => row.generatedTokens,
  rate: (row) => row.tokensPerSecond,
  verdict: (row) => row.verdict,
  similarity: (row) => row.similarity,
  dangers: (row) => row.dangers.length,
};

/** Returns a new array. What has no value comes last either way; among equals, the newest comes first. */
export function sortRows(rows: readonly RequestRow[], { key, isDescending }: Sort): RequestRow[] {
  const valueOf = VALUES[key];
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const first = valueOf(a);
    const second = valueOf(b);
    if (first !== second) {
      if (first === null) return 1;
      if (second === null) return -1;
      return first < second ? -sign : sign;
    }
    return b.acceptedAtEpochMs - a.acceptedAtEpochMs || (a.id < b.id ? 1 : -1);
  });
}

/** null lets everything through. */
export interface RowFilter {
  readonly outcome: Outcome | 'active' | null;
  readonly model: string | null;
  readonly backend: string | null;
  readonly verdict: SyntaxResult | null;
  /** In (from, to] seconds, as a histogram's bucket. */
  readonly latency: { readonly fromSeconds: number; readonly toSeconds: number } | null;
  /** Every word must occur in an id, the code of the failure, the model's name or a rule for dangers. */
  readonly text: string;
}

/** Returns a test for rows. */
export function rowMatcher(filter: RowFilter): (row: RequestRow) => boolean {
  const words = filter.text.toLowerCase().split(/\s+/u).filter(Boolean);
  const is = <T>(wanted: T | null, value: T | null): boolean => wanted === null || wanted === value;
  return (row) =>
    is(filter.outcome, row.outcome) &&
    is(filter.model, row.modelId) &&
    is<string>(filter.backend, row.backend) &&
    is(filter.verdict, row.verdict) &&
    isWithin(row.latencySeconds, filter.latency) &&
    hasWords(row, words);
}

function isWithin(seconds: number | null, range: RowFilter['latency']): boolean {
  if (range === null) return true;
  return seconds !== null && seconds > range.fromSeconds && seconds <= range.toSeconds;
}

function hasWords(row: RequestRow, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { id, traceId, failureCode, modelName, modelId, dangers } = row;
  const searched = [id, traceId, failureCode, modelName, modelId, ...dangers]
    .join('\n')
    .toLowerCase();
  return words.every((word) => searched.includes(word));
}
