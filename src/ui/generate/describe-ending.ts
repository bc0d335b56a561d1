/** How a request of the history ended, in two or three words. */
import type { HistoryEntry } from '../../contracts/history.ts';
import type { FinishReason } from '../../contracts/generation.ts';

const ENDINGS: Readonly<Record<FinishReason, string | null>> = {
  stop: null,
  length: 'at the limit',
  cancelled: 'stopped',
  timeout: 'timed out',
  error: 'failed',
};

/** `42 tokens`, `42 tokens · stopped · edited`, `failed`. */
export function describeEnding({ record, editedText }: HistoryEntry): string {
  const count = record.tokens.generated;
  const parts = [
    count === 0 ? null : `${count} ${count === 1 ? 'token' : 'tokens'}`,
    ENDINGS[record.finishReason],
    editedText === null ? null : 'edited',
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'empty' : parts.join(' · ');
}
