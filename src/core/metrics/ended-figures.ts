/** What exact percentiles take from a request that has ended: a twentieth of its record. */
import type { BackendName } from '../../contracts/generation.ts';
import type { Outcome, RequestRecord } from '../../contracts/request-record.ts';
import { engineDimensions } from './engine-dimensions.ts';
import { requestFigures } from './request-figures.ts';

/** null: the request has no such figure. */
export interface EndedFigures {
  /** The record's. */
  readonly id: string;
  /** Wall clock. */
  readonly endedAtEpochMs: number;
  /** As in rollups: `none` where no model took part. */
  readonly model: string;
  readonly backend: BackendName | 'none';
  readonly outcome: Outcome;
  readonly latencySeconds: number | null;
  readonly firstTokenSeconds: number | null;
  readonly tokensPerSecond: number | null;
  readonly outputChars: number | null;
  readonly similarity: number | null;
  readonly tokenGapsSeconds: ArrayLike<number>;
}

/** null for a request that is active. */
export function endedFigures(record: RequestRecord): EndedFigures | null {
  const { id, endedAtEpochMs, outcome, similarity } = record;
  if (endedAtEpochMs === null || outcome === null) return null;
  const { latencySeconds, firstTokenSeconds, tokensPerSecond, outputChars, tokenGapsSeconds } =
    requestFigures(record);
  return {
    id,
    endedAtEpochMs,
    ...engineDimensions(record),
    outcome,
    latencySeconds,
    firstTokenSeconds,
    tokensPerSecond,
    outputChars,
    similarity,
    tokenGapsSeconds,
  };
}

export function figuresOf(records: readonly RequestRecord[]): readonly EndedFigures[] {
  return records.flatMap((record) => endedFigures(record) ?? []);
}
