/**
 * The figures of all requests that ended in a minute, as one row: exact percentiles of an hour read 60 of them in place
 * of a thousand records. Kept as long as rows per minute are.
 */
import type { BackendName } from '../contracts/generation.ts';
import type { Outcome } from '../contracts/request-record.ts';
import { RESOLUTION_MS } from '../contracts/rollup.ts';
import type { EndedFigures } from '../core/metrics/ended-figures.ts';
import { groupBy } from '../core/metrics/group-by.ts';
import type { PackedFigures } from './schema.ts';

type Name = readonly [id: string, model: string, backend: BackendName | 'none', outcome: Outcome];

/** Before a request's gaps. */
const FIXED_NUMBERS = 7;
/** Of more nobody takes exact percentiles, and a row that grew without end would be written anew for each request. */
const MOST_IN_A_MINUTE = 2_001;

/** Start of the minute that a moment is in. */
export function minuteOf(epochMs: number): number {
  return Math.floor(epochMs / RESOLUTION_MS.minute) * RESOLUTION_MS.minute;
}

/** By the start of the minute in which they ended. */
export function groupByMinute(
  figures: readonly EndedFigures[],
): ReadonlyMap<number, readonly EndedFigures[]> {
  return groupBy(figures, ({ endedAtEpochMs }) => minuteOf(endedAtEpochMs));
}

/** The minute with requests in it that were not before; null where it is full. All ended in this minute. */
export function addToMinute(
  before: PackedFigures | undefined,
  added: readonly EndedFigures[],
): PackedFigures | null {
  const known = before === undefined ? [] : unpackFigures(before);
  const figures = [...known, ...added].slice(0, MOST_IN_A_MINUTE);
  return figures.length === known.length ? null : packFigures(figures);
}

/** The minute with what was found out later about a request of it; null where it does not know the request. */
export function amendMinute(
  before: PackedFigures | undefined,
  id: string,
  { similarity }: Pick<EndedFigures, 'similarity'>,
): PackedFigures | null {
  const figures = before === undefined ? [] : unpackFigures(before);
  return figures.some((one) => one.id === id)
    ? packFigures(figures.map((one) => (one.id === id ? { ...one, similarity } : one)))
    : null;
}

export function unpackFigures({ names, numbers }: PackedFigures): readonly EndedFigures[] {
  let at = 0;
  const next = (): number => numbers[at++] ?? NaN;
  const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
  return (JSON.parse(names) as readonly Name[]).map(([id, model, backend, outcome]) => {
    const endedAtEpochMs = next();
    const latencySeconds = orNull(next());
    const firstTokenSeconds = orNull(next());
    const tokensPerSecond = orNull(next());
    const outputChars = orNull(next());
    const similarity = orNull(next());
    const length = next();
    const tokenGapsSeconds = numbers.subarray(at, at + length);
    at += length;
    return {
      id,
      endedAtEpochMs,
      model,
      backend,
      outcome,
      latencySeconds,
      firstTokenSeconds,
      tokensPerSecond,
      outputChars,
      similarity,
      tokenGapsSeconds,
    };
  });
}

function packFigures(figures: readonly EndedFigures[]): PackedFigures {
  const length = figures.reduce(
    (sum, { tokenGapsSeconds }) => sum + FIXED_NUMBERS + tokenGapsSeconds.length,
    0,
  );
  const numbers = new Float64Array(length);
  let at = 0;
  for (const one of figures) {
    const { tokenGapsSeconds } = one;
    const fixed = [
      one.endedAtEpochMs,
      one.latencySeconds ?? NaN,
      one.firstTokenSeconds ?? NaN,
      one.tokensPerSecond ?? NaN,
      one.outputChars ?? NaN,
      one.similarity ?? NaN,
      tokenGapsSeconds.length,
    ];
    numbers.set(fixed, at);
    numbers.set(tokenGapsSeconds, at + FIXED_NUMBERS);
    at += FIXED_NUMBERS + tokenGapsSeconds.length;
  }
  const names = figures.map(({ id, model, backend, outcome }): Name => [
    id,
    model,
    backend,
    outcome,
  ]);
  const [first] = figures;
  if (first === undefined) throw new Error('there is no minute');
  return { startMs: minuteOf(first.endedAtEpochMs), names: JSON.stringify(names), numbers };
}
