/**
 * Where this page may not send, because the content security policy of its site does not name it. To the page that is a
 * request without an answer, as from a server that is away; only the browser's report tells it apart.
 */

/** Calls back with the address of each request that the policy has refused. */
export type SubscribeToRefusals = (onRefused: (address: string) => void) => void;

export class PolicyBlocks {
  /** A policy ends with its page, so none is ever taken out. */
  #origins = $state.raw<readonly string[]>([]);

  constructor(subscribe: SubscribeToRefusals) {
    subscribe((address) => {
      const origin = originOf(address);
      if (origin !== null && !this.#origins.includes(origin)) {
        this.#origins = [...this.#origins, origin];
      }
    });
  }

  has(address: string): boolean {
    const origin = originOf(address);
    return origin !== null && this.#origins.includes(origin);
  }
}

export const subscribeToRefusals: SubscribeToRefusals = (onRefused) => {
  document.addEventListener('securitypolicyviolation', (event) => {
    if (event.effectiveDirective === 'connect-src' && event.disposition === 'enforce') {
      onRefused(event.blockedURI);
    }
  });
};

function originOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).origin : null;
}
