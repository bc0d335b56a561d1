/** Fetches files of a model's folder, checked against its manifest. What transformers.js asks for and does not exist is absent. */
import { failure, FailureError, type FailureCode } from '../../contracts/failure.ts';

interface ManifestFile {
  readonly bytes: number;
  readonly sha256: string;
}

export interface VerifiedFetchOptions {
  /** Absolute, with a trailing slash. */
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
}

/**
 * A `fetch` for transformers.js. Throws a FailureError with `model/offline`, `model/download-failed`,
 * `model/manifest-invalid`, or `model/checksum-mismatch`.
 */
export function createVerifiedFetch({
  baseUrl,
  fetch: fetchUrl,
}: VerifiedFetchOptions): typeof fetch {
  let manifest: Promise<ReadonlyMap<string, ManifestFile>> | null = null;
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    manifest ??= readManifest(await reach(fetchUrl, new URL('manifest.json', baseUrl).href));
    const file = url.startsWith(baseUrl)
      ? (await manifest).get(url.slice(baseUrl.length))
      : undefined;
    // Not asked of the server: some answer with a page in its place.
    if (file === undefined) return new Response(null, { status: 404 });
    // How the library asks for a file's size.
    if (new Headers(init?.headers).has('Range')) return onlySize(file.bytes);
    const response = await reach(fetchUrl, url);
    const body = await response.arrayBuffer();
    if (body.byteLength !== file.bytes || (await sha256(body)) !== file.sha256) {
      throw refuse('model/checksum-mismatch', url);
    }
    return new Response(body, { headers: { 'Content-Length': String(file.bytes) } });
  };
}

function onlySize(bytes: number): Response {
  return new Response(new Uint8Array(1), {
    status: 206,
    headers: { 'Content-Range': `bytes 0-0/${bytes}` },
  });
}

async function reach(fetchUrl: typeof fetch, url: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetchUrl(url);
  } catch (error) {
    throw new FailureError(failure('model/offline'), { cause: error });
  }
  if (!response.ok) throw refuse('model/download-failed', url);
  return response;
}

async function readManifest(response: Response): Promise<ReadonlyMap<string, ManifestFile>> {
  try {
    const { files } = (await response.json()) as {
      readonly files: readonly (ManifestFile & { readonly path: string })[];
    };
    return new Map(
      files.map(({ path, bytes, sha256: digest }) => [path, { bytes, sha256: digest }]),
    );
  } catch (error) {
    throw new FailureError(failure('model/manifest-invalid'), { cause: error });
  }
}

async function sha256(body: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', body);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function refuse(code: FailureCode, url: string): FailureError {
  return new FailureError(failure(code, undefined, { url }));
}
