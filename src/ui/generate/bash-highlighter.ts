/**
 * Colours bash with CodeMirror's shell mode, line by line. In place of @codemirror/language, whose syntax trees nothing
 * here needs and which would take an eighth of the page's script (docs/decisions/0010-highlight-without-trees.md).
 */
import { shell } from '@codemirror/legacy-modes/mode/shell';
import { RangeSetBuilder, type Text } from '@codemirror/state';
import { StringStream } from '@codemirror/streamparser';
import {
  Decoration,
  ViewPlugin,
  type DecorationSet,
  type EditorView,
  type ViewUpdate,
} from '@codemirror/view';

/** The mode's memory: what it is inside of, innermost first. */
interface ModeState {
  readonly tokens: readonly unknown[];
}

const TAB_SIZE = 4;
const INDENT_UNIT = 2;
/** A line as long as this is data, not something to read. */
const MAX_LINE_CHARS = 4_000;

const startState = (): ModeState => ({ tokens: [] });

const decorations = new Map<string, Decoration>();

class BashHighlighter {
  decorations: DecorationSet;
  /** The mode's state at the start of each line, as far as it is known. */
  #lineStates: ModeState[] = [];

  constructor(view: EditorView) {
    this.decorations = this.#highlight(view);
  }

  update(update: ViewUpdate): void {
    if (!update.docChanged && !update.viewportChanged) return;
    if (update.docChanged) {
      // What comes before the first change is as it was, up to and including the state that its line starts with.
      update.changes.iterChangedRanges((from) => {
        const line = update.startState.doc.lineAt(from).number;
        if (line < this.#lineStates.length) this.#lineStates.length = line;
      });
    }
    this.decorations = this.#highlight(update.view);
  }

  #highlight(view: EditorView): DecorationSet {
    const { doc } = view.state;
    const builder = new RangeSetBuilder<Decoration>();
    for (const { from, to } of view.visibleRanges) {
      const last = doc.lineAt(to).number;
      for (let number = doc.lineAt(from).number; number <= last; number++) {
        const { from: lineFrom, text } = doc.line(number);
        this.#readLine(text, this.#stateAt(doc, number), (start, end, style) =>
          builder.add(lineFrom + start, lineFrom + end, decorationFor(style)),
        );
      }
    }
    return builder.finish();
  }

  #stateAt(doc: Text, number: number): ModeState {
    for (let known = this.#lineStates.length; known < number; known++) {
      const before = this.#lineStates[known - 1];
      this.#lineStates[known] =
        before === undefined ? startState() : this.#readLine(doc.line(known).text, before);
    }
    return this.#lineStates[number - 1] ?? startState();
  }

  /** Returns the state after the line, leaving `before` as it is. */
  #readLine(
    text: string,
    before: ModeState,
    onToken?: (start: number, end: number, style: string) => void,
  ): ModeState {
    const state = { tokens: [...before.tokens] };
    if (text.length > MAX_LINE_CHARS) return state;
    const stream = new StringStream(text, TAB_SIZE, INDENT_UNIT);
    while (!stream.eol()) {
      stream.start = stream.pos;
      const style = shell.token(stream, state);
      // A mode that does not move on would keep the page busy for ever.
      if (stream.pos === stream.start) stream.next();
      if (style !== null) onToken?.(stream.start, stream.pos, style);
    }
    return state;
  }
}

/** `string.special` becomes the classes `tok-string tok-special`. */
function decorationFor(style: string): Decoration {
  let decoration = decorations.get(style);
  if (decoration === undefined) {
    const names = style.split('.').map((name) => `tok-${name}`);
    decoration = Decoration.mark({ class: names.join(' ') });
    decorations.set(style, decoration);
  }
  return decoration;
}

export const bashHighlighting = ViewPlugin.fromClass(BashHighlighter, {
  decorations: (plugin) => plugin.decorations,
});
