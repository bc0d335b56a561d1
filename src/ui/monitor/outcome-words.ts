/** How a request ended, in a word or two. */
import type { Outcome } from '../../contracts/request-record.ts';

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  stop: 'finished',
  length: 'at the token limit',
  cancelled: 'stopped',
  timeout: 'at the time limit',
  error: 'failed',
  orphaned: 'left by a closed page',
};
