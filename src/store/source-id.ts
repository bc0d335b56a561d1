/** Random ids of this browser, by which what it sends or saves is told from what others do. */
import type { PreferenceStorage } from './preferences.ts';

/**
 * `source` is the browser's, in labels of alerts and in what is sent by OpenTelemetry. `measurements` stands in exported
 * files, so that two of the same measurements are not added up; another takes its place when they are deleted.
 */
export type SourceIdName = 'source' | 'measurements';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class SourceId {
  readonly #storage: PreferenceStorage | null;
  readonly #newId: () => string;
  readonly #key: string;
  /** Where nothing can be stored, an id lasts as long as the page. */
  #unstored: string | null = null;

  constructor(storage: PreferenceStorage | null, newId: () => string, name: SourceIdName) {
    this.#storage = storage;
    this.#key = `shellwright.${name}`;
    this.#newId = newId;
  }

  /** Makes one where there is none. */
  read(): string {
    try {
      const stored = this.#storage?.getItem(this.#key);
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
      this.#storage?.setItem(this.#key, id);
    } catch {
      // Denied or full: see #unstored.
    }
    return id;
  }
}
