/**
 * The network side of a hub load. transformers.js fetches through this, and gets what its own fetch lacks: a signal that
 * stops every download, broken downloads that go on where they broke off, failures as data, and files that a repository
 * does not have remembered, so that a model that is on the device loads without a connection.
 */
import { FailureError, failure, type Failure } from '../../contracts/failure.ts';

export interface HubFetchOptions {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** Bytes of files as they arrive over the network. */
  readonly onDownloaded: (bytes: number) => void;
  /** Resolves after so many milliseconds, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface HubFetch {
  /** Throws FailureError, and its bodies fail with one: `model/download-failed`, `model/offline`, `model/load-cancelled`. */
  readonly fetch: typeof fetch;
  /** Rejects with the first such failure, for callers that the library leaves waiting; never resolves. */
  readonly failed: Promise<never>;
}

/** Waits before each further try of a broken download; as in files/model-files.ts. */
const RETRY_DELAYS_MS = [300, 1_500, 4_000];

/** Where files that a repository lacks are noted: the library's own cache would take such a note for the file. */
const ABSENT_CACHE = 'shellwright-hub-absent';

export function createHubFetch(options: HubFetchOptions): HubFetch {
  let reject: (error: FailureError) => void = () => undefined;
  const failed = new Promise<never>((_resolve, rejectFailed) => (reject = rejectFailed));
  // Nobody may be listening, and that is fine.
  failed.catch(() => undefined);
  // The first failure ends all downloads: nobody wants the rest of a model that cannot be completed.
  const end = new AbortController();
  const signal = AbortSignal.any([options.signal, end.signal]);
  let firstError: FailureError | null = null;
  const fail = (cause: Failure): FailureError => {
    firstError ??= new FailureError(
      options.signal.aborted ? failure('model/load-cancelled') : cause,
    );
    reject(firstError);
    end.abort();
    return firstError;
  };

  const hubFetch: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const response = await reach(url, init);
    if (response.status === 404) await noteAbsent(url);
    // 401 and 403 are how the hub says that there is no such repository, 416 that a file is empty: the library knows them.
    const isKnown = response.ok || [401, 403, 404, 416].includes(response.status);
    if (!isKnown) {
      throw fail(failure('model/download-failed', undefined, { status: response.status, url }));
    }
    const isWholeFile = response.status === 200 && !new Headers(init?.headers).has('Range');
    return isWholeFile && response.body !== null
      ? resumable(url, response, response.body)
      : response;
  };

  /** Returns the answer, whatever it is, or the note that there is no such file. */
  async function reach(url: string, init: RequestInit | undefined): Promise<Response> {
    try {
      return await options.fetch(url, { ...init, signal });
    } catch {
      if (signal.aborted) throw fail(unreachable(url));
      if (await isNotedAbsent(url)) return new Response(null, { status: 404 });
      throw fail(unreachable(url));
    }
  }

  function resumable(url: string, response: Response, body: ReadableStream<Uint8Array>): Response {
    let reader = body.getReader();
    let offset = 0;
    let breaks = 0;
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        for (;;) {
          try {
            const { done, value } = await reader.read();
            if (done) return controller.close();
            offset += value.byteLength;
            options.onDownloaded(value.byteLength);
            return controller.enqueue(value);
          } catch {
            const delayMs = RETRY_DELAYS_MS[breaks++];
            const isLost = signal.aborted || delayMs === undefined || !canResume(url);
            if (isLost) throw fail(unreachable(url));
            reader = (await reopen(url, offset, delayMs, response)) ?? reader;
          }
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(stream, { status: response.status, headers: response.headers });
  }

  /** Returns the rest of the file, or null if it cannot be had this time. */
  async function reopen(
    url: string,
    offset: number,
    delayMs: number,
    first: Response,
  ): Promise<ReadableStreamDefaultReader<Uint8Array> | null> {
    try {
      await options.sleep(delayMs, signal);
      const rest = await options.fetch(url, {
        headers: { Range: `bytes=${offset}-` },
        signal,
      });
      const isRest = rest.status === 206 && isSameFile(first, rest);
      return isRest ? (rest.body?.getReader() ?? null) : null;
    } catch {
      // The next round tries again, waits longer, and at last gives up.
      return null;
    }
  }

  return { fetch: hubFetch, failed };
}

/** Whether a part belongs to the file that a download began with, as far as the server lets a page see. */
function isSameFile(first: Response, part: Response): boolean {
  const size = first.headers.get('Content-Length');
  const partSize = part.headers.get('Content-Range')?.split('/')[1];
  const isSameSize = size === null || partSize === undefined || partSize === size;
  return isSameSize && part.headers.get('ETag') === first.headers.get('ETag');
}

/** Model files are never compressed on the way, so that an offset in what arrived is one in the file. */
function canResume(url: string): boolean {
  return /\.onnx(_data(_\d+)?)?$/.test(new URL(url).pathname);
}

function unreachable(url: string): Failure {
  return failure(navigator.onLine ? 'model/download-failed' : 'model/offline', undefined, { url });
}

async function noteAbsent(url: string): Promise<void> {
  try {
    const cache = await caches.open(ABSENT_CACHE);
    await cache.put(url, new Response(null));
  } catch {
    // Without storage nothing loads offline anyway.
  }
}

async function isNotedAbsent(url: string): Promise<boolean> {
  try {
    const cache = await caches.open(ABSENT_CACHE);
    return (await cache.match(url)) !== undefined;
  } catch {
    return false; // No storage, no notes.
  }
}
