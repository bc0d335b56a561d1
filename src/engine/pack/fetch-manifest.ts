/** Gets a model's manifest: the newest over the network, else the one that was used last. */
import { failure, type Result } from '../../contracts/failure.ts';
import type { ModelManifest } from '../../contracts/model-manifest.ts';
import { parseManifest } from '../../core/model/parse-manifest.ts';

const CACHE = 'shellwright-manifests';

/**
 * Returns the manifest of the folder, from the network or, where that fails, from the last visit.
 * Failures: `model/not-found`, `model/manifest-invalid`, `model/offline`, `model/download-failed`, `model/load-cancelled`.
 */
export async function fetchManifest(
  baseUrl: string,
  signal: AbortSignal,
): Promise<Result<ModelManifest>> {
  const url = new URL('manifest.json', baseUrl).href;
  const fetched = await fetchJson(url, signal);
  if (fetched.ok) {
    const manifest = parseManifest(fetched.value);
    if (manifest.ok) await remember(url, fetched.value);
    return manifest;
  }
  if (signal.aborted) return { ok: false, failure: failure('model/load-cancelled') };
  if (fetched.failure.code === 'model/not-found') return fetched;
  const known = await recall(url);
  return known === undefined ? fetched : parseManifest(known);
}

async function fetchJson(url: string, signal: AbortSignal): Promise<Result<unknown>> {
  try {
    const response = await fetch(url, { signal, cache: 'no-cache' });
    if (response.status === 404 || response.status === 410) {
      return {
        ok: false,
        failure: failure('model/not-found', undefined, { status: response.status }),
      };
    }
    if (!response.ok) {
      const detail = { file: 'manifest.json', status: response.status };
      return { ok: false, failure: failure('model/download-failed', undefined, detail) };
    }
    const text = await response.text();
    // A single-page host answers with its index page for what does not exist.
    if (text.trimStart().startsWith('<')) return { ok: false, failure: failure('model/not-found') };
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError) {
      return { ok: false, failure: failure('model/manifest-invalid') };
    }
    return {
      ok: false,
      failure: failure(navigator.onLine ? 'model/download-failed' : 'model/offline'),
    };
  }
}

async function remember(url: string, manifest: unknown): Promise<void> {
  try {
    const cache = await caches.open(CACHE);
    await cache.put(url, Response.json(manifest));
  } catch {
    // Without storage there is no offline use anyway; this visit goes on.
  }
}

async function recall(url: string): Promise<unknown> {
  try {
    const cache = await caches.open(CACHE);
    return (await (await cache.match(url))?.json()) as unknown;
  } catch {
    // As good as never seen.
    return undefined;
  }
}
