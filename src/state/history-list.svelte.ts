/** The history as the page shows it: searched, newest first, with what is needed to take a deletion back. */
import type { Failure, Result } from '../contracts/failure.ts';
import type { GenerationRecord } from '../contracts/generation.ts';
import type { HistoryEntry } from '../contracts/history.ts';
import { fullScript } from '../core/prompt/prompt-form.ts';
import type { HistoryStore } from '../store/history-store.ts';
import type { OpenedHistory } from '../store/open-history.ts';
import type { Notices } from './notices.svelte.ts';

const PAGE_SIZE = 20;

/** Tells other tabs that the history has changed, and hears of theirs. */
export interface HistoryChannel {
  notify(): void;
  onNotified(callback: () => void): void;
}

/** What became of an edit; `gone` is kept nowhere, for want of its entry. */
export type EditEnd = 'saved' | 'gone' | 'failed';

export interface HistoryListOptions {
  /** Opens in the background: the page does not wait for it. */
  readonly opened: Promise<OpenedHistory>;
  readonly channel: HistoryChannel;
  readonly notices: Notices;
}

export class HistoryList {
  readonly #options: HistoryListOptions;
  #entries = $state.raw<readonly HistoryEntry[]>([]);
  #totalCount = $state.raw(0);
  #hasMore = $state.raw(false);
  #isLoaded = $state.raw(false);
  #search = $state.raw('');
  /** Of opening, or of the last change. */
  #failure = $state.raw<Failure | null>(null);
  /** Of the connection, or of the last look at it. */
  #readFailure = $state.raw<Failure | null>(null);
  #limit = PAGE_SIZE;
  #refreshes = 0;

  constructor(options: HistoryListOptions) {
    this.#options = options;
    options.channel.onNotified(() => void this.refresh());
    void options.opened.then((opened) => {
      this.#failure = opened.failure;
      return this.refresh();
    });
  }

  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  /** Entries in all, found by the search or not. */
  get totalCount(): number {
    return this.#totalCount;
  }

  get hasMore(): boolean {
    return this.#hasMore;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  get search(): string {
    return this.#search;
  }

  set search(text: string) {
    this.#search = text;
    this.#limit = PAGE_SIZE;
    void this.refresh();
  }

  /** Why something could not be kept or read; null where all is well. */
  get failure(): Failure | null {
    return this.#failure ?? this.#readFailure;
  }

  /** Hook for a connection that has ended. */
  readonly onClosed = (failure: Failure): void => {
    this.#readFailure = failure;
  };

  async showMore(): Promise<void> {
    this.#limit += PAGE_SIZE;
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const ticket = ++this.#refreshes;
    const store = await this.#store();
    const page = await store.find({ text: this.#search, limit: this.#limit });
    // A later search may have been answered before this one.
    if (ticket !== this.#refreshes) return;
    this.#readFailure = page.ok ? null : page.failure;
    if (!page.ok) return;
    this.#entries = page.value.entries;
    this.#hasMore = page.value.hasMore;
    this.#totalCount = page.value.totalCount;
    this.#isLoaded = true;
  }

  async add(record: GenerationRecord): Promise<void> {
    await this.#put({
      schemaVersion: 1,
      id: record.id,
      acceptedAtEpochMs: record.acceptedAtEpochMs,
      record,
      editedText: null,
    });
  }

  /** Keeps what became of a script; an entry that has been deleted since stays deleted. */
  async saveEdit(id: string, text: string): Promise<EditEnd> {
    const store = await this.#store();
    const found = await store.get(id);
    if (!found.ok) {
      this.#failure = found.failure;
      return 'failed';
    }
    if (found.value === null) return 'gone';
    const { record } = found.value;
    const editedText = text === fullScript(record.prompt, record.text) ? null : text;
    if (editedText === found.value.editedText) return 'saved';
    return (await this.#put({ ...found.value, editedText })) ? 'saved' : 'failed';
  }

  /** null where it was deleted, or cannot be read. */
  async entry(id: string): Promise<HistoryEntry | null> {
    const store = await this.#store();
    const found = await store.get(id);
    return found.ok ? found.value : null;
  }

  async delete(entry: HistoryEntry): Promise<void> {
    const store = await this.#store();
    if (!(await this.#changed(store.delete(entry.id)))) return;
    this.#options.notices.show('Deleted from history.', {
      label: 'Undo',
      run: () => void this.#put(entry),
    });
  }

  async clear(): Promise<void> {
    const store = await this.#store();
    if (await this.#changed(store.clear())) this.#options.notices.show('History is empty now.');
  }

  async #put(entry: HistoryEntry): Promise<boolean> {
    const store = await this.#store();
    return this.#changed(store.put(entry));
  }

  async #changed(change: Promise<Result<void>>): Promise<boolean> {
    const result = await change;
    // What is kept in memory only stays so, however well it goes.
    this.#failure = result.ok ? (await this.#options.opened).failure : result.failure;
    if (result.ok) this.#options.channel.notify();
    await this.refresh();
    return result.ok;
  }

  async #store(): Promise<HistoryStore> {
    return (await this.#options.opened).store;
  }
}
