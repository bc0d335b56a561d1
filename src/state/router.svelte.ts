/** The page that the address names: `#/write`, `#/settings`; `#/write?…` is a share link. */
import { createSubscriber } from 'svelte/reactivity';

export const PAGES = ['write', 'settings'] as const;

export type Page = (typeof PAGES)[number];

export interface Address {
  /** With its `#`. */
  readonly hash: () => string;
  /** Puts another hash in place of this one, without a new step in the browser's history. */
  readonly replace: (hash: string) => void;
  /** Calls back when the hash has changed; the returned function ends that. */
  readonly subscribe: (onChange: () => void) => () => void;
}

export class Router {
  readonly #address: Address;
  readonly #subscribe: () => void;

  constructor(address: Address) {
    this.#address = address;
    this.#subscribe = createSubscriber((update) => address.subscribe(update));
  }

  /** `write` for whatever is not a page. */
  get page(): Page {
    this.#subscribe();
    const name = /^#\/(\w+)/u.exec(this.#address.hash())?.[1];
    return PAGES.find((page) => page === name) ?? 'write';
  }

  /** Takes the query of a share link out of the address, so that a reload keeps what was edited since; else null. */
  takeShare(): string | null {
    const query = /^#\/write\?(.+)$/su.exec(this.#address.hash())?.[1];
    if (query === undefined) return null;
    this.#address.replace('#/write');
    return query;
  }
}
