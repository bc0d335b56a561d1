/** Reads the JSON of a request, up to a size. */
import { endpointProblem, type Problem } from '../../core/endpoint/problem.ts';

export const MAX_BODY_BYTES = 64_000;

type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: Problem };

export async function readJson(request: Request): Promise<Body> {
  const [type = ''] = (request.headers.get('Content-Type') ?? '').split(';');
  // A form of another site can send anything else without asking first.
  if (type.trim().toLowerCase() !== 'application/json') {
    return { ok: false, problem: endpointProblem('endpoint/wrong-media-type', 'Content-Type') };
  }
  const bytes = await readBytes(request);
  if (bytes === null) return { ok: false, problem: endpointProblem('endpoint/too-large', 'body') };
  try {
    return { ok: true, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return { ok: false, problem: endpointProblem('endpoint/invalid-json', 'body') };
  }
}

/** null where it is larger than that. */
async function readBytes(request: Request): Promise<Uint8Array | null> {
  // Some browsers do not give the body as a stream.
  const reader = (request.body ?? (await request.blob()).stream()).getReader();
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    sizeBytes += value.byteLength;
    if (sizeBytes > MAX_BODY_BYTES) {
      void reader.cancel();
      return null;
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}
