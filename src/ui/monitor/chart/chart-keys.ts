/** What a key does in a chart: moves the cursor from step to step, marks steps, and takes the marked ones. */

export interface ChartCursor {
  readonly step: number | null;
  /** Where marking began; null while nothing is marked. */
  readonly anchor: number | null;
}

export type ChartKeyResult =
  | { readonly kind: 'move'; readonly cursor: ChartCursor }
  /** The steps from `first` to `last` are to fill all charts. */
  | { readonly kind: 'zoom'; readonly first: number; readonly last: number }
  | { readonly kind: 'pick'; readonly step: number };

const NO_CURSOR: ChartCursor = { step: null, anchor: null };
const FAR_STEPS = 10;

/** null where the key means nothing here. The cursor starts at the newest step. */
export function chartKey(
  key: string,
  isMarking: boolean,
  { step, anchor }: ChartCursor,
  steps: number,
): ChartKeyResult | null {
  if (steps === 0) return null;
  const last = steps - 1;
  const target = targetOf(key, step, last);
  if (target !== null) {
    const next = Math.min(last, Math.max(0, target));
    return {
      kind: 'move',
      cursor: { step: next, anchor: isMarking ? (anchor ?? step ?? next) : null },
    };
  }
  if (key === 'Escape' && step !== null) {
    return { kind: 'move', cursor: anchor === null ? NO_CURSOR : { step, anchor: null } };
  }
  if (key !== 'Enter' || step === null) return null;
  return anchor === null || anchor === step
    ? { kind: 'pick', step }
    : { kind: 'zoom', first: Math.min(anchor, step), last: Math.max(anchor, step) };
}

/**
 * The cursor at the same times when the steps have become others, as a window that goes on makes them: `before` and
 * `after` are when steps begin, ascending, in epoch ms. Without a place where its time is in no step any more.
 */
export function cursorAfter(
  { step, anchor }: ChartCursor,
  before: readonly number[],
  after: readonly number[],
): ChartCursor {
  const at = stepAt(before, after, step);
  if (at === null) return NO_CURSOR;
  // What was marked first may be out of sight, and what is marked then begins where sight does.
  return { step: at, anchor: anchor === null ? null : (stepAt(before, after, anchor) ?? 0) };
}

function stepAt(
  before: readonly number[],
  after: readonly number[],
  step: number | null,
): number | null {
  const timeMs = step === null ? undefined : before[step];
  if (timeMs === undefined) return null;
  const at = after.findLastIndex((startMs) => startMs <= timeMs);
  return at === -1 ? null : at;
}

function targetOf(key: string, step: number | null, last: number): number | null {
  switch (key) {
    case 'ArrowLeft':
      return step === null ? last : step - 1;
    case 'ArrowRight':
      return step === null ? last : step + 1;
    case 'PageUp':
      return (step ?? last) - FAR_STEPS;
    case 'PageDown':
      return (step ?? last) + FAR_STEPS;
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}
