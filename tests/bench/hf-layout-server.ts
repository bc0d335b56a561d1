/** Serves folders in the hub's layout (hf-layout-model.ts) under the addresses that the hub has for them. */
import { createReadStream, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface HfLayoutServer {
  /** Base URL with a trailing slash; the `host` of a hub model. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `folder/owner/name/path` as `owner/name/resolve/main/path`, with byte ranges, on a free port. */
export async function serveHfLayout(folder: string): Promise<HfLayoutServer> {
  const server = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    const match = /^\/([\w-]+\/[\w.-]+)\/resolve\/main\/((?:\w+\/)?[\w.-]+)$/.exec(pathname);
    const path = join(folder, match?.[1] ?? '', match?.[2] ?? '');
    const stats = match === null ? undefined : statSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() !== true) {
      response.writeHead(404).end();
      return;
    }
    sendFile(path, stats.size, request.headers.range, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendFile(
  path: string,
  size: number,
  range: string | undefined,
  response: ServerResponse,
): void {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  const start = Number(match?.[1] ?? 0);
  const end = match?.[2] ? Number(match[2]) : size - 1;
  if (match !== null) response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
  response.writeHead(match === null ? 200 : 206, { 'Content-Length': end - start + 1 });
  createReadStream(path, { start, end }).pipe(response);
}
