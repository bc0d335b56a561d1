/** What to mark in a script where bash has something to say; syntax-marks.ts draws it. */
import type { ScriptStanding } from '../../core/bash/script-inspector.ts';

/** `stop`: bash rejects the script there. `wait`: it goes on, or more has to come. */
export type MarkTone = 'stop' | 'wait';

/** A line by its number (1-based, any beyond the last is the last), or a place by its offset in UTF-16 code units. */
export type ScriptMark = { readonly tone: MarkTone } & (
  { readonly line: number } | { readonly offset: number }
);

/** What to mark of a script. While it is being written, only what no continuation can mend. */
export function marksOf(
  { kind, problem, open, warnings, note }: ScriptStanding,
  script: string,
  isWriting: boolean,
): readonly ScriptMark[] {
  if (kind === 'broken' && problem !== null) {
    // bash may name another line than the one the cause lies on.
    return [
      { tone: 'stop', offset: problem.offset },
      { tone: 'stop', line: problem.line },
    ];
  }
  if (kind === 'unfinished' && problem !== null) {
    const innermost = open.at(-1);
    return [
      ...(innermost === undefined ? [] : [{ tone: 'wait', line: innermost.line } as const]),
      // At its very end there is nothing to underline: what is missing comes after it.
      ...(problem.offset < script.length
        ? [{ tone: 'wait', offset: problem.offset } as const]
        : []),
    ];
  }
  if (isWriting) return [];
  return [
    ...(problem !== null && note !== null
      ? [{ tone: 'wait', offset: problem.offset } as const]
      : []),
    ...warnings.map(({ line }) => ({ tone: 'wait', line }) as const),
  ];
}
