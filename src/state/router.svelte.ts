/** The page that the address names, and what of it is shown: `#/requests?id=…`. `#/write?…` is a share link. */
import { createSubscriber } from 'svelte/reactivity';

export const PAGES = [
  'write',
  'monitor',
  'alerts',
  'requests',
  'logs',
  'health',
  'settings',
] as const;

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
  /** The browser does not tell of a hash that was replaced. */
  #onReplaced: (() => void) | null = null;

  constructor(address: Address) {
    this.#address = address;
    this.#subscribe = createSubscriber((update) => {
      this.#onReplaced = update;
      const stop = address.subscribe(update);
      return () => {
        this.#onReplaced = null;
        stop();
      };
    });
  }

  /** `write` for whatever is not a page. */
  get page(): Page {
    this.#subscribe();
    const name = /^#\/(\w+)/u.exec(this.#address.hash())?.[1];
    return PAGES.find((page) => page === name) ?? 'write';
  }

  /** What follows the page's name; a copy, empty where nothing does. */
  get query(): URLSearchParams {
    this.#subscribe();
    const text = /^#[^?]*\?(.*)$/su.exec(this.#address.hash())?.[1] ?? '';
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- A copy: whoever changes it changes nothing here.
    return new URLSearchParams(text);
  }

  /** Keeps the page and puts another query behind it, without a new step in the browser's history. */
  replaceQuery(query: URLSearchParams): void {
    this.#replace(this.href(this.page, query));
  }

  /** The address of a page, for a link. */
  href(page: Page, query?: URLSearchParams): string {
    const text = query?.toString() ?? '';
    return text === '' ? `#/${page}` : `#/${page}?${text}`;
  }

  /** Takes the query of a share link out of the address, so that a reload keeps what was edited since; else null. */
  takeShare(): string | null {
    const query = /^#\/write\?(.+)$/su.exec(this.#address.hash())?.[1];
    if (query === undefined) return null;
    this.#replace('#/write');
    return query;
  }

  #replace(hash: string): void {
    this.#address.replace(hash);
    this.#onReplaced?.();
  }
}
