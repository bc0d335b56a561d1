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
import type { MarkTone, ScriptMark } from './script-marks.ts';

export const setMarks = StateEffect.define<readonly ScriptMark[]>();

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
