/** What the page tells its service worker. */
export type ServiceWorkerMessage =
  /** A version that waits takes over now: the user has agreed. */
  | { readonly kind: 'activate' }
  /** Files that the page has loaded before the service worker could see it, to be kept for offline use. */
  | { readonly kind: 'keep'; readonly urls: readonly string[] };

/** The message, or null for anything else: other scripts of the same origin can send messages too. */
export function parseServiceWorkerMessage(input: unknown): ServiceWorkerMessage | null {
  if (typeof input !== 'object' || input === null || !('kind' in input)) return null;
  if (input.kind === 'activate') return { kind: 'activate' };
  if (input.kind !== 'keep' || !('urls' in input) || !Array.isArray(input.urls)) return null;
  const urls: readonly unknown[] = input.urls;
  return urls.every((url) => typeof url === 'string') ? { kind: 'keep', urls } : null;
}
