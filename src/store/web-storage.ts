/** localStorage and sessionStorage where the browser has them and lets them be used. */

type WebStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** Returns null where the browser denies it: already naming it throws then. */
export function openWebStorage(kind: 'localStorage' | 'sessionStorage'): WebStorage | null {
  try {
    return globalThis[kind];
  } catch {
    // Denied: the caller keeps things in memory.
    return null;
  }
}

/** One text under one key. */
export class StoredText {
  readonly #storage: WebStorage | null;
  readonly #key: string;

  constructor(storage: WebStorage | null, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /** Empty if there is none. */
  read(): string {
    try {
      return this.#storage?.getItem(this.#key) ?? '';
    } catch {
      // Denied.
      return '';
    }
  }

  write(text: string): void {
    try {
      this.#storage?.setItem(this.#key, text);
    } catch {
      // Denied or full: it lasts as long as the page.
    }
  }
}
