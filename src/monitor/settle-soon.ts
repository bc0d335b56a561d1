import { within } from '../core/async/within.ts';
import type { ResilientMonitor } from '../store/resilient-monitor.ts';

/** A slow disk must not keep what is on it from being read. */
const WITHIN_MS = 1000;

/**
 * For whoever is about to read figures: resolves when all that was to be written until now is written, or when that
 * has taken a second.
 */
export async function settleSoon({
  store,
  after,
}: {
  readonly store: Pick<ResilientMonitor, 'settled'>;
  readonly after: (ms: number, callback: () => void) => () => void;
}): Promise<void> {
  await within(store.settled(), WITHIN_MS, after);
}
