/** Parts of the page that are fetched when somebody first needs them. */

/** Returns what loads at the first call and keeps it; after a load that failed, the next call tries again. */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null;
  return () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = null;
      throw error;
    }));
}
