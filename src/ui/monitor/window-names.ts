/** Windows of time in words. */
import type { WindowName } from '../../core/metrics/dashboard-shape.ts';

export interface WindowWords {
  /** On its button. */
  readonly short: string;
  /** Read out in full. */
  readonly long: string;
  /** The one before, of the same length. */
  readonly before: string;
}

export const WINDOW_WORDS: Readonly<Record<WindowName, WindowWords>> = {
  '15m': { short: '15 m', long: '15 minutes', before: 'the 15 min before' },
  '1h': { short: '1 h', long: '1 hour', before: 'the hour before' },
  '6h': { short: '6 h', long: '6 hours', before: 'the 6 h before' },
  '24h': { short: '24 h', long: '24 hours', before: 'the day before' },
  '7d': { short: '7 d', long: '7 days', before: 'the week before' },
  '30d': { short: '30 d', long: '30 days', before: 'the 30 d before' },
};
