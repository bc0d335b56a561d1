/** Fetches what this site tells about a model, before anything of it is loaded. */
import { failure, type Result } from '../contracts/failure.ts';
import { parseModelOffer, type ModelOffer } from '../core/model/model-offer.ts';

/**
 * Returns the offer in a model's folder, or else that of the model on the device; fails with `model/not-found`,
 * `model/offline`, `model/download-failed` or `model/manifest-invalid`.
 * @param baseUrl absolute, with a trailing slash.
 * @param recall returns the manifest of this address as the engine keeps it for a model on the device, or null
 */
export async function fetchModelOffer(
  baseUrl: string,
  recall: (url: string) => Promise<unknown>,
): Promise<Result<ModelOffer>> {
  const url = `${baseUrl}manifest.json`;
  const newest = await fetchOffer(url);
  // Of a model that is gone from the site nothing is used.
  if (newest.ok || newest.failure.code === 'model/not-found') return newest;
  const known = parseModelOffer(await recall(url));
  return known.ok ? known : newest;
}

async function fetchOffer(url: string): Promise<Result<ModelOffer>> {
  try {
    const response = await fetch(url);
    if (response.status === 404) return { ok: false, failure: failure('model/not-found') };
    if (!response.ok) return { ok: false, failure: failure('model/download-failed') };
    const text = await response.text();
    return parseModelOffer(parseJson(text));
  } catch {
    // fetch says no more than that the network failed.
    const code = navigator.onLine ? 'model/download-failed' : 'model/offline';
    return { ok: false, failure: failure(code) };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A single-page host answers with its index page for files that do not exist.
    return null;
  }
}
