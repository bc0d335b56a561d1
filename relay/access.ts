/**
 * Who may do what. A page that the relay itself serves is told by the headers that only a browser sets; any other client
 * shows a token; what concerns all devices needs the operator's own secret.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { bearerOf } from './bearer.ts';
import { areSameSecrets, type TokenFile } from './tokens.ts';
import { isBehindProxy, isLoopback, type RelayConfig } from './config.ts';
import { RefusalError } from './refusal.ts';

/** Whoever runs the relay has to set the file right. */
const RETRY_TOKENS_SECONDS = 30;

export type Client =
  | { readonly kind: 'same-origin'; readonly id: 'same-origin'; readonly device: null }
  | { readonly kind: 'token'; readonly id: string; readonly device: string }
  | { readonly kind: 'admin'; readonly id: 'admin'; readonly device: null };

export interface AccessOptions {
  readonly config: Pick<
    RelayConfig,
    'adminToken' | 'metricsToken' | 'publicOrigin' | 'requireToken' | 'trustProxy'
  >;
  readonly tokens: TokenFile;
  /** Monotonic. */
  readonly now: () => number;
}

export class Access {
  readonly #options: AccessOptions;
  #lastHost: { readonly name: string | undefined; readonly origins: readonly string[] } = {
    name: undefined,
    origins: [],
  };

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** null for a client that may not send anything. */
  identify(headers: IncomingHttpHeaders): Client | null {
    const { config, tokens, now } = this.#options;
    const given = bearerOf(headers.authorization);
    if (given !== null) {
      if (config.adminToken !== null && areSameSecrets(given, config.adminToken)) {
        return { kind: 'admin', id: 'admin', device: null };
      }
      const info = tokens.check(given, now());
      return info === null ? null : { kind: 'token', id: info.id, device: info.name };
    }
    if (config.requireToken || !this.#isOwnPage(headers)) return null;
    return { kind: 'same-origin', id: 'same-origin', device: null };
  }

  /** Why a client that `identify` does not know may do nothing. */
  refusalOf(headers: IncomingHttpHeaders): RefusalError {
    const given = bearerOf(headers.authorization);
    return given !== null && this.#options.tokens.cannotCheck(given)
      ? new RefusalError('relay/tokens-unreadable', { retryAfterSeconds: RETRY_TOKENS_SECONDS })
      : new RefusalError('relay/not-signed-in');
  }

  /**
   * `address` is the other end of the connection. Without a secret only this machine may read metrics, and nobody where a
   * proxy is in front.
   */
  mayReadMetrics(headers: IncomingHttpHeaders, address: string): boolean {
    const { config } = this.#options;
    const { metricsToken, adminToken } = config;
    const given = bearerOf(headers.authorization);
    if (given !== null) {
      return [metricsToken, adminToken].some(
        (secret) => secret !== null && areSameSecrets(given, secret),
      );
    }
    // Behind a proxy everybody comes from this machine, and not every proxy tells that it is one.
    const isDirect = headers.forwarded === undefined && headers['x-forwarded-for'] === undefined;
    return (
      metricsToken === null &&
      !isBehindProxy(config) &&
      isDirect &&
      isLoopback(address.replace(/^::ffff:/, '')) &&
      // A page of another site whose name points to this machine, and most proxies, ask by a name of theirs.
      isLoopback(urlOf(headers.host)?.hostname ?? '')
    );
  }

  /** Browsers name the origin of every POST, and Sec-Fetch-Site on secure and local addresses. */
  #isOwnPage(headers: IncomingHttpHeaders): boolean {
    const own = this.#ownOrigins(headers);
    if (own.length === 0) return false;
    if (headers.origin !== undefined) return own.includes(headers.origin);
    return headers['sec-fetch-site'] === 'same-origin';
  }

  /** Of a host that is ours; none for any other. Kept, as nearly every request names the same. */
  #ownOrigins({ host }: IncomingHttpHeaders): readonly string[] {
    if (host === this.#lastHost.name) return this.#lastHost.origins;
    const origins = this.#originsOf(host);
    this.#lastHost = { name: host, origins };
    return origins;
  }

  #originsOf(host: string | undefined): readonly string[] {
    const { publicOrigin } = this.#options.config;
    const url = urlOf(host);
    if (url === null) return [];
    const { hostname, origin } = url;
    const own = isLoopback(hostname) ? [origin] : [];
    return publicOrigin !== null && new URL(publicOrigin).host === host
      ? [...own, publicOrigin]
      : own;
  }
}

/** null for what no browser sends. */
function urlOf(host: string | undefined): URL | null {
  return host !== undefined && URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : null;
}

/** Whether whoever has this `Client['id']` may still send something, or their token was revoked. */
export function isKnownClient(id: string, tokens: TokenFile): boolean {
  const withoutToken: readonly Client['id'][] = ['same-origin', 'admin'];
  return withoutToken.includes(id) || tokens.nameOf(id) !== null;
}
