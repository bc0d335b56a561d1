/**
 * Remembers beyond the end of a tab that a model was being prepared in it, which takes the most memory: where the tab died
 * of that, the next one would die as well if it did the same unasked. A Web Lock tells a tab that is still at it from one
 * that is gone.
 */
import type { StoredText } from './web-storage.ts';

export interface LoadMarkOptions {
  readonly text: Pick<StoredText, 'read' | 'write'>;
  /** null where the browser has none, or the address is not secure: then nothing is remembered. */
  readonly locks: Pick<LockManager, 'request' | 'query'> | null;
  /** A page that is left or closed is none that died. Returns how to call it off. */
  readonly onPageHide: (callback: () => void) => () => void;
}

const LOCK = 'shellwright-preparing';

export class LoadMark {
  readonly #options: LoadMarkOptions;

  constructor(options: LoadMarkOptions) {
    this.#options = options;
  }

  /** Sets the mark. The returned function takes it away, whatever came of it. */
  begin(): () => void {
    const { text, locks, onPageHide } = this.#options;
    if (locks === null) return () => {};
    let isOver = false;
    let release = (): void => {};
    const untilOver = new Promise<void>((resolve) => (release = resolve));
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      stopWatching();
      text.write('');
      release();
    };
    const stopWatching = onPageHide(end);
    locks
      // Several tabs may be at it.
      .request(LOCK, { mode: 'shared' }, () => {
        if (isOver) return;
        // Not before: another tab could take it for one of a tab that is gone.
        text.write('1');
        return untilOver;
      })
      // Denied, as in a sandboxed frame: nothing is remembered.
      .catch(() => {});
    return end;
  }

  /** Whether the tab that prepared a model last died of it. Asking takes the mark away. */
  async takeDeath(): Promise<boolean> {
    const { text, locks } = this.#options;
    if (locks === null || text.read() === '') return false;
    try {
      const { held = [] } = await locks.query();
      if (held.some(({ name }) => name === LOCK)) return false;
    } catch {
      // Denied.
      return false;
    }
    text.write('');
    return true;
  }
}
