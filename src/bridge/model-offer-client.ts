/** Fetches what this site tells about a model, before anything of it is loaded. */
import { failure, type Result } from '../contracts/failure.ts';
import { parseModelOffer, type ModelOffer } from '../core/model/model-offer.ts';

/**
 * Returns the offer in a model's folder; fails with `model/not-found`, `model/offline`, `model/download-failed` or
 * `model/manifest-invalid`.
 * @param baseUrl absolute, with a trailing slash.
 */
export async function fetchModelOffer(baseUrl: string): Promise<Result<ModelOffer>> {
  try {
    const response = await fetch(`${baseUrl}manifest.json`);
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
