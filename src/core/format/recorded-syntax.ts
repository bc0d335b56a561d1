/** The verdict that a record keeps, in words: in the history and at the end of a generation. */
import type { RecordedSyntax } from '../../contracts/generation.ts';

/** `valid`, `broken at line 4`, `not checked`; null where nobody has looked. */
export function recordedSyntaxWords(syntax: RecordedSyntax | null): string | null {
  switch (syntax?.result) {
    case 'valid':
    case 'empty':
      return syntax.result;
    case 'invalid':
      return syntax.line === null ? 'broken' : `broken at line ${syntax.line}`;
    case 'unchecked':
      return 'not checked';
    default:
      return null;
  }
}
