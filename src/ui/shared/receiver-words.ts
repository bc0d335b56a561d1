/** What came of a request to somewhere else, in words: what it means, and what can be done about it. */

export interface Receiver {
  readonly address: string;
  /** Where the page is, as the receiver has to name it. */
  readonly siteOrigin: string;
  /** Where the receiver names it, such as an environment variable. */
  readonly allowList: string;
  /** The site's own content security policy forbids it. */
  readonly isForbidden: boolean;
}

export function receiverAt(
  address: string,
  allowList: string,
  policyBlocks: { has(address: string): boolean },
): Receiver {
  const isForbidden = policyBlocks.has(address);
  return { address, siteOrigin: location.origin, allowList, isForbidden };
}

/** @param status of HTTP; 0 for no answer */
export function answerWords(status: number, receiver: Receiver): string {
  if (status === 0) return silenceWords(receiver);
  const http = `HTTP ${status}`;
  if (status === 401 || status === 403) return `It does not let this browser in: ${http}.`;
  if (status === 404 || status === 405) return `It takes nothing at this address: ${http}.`;
  if (status === 429) return `It is asked too often: ${http}.`;
  if (status === 408 || status >= 500) return `It cannot take anything at the moment: ${http}.`;
  return `It does not take the request: ${http}.`;
}

/**
 * No answer that the page may read: browsers do not tell which of these it was.
 * @param fact what is missing, as a sentence
 */
export function silenceWords(receiver: Receiver, fact = 'No answer.'): string {
  const { address, siteOrigin, allowList, isForbidden } = receiver;
  const origin = originOf(address);
  if (isForbidden) {
    return (
      `The content security policy of this site forbids it. It has to name ${origin} under connect-src; ` +
      'where a relay serves this site, in RELAY_CONNECT_SOURCES.'
    );
  }
  if (isMixed(address, siteOrigin)) {
    return 'A page that came over https:// can send to https:// only.';
  }
  if (origin === siteOrigin) return `${fact} See whether it runs.`;
  return `${fact} See whether it runs, and whether it lets pages of ${siteOrigin} send to it (${allowList}).`;
}

/** Browsers let no secure page send in the clear, but to this machine. */
function isMixed(address: string, siteOrigin: string): boolean {
  if (!siteOrigin.startsWith('https:') || !URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'http:' && !isHere;
}

function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : address;
}
