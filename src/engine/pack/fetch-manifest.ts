/** A model's manifest: the newest over the network, and the one whose files were brought last. */
import { failure, type Result } from '../../contracts/failure.ts';
import type { ModelManifest } from '../../contracts/model-manifest.ts';
import { parseManifest } from '../../core/model/parse-manifest.ts';

const CACHE = 'shellwright-manifests';
const SHA256 = /\b[0-9a-f]{64}\b/gu;

export interface NewestManifest {
  readonly manifest: ModelManifest;
  /** For visits without a connection; to be called once the files are on the device. False where it cannot be kept. */
  readonly remember: () => Promise<boolean>;
}

/**
 * Returns the manifest that the folder has now.
 * Failures: `model/not-found`, `model/manifest-invalid`, `model/offline`, `model/download-failed`, `model/load-cancelled`.
 * @param limitMs how long it may take; null is as long as the browser lets it.
 */
export async function fetchManifest(
  baseUrl: string,
  signal: AbortSignal,
  limitMs: number | null,
): Promise<Result<NewestManifest>> {
  const url = manifestUrl(baseUrl);
  const limited =
    limitMs === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const fetched = await fetchJson(url, limited);
  if (signal.aborted) return { ok: false, failure: failure('model/load-cancelled') };
  if (!fetched.ok) return fetched;
  const manifest = parseManifest(fetched.value);
  if (!manifest.ok) return manifest;
  const remember = (): Promise<boolean> => keep(url, fetched.value);
  return { ok: true, value: { manifest: manifest.value, remember } };
}

/** Returns the manifest that was remembered last, or null. */
export async function recallManifest(baseUrl: string): Promise<ModelManifest | null> {
  try {
    const cache = await caches.open(CACHE);
    const response = await cache.match(manifestUrl(baseUrl));
    if (response === undefined) return null;
    const manifest = parseManifest(await response.json());
    return manifest.ok ? manifest.value : null;
  } catch {
    // As good as never seen.
    return null;
  }
}

/**
 * The sha256 of every file of every model that was remembered on this origin: other deployments on the same host keep
 * theirs here too, in formats that may be newer. null where that cannot be told.
 */
export async function rememberedHashes(): Promise<ReadonlySet<string> | null> {
  try {
    const cache = await caches.open(CACHE);
    const hashes = new Set<string>();
    for (const response of await cache.matchAll()) {
      for (const [hash] of (await response.text()).matchAll(SHA256)) hashes.add(hash);
    }
    return hashes;
  } catch {
    // Denied meanwhile.
    return null;
  }
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

async function keep(url: string, manifest: unknown): Promise<boolean> {
  try {
    const cache = await caches.open(CACHE);
    await cache.put(url, Response.json(manifest));
    return true;
  } catch {
    // No storage, or none left; this visit goes on.
    return false;
  }
}

function manifestUrl(baseUrl: string): string {
  return new URL('manifest.json', baseUrl).href;
}
