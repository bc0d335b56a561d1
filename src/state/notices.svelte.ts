/** What the page says in passing: to screen readers (polite, never each token), and in short notes that go away. */
import type { BrowserHost } from './browser-host.ts';

export interface Note {
  readonly id: number;
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

const NOTE_MS = 4_000;
/** Longer, because somebody has to read, decide and reach the button. */
const ACTION_NOTE_MS = 12_000;

export class Notices {
  readonly #host: Pick<BrowserHost, 'after'>;
  #announcement = $state.raw('');
  #notes = $state.raw<readonly Note[]>([]);
  #nextId = 1;
  #heldId: number | null = null;

  constructor(host: Pick<BrowserHost, 'after'>) {
    this.#host = host;
  }

  /** The text of the page's live region. */
  get announcement(): string {
    return this.#announcement;
  }

  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** Lets screen readers read a text when they are done with what they read now. */
  announce(text: string): void {
    // The same text twice would not be read again: a space that nobody hears makes it another.
    this.#announcement = text === this.#announcement ? `${text} ` : text;
  }

  /** Shows a note for a few seconds. Only the last two are kept in sight, and one that is held. */
  show(text: string, action: Note['action'] = null): void {
    const id = this.#nextId++;
    const last = this.#notes.at(-1);
    const before = this.#notes.filter((note) => note === last || note.id === this.#heldId);
    this.#notes = [...before, { id, text, action }];
    this.announce(action === null ? text : `${text} ${action.label} is possible for a while.`);
    this.#dismissAfter(action === null ? NOTE_MS : ACTION_NOTE_MS, id);
  }

  /** Keeps this note, in which the keyboard's place is, from going by itself; null when it has been left. */
  hold(id: number | null): void {
    this.#heldId = id;
  }

  dismiss(id: number): void {
    this.#notes = this.#notes.filter((note) => note.id !== id);
  }

  #dismissAfter(ms: number, id: number): void {
    this.#host.after(ms, () => {
      if (id === this.#heldId) this.#dismissAfter(NOTE_MS, id);
      else this.dismiss(id);
    });
  }
}
