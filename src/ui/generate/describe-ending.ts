/** How a request of the history ended, in two or three words. */
import type { HistoryEntry } from '../../contracts/history.ts';
import type { FinishReason, RecordedSyntax } from '../../contracts/generation.ts';
import { recordedSyntaxWords } from '../../core/format/recorded-syntax.ts';

const ENDINGS: Readonly<Record<FinishReason, string | null>> = {
  stop: null,
  length: 'at the limit',
  cancelled: 'stopped',
  timeout: 'timed out',
  error: 'failed',
};

/** `42 tokens · valid`, `42 tokens · stopped · broken at line 2 · edited`, `failed`. */
export function describeEnding(
  { record, editedText }: HistoryEntry,
  syntax: RecordedSyntax | null,
): string {
  const count = record.tokens.generated;
  const parts = [
    count === 0 ? null : `${count} ${count === 1 ? 'token' : 'tokens'}`,
    ENDINGS[record.finishReason],
    recordedSyntaxWords(syntax),
    editedText === null ? null : 'edited',
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'empty' : parts.join(' · ');
}
