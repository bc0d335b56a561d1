/**
 * Tells which pages are gone. Each page holds a Web Lock of its own name for as long as it lives; the browser lets go of
 * it however the page ends, also by a crash.
 */

/** The part of `LockManager` that is used. */
export interface LocksPort {
  request(
    name: string,
    options: LockOptions,
    callback: (lock: Lock | null) => Promise<unknown>,
  ): Promise<unknown>;
  query(): Promise<LockManagerSnapshot>;
}

export interface PagePresenceOptions {
  /** null where the browser has none, or the address is not secure. */
  readonly locks: LocksPort | null;
  readonly pageId: string;
}

const LOCK_PREFIX = 'shellwright-page-';

export class PagePresence {
  readonly #locks: LocksPort | null;
  readonly #pageId: string;
  /** The lock is held, or cannot be had. Before that, others could take this page for a page that is gone. */
  readonly held: Promise<void>;

  constructor({ locks, pageId }: PagePresenceOptions) {
    this.#locks = locks;
    this.#pageId = pageId;
    this.held = locks === null ? Promise.resolve() : hold(locks, LOCK_PREFIX + pageId);
  }

  /** Returns the ids of the pages that live, this one included; null where that cannot be told. */
  async livingPages(): Promise<ReadonlySet<string> | null> {
    if (this.#locks === null) return null;
    try {
      const { held = [] } = await this.#locks.query();
      const names = held.flatMap(({ name }) => (name === undefined ? [] : [name]));
      const pages = names.filter((name) => name.startsWith(LOCK_PREFIX));
      return new Set([this.#pageId, ...pages.map((name) => name.slice(LOCK_PREFIX.length))]);
    } catch {
      // Denied, as in a sandboxed frame.
      return null;
    }
  }
}

function hold(locks: LocksPort, name: string): Promise<void> {
  return new Promise((resolve) => {
    const untilPageEnds = new Promise<never>(() => {});
    locks
      .request(name, {}, () => {
        resolve();
        return untilPageEnds;
      })
      // Denied: the age of a record has to do.
      .catch(() => resolve());
  });
}
