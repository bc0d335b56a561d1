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
