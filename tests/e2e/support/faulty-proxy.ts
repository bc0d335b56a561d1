/** Stands between browser and app, notes what is fetched, and breaks connections as a bad network does. */
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly path: string;
  readonly range: string | null;
}

export interface FaultyProxy extends AsyncDisposable {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** The next answer for a path with this ending stops after so many bytes. */
  breakOnce(pathEnding: string, afterBytes: number): void;
}

const CUT_AFTER_MS = 2_000;

/** @param target address of the app, with a trailing slash */
export async function faultyProxy(target: string): Promise<FaultyProxy> {
  const seen: SeenRequest[] = [];
  const breaks = new Map<string, number>();
  const breakFor = (path: string): number | null => {
    for (const [ending, bytes] of breaks) {
      if (path.endsWith(ending)) {
        breaks.delete(ending);
        return bytes;
      }
    }
    return null;
  };
  const forward = (request: IncomingMessage, onAnswer: (answer: IncomingMessage) => void): void => {
    const url = new URL(request.url ?? '/', target);
    const onward = httpRequest(url, { headers: { ...request.headers, host: url.host } }, onAnswer);
    request.pipe(onward);
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    seen.push({ path, range: request.headers.range ?? null });
    const limit = breakFor(path);
    forward(request, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (limit === null) {
        answer.pipe(response);
        return;
      }
      let sent = 0;
      answer.on('data', (chunk: Buffer) => {
        if (sent >= limit) return;
        sent += chunk.length;
        // Only once what was sent has left, and is read: a browser throws away what it has not handed to the page when a
        // connection breaks, and a cut before anything was handed over is no cut in the middle.
        response.write(chunk, () => {
          if (sent >= limit) setTimeout(() => response.destroy(), CUT_AFTER_MS);
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    seen,
    breakOnce: (pathEnding, afterBytes) => {
      breaks.set(pathEnding, afterBytes);
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
