/** The address of an OTLP receiver, as an operator types it. */
import type { OtlpSignal } from '../contracts/otlp.ts';

/** @returns it without a trailing slash; null where it is no address that a page may send to */
export function parseOtlpEndpoint(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  // Browsers refuse to fetch addresses with a password in them.
  if (
    !isWeb ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    return null;
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

export function otlpUrl(endpoint: string, signal: OtlpSignal): string {
  return `${endpoint}/v1/${signal}`;
}
