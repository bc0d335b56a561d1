/**
 * Remembers beyond the end of a tab that a model was being prepared in it, which takes the most memory: where the tab died
 * of that, the next one would die as well if it did the same unasked. Each load has a Web Lock, which tells a tab that is
 * still at it from one that is gone.
 */
import type { StoredText } from './web-storage.ts';

export interface LoadMarkOptions {
  /** Ids of the loads that were begun and are not over, one a line. */
  readonly text: Pick<StoredText, 'read' | 'write'>;
  /** null where the browser has none, or the address is not secure: then nothing is remembered. */
  readonly locks: Pick<LockManager, 'request' | 'query'> | null;
  readonly newId: () => string;
  /** A page that is left or closed is none that died. Returns how to call it off. */
  readonly onPageHide: (callback: () => void) => () => void;
}

const LOCK_PREFIX = 'shellwright-preparing-';

export class LoadMark {
  readonly #options: LoadMarkOptions;

  constructor(options: LoadMarkOptions) {
    this.#options = options;
  }

  /** Sets a mark. The returned function takes it away, whatever came of the load. */
  begin(): () => void {
    const { locks, newId, onPageHide } = this.#options;
    if (locks === null) return () => {};
    const id = newId();
    let isOver = false;
    let release = (): void => {};
    const untilOver = new Promise<void>((resolve) => (release = resolve));
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      stopWatching();
      this.#change((ids) => ids.filter((other) => other !== id));
      release();
    };
    const stopWatching = onPageHide(end);
    locks
      .request(LOCK_PREFIX + id, () => {
        if (isOver) return;
        // Not before: another tab could take it for one of a tab that is gone.
        this.#change((ids) => [...ids, id]);
        return untilOver;
      })
      // Denied, as in a sandboxed frame: nothing is remembered.
      .catch(() => {});
    return end;
  }

  /** Whether a tab died while it prepared a model, and nobody has forgotten it since. */
  async hasDied(): Promise<boolean> {
    return (await this.#deadIds()).length > 0;
  }

  /** To be called when a model is ready. */
  async forgetDead(): Promise<void> {
    const dead = await this.#deadIds();
    if (dead.length > 0) this.#change((ids) => ids.filter((id) => !dead.includes(id)));
  }

  async #deadIds(): Promise<readonly string[]> {
    const { locks } = this.#options;
    const ids = this.#ids();
    if (locks === null || ids.length === 0) return [];
    try {
      const { held = [] } = await locks.query();
      return ids.filter((id) => !held.some(({ name }) => name === LOCK_PREFIX + id));
    } catch {
      // Denied.
      return [];
    }
  }

  #ids(): readonly string[] {
    return this.#options.text.read().split('\n').filter(Boolean);
  }

  #change(change: (ids: readonly string[]) => readonly string[]): void {
    this.#options.text.write(change(this.#ids()).join('\n'));
  }
}
