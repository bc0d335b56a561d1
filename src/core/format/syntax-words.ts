/** How a script stands, in words: beside the editor, and for screen readers. */
import type { OpenConstruct } from '../../contracts/syntax.ts';
import type { ScriptStanding, StandingKind } from '../bash/script-inspector.ts';

const HEADLINES: Readonly<Record<StandingKind, string>> = {
  'so-far': 'Valid so far',
  complete: 'Complete',
  valid: 'Valid bash',
  unfinished: 'Unfinished',
  broken: 'Broken',
  empty: 'Empty',
  unchecked: 'Not checked',
};

/** Two words at most. */
export function standingHeadline({ kind }: ScriptStanding): string {
  return HEADLINES[kind];
}

/** What bash says, or what the headline means; empty where the headline says it all. */
export function standingDetail({ kind, problem, note }: ScriptStanding): string {
  if (note !== null) return note;
  if (kind === 'complete') return 'It could end here.';
  if (kind === 'valid') return 'bash -n accepts it.';
  if (kind === 'empty') return 'There is no command in it.';
  return problem?.message ?? '';
}

/** `if on line 3 waits for fi` */
export function openSentence({ opener, line, waitsFor }: OpenConstruct): string {
  return `${opener} on line ${line} waits for ${waitsFor}`;
}

/** Everything in one text, for screen readers: `Broken at line 4: … if on line 3 waits for fi.` */
export function standingSentence(standing: ScriptStanding): string {
  const { kind, problem, open, warnings } = standing;
  const place = kind === 'broken' && problem !== null ? ` at line ${problem.line}` : '';
  const innermost = open.at(-1);
  return [
    `${standingHeadline(standing)}${place}.`,
    standingDetail(standing).replace(/[^.]$/u, '$&.'),
    innermost === undefined ? '' : `${openSentence(innermost)}.`,
    ...warnings.map(({ message }) => `Warning: ${message}.`),
  ]
    .filter(Boolean)
    .join(' ');
}
