/** A CodeMirror editor for bash whose text is set from outside: streamed in at its end, or replaced as a whole. */
import { history, historyKeymap } from '@codemirror/commands';
import {
  Annotation,
  Compartment,
  EditorState,
  Transaction,
  type Extension,
  type StateCommand,
} from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { bashHighlighting } from './bash-highlighter.ts';
import type { ScriptMark } from './script-marks.ts';
import { setMarks, syntaxMarks } from './syntax-marks.ts';

export interface BashEditorOptions {
  readonly parent: HTMLElement;
  readonly text: string;
  /** What screen readers call it. */
  readonly label: string;
  /** Id of what says how the script stands. */
  readonly describedBy: string;
  /** Only for what the reader typed, not for what was set. */
  readonly onEdit: (text: string) => void;
}

const fromOutside = Annotation.define<boolean>();

/** Within so many pixels of the end, the view follows what is written. */
const FOLLOW_PX = 48;

/** A new line that begins where the one before does. The browser's own keys do for everything else. */
const breakLine: StateCommand = ({ state, dispatch }) => {
  if (state.readOnly) return false;
  const { text, from } = state.doc.lineAt(state.selection.main.from);
  const indent = /^\s*/u.exec(text.slice(0, state.selection.main.from - from))?.[0] ?? '';
  dispatch(
    state.update(state.replaceSelection(`\n${indent}`), {
      scrollIntoView: true,
      userEvent: 'input',
    }),
  );
  return true;
};

export class BashEditor {
  readonly #view: EditorView;
  readonly #readOnly = new Compartment();
  readonly #extensions: Extension;
  #isReadOnly = false;

  constructor({ parent, text, label, describedBy, onEdit }: BashEditorOptions) {
    this.#extensions = [
      lineNumbers(),
      history(),
      // No key takes Tab: it must lead out of the editor for whoever has no mouse.
      keymap.of([{ key: 'Enter', run: breakLine }, ...historyKeymap]),
      bashHighlighting,
      syntaxMarks,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({
        'aria-label': label,
        'aria-describedby': describedBy,
        spellcheck: 'false',
      }),
      EditorView.updateListener.of((update) => {
        const isOurs = update.transactions.some(
          (change) => change.annotation(fromOutside) === true,
        );
        if (update.docChanged && !isOurs) onEdit(update.state.doc.toString());
      }),
    ];
    this.#view = new EditorView({ parent, state: this.#newState(text) });
  }

  /** Appends where `text` goes on from what is there; else starts afresh, undo included. */
  setText(text: string): void {
    const { doc } = this.#view.state;
    const current = doc.toString();
    if (text === current) return;
    if (current === '' || !text.startsWith(current)) {
      this.#view.setState(this.#newState(text));
      return;
    }
    const { scrollDOM } = this.#view;
    const hidden = scrollDOM.scrollHeight - scrollDOM.scrollTop - scrollDOM.clientHeight;
    this.#view.dispatch({
      changes: { from: doc.length, insert: text.slice(current.length) },
      annotations: [fromOutside.of(true), Transaction.addToHistory.of(false)],
      ...(hidden < FOLLOW_PX ? { effects: EditorView.scrollIntoView(text.length) } : {}),
    });
  }

  setReadOnly(isReadOnly: boolean): void {
    if (isReadOnly === this.#isReadOnly) return;
    this.#isReadOnly = isReadOnly;
    this.#view.dispatch({ effects: this.#readOnly.reconfigure(this.#readOnlyExtension()) });
  }

  /** Shows these marks in place of the ones before. */
  mark(marks: readonly ScriptMark[]): void {
    this.#view.dispatch({ effects: setMarks.of(marks) });
  }

  /** Puts the cursor there, for whoever wants to mend it. */
  goTo(offset: number): void {
    const anchor = Math.min(offset, this.#view.state.doc.length);
    this.#view.dispatch({ selection: { anchor }, scrollIntoView: true });
    this.#view.focus();
  }

  focus(): void {
    this.#view.focus();
  }

  destroy(): void {
    this.#view.destroy();
  }

  #newState(text: string): EditorState {
    return EditorState.create({
      doc: text,
      extensions: [this.#extensions, this.#readOnly.of(this.#readOnlyExtension())],
    });
  }

  #readOnlyExtension(): Extension {
    return [
      EditorState.readOnly.of(this.#isReadOnly),
      EditorView.contentAttributes.of({ 'aria-readonly': String(this.#isReadOnly) }),
    ];
  }
}
