/** The address of a relay, as an operator types it. */

/** Absolute and ending in `/`; null for what is no address, and for one that others on the way could read. */
export function parseRelayUrl(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere)) return null;
  if (url.username !== '' || url.password !== '') return null;
  const path = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  return url.origin + path;
}
