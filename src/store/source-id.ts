/**
 * The random id under which this browser exports its measurements, so that two files of it are not added up. It is no
 * label of any metric, and a new one takes its place when the measurements are deleted.
 */
import type { PreferenceStorage } from './preferences.ts';

const KEY = 'shellwright.source';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class SourceId {
  readonly #storage: PreferenceStorage | null;
  readonly #newId: () => string;
  /** Where nothing can be stored, an id lasts as long as the page. */
  #unstored: string | null = null;

  constructor(storage: PreferenceStorage | null, newId: () => string) {
    this.#storage = storage;
    this.#newId = newId;
  }

  /** Makes one where there is none. */
  read(): string {
    try {
      const stored = this.#storage?.getItem(KEY);
      if (typeof stored === 'string' && ID.test(stored)) return stored;
    } catch {
      // Denied: see #unstored.
    }
    return this.#unstored ?? this.renew();
  }

  renew(): string {
    const id = this.#newId();
    this.#unstored = id;
    try {
      this.#storage?.setItem(KEY, id);
    } catch {
      // Denied or full: see #unstored.
    }
    return id;
  }
}
