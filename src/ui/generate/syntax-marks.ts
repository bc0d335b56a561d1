/** Marks in the editor where bash has something to say: a sign at the line's number, the line tinted, the place underlined. */
import {
  RangeSet,
  StateEffect,
  StateField,
  type EditorState,
  type Extension,
} from '@codemirror/state';
import {
  Decoration,
  EditorView,
  GutterMarker,
  lineNumberMarkers,
  type DecorationSet,
} from '@codemirror/view';
import type { ScriptStanding } from '../../core/bash/script-inspector.ts';

/** `stop`: bash rejects the script there. `wait`: it goes on, or more has to come. */
export type MarkTone = 'stop' | 'wait';

/** A line by its number (1-based, any beyond the last is the last), or a place by its offset in UTF-16 code units. */
export type ScriptMark = { readonly tone: MarkTone } & (
  { readonly line: number } | { readonly offset: number }
);

export const setMarks = StateEffect.define<readonly ScriptMark[]>();

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

class LineSign extends GutterMarker {
  override readonly elementClass: string;

  constructor(tone: MarkTone) {
    super();
    this.elementClass = `gutter-${tone}`;
  }
}

const TONES = {
  stop: look('stop'),
  wait: look('wait'),
};

function look(tone: MarkTone) {
  return {
    sign: new LineSign(tone),
    line: Decoration.line({ class: `line-${tone}` }),
    place: Decoration.mark({ class: `mark-${tone}` }),
  };
}

interface Marked {
  readonly decorations: DecorationSet;
  readonly signs: RangeSet<GutterMarker>;
}

const NONE: Marked = { decorations: Decoration.none, signs: RangeSet.of<GutterMarker>([]) };

function mark({ doc }: EditorState, marks: readonly ScriptMark[]): Marked {
  const decorations = [];
  const signs = [];
  const markedLines = new Set<number>();
  for (const place of marks) {
    const { sign, line: lineLook, place: placeLook } = TONES[place.tone];
    const line =
      'line' in place
        ? doc.line(Math.min(Math.max(place.line, 1), doc.lines))
        : doc.lineAt(Math.min(place.offset, doc.length));
    if (!markedLines.has(line.from)) {
      markedLines.add(line.from);
      signs.push(sign.range(line.from));
      decorations.push(lineLook.range(line.from));
    }
    if ('line' in place || line.length === 0) continue;
    // At a line's end bash wanted more: the last character stands for the place.
    const start = Math.min(place.offset - line.from, line.length - 1);
    const word = /^(?:\w+|[^\w\s]+)/u.exec(line.text.slice(start))?.[0] ?? ' ';
    decorations.push(placeLook.range(line.from + start, line.from + start + word.length));
  }
  return { decorations: Decoration.set(decorations, true), signs: RangeSet.of(signs, true) };
}

export const syntaxMarks: Extension = StateField.define<Marked>({
  create: () => NONE,
  update(marked, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setMarks)) return mark(transaction.state, effect.value);
    }
    return transaction.docChanged
      ? {
          decorations: marked.decorations.map(transaction.changes),
          signs: marked.signs.map(transaction.changes),
        }
      : marked;
  },
  provide: (field) => [
    EditorView.decorations.from(field, ({ decorations }) => decorations),
    lineNumberMarkers.from(field, ({ signs }) => signs),
  ],
});
