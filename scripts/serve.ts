/**
 * Serves the built app from this machine: the headers that WASM threads need, caching that suits hashed files, and
 * ranges so that a model download can resume. `npm start` runs it; the end-to-end tests use `serveApp`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sirv from 'sirv';

export interface ServeOptions {
  /** Folder of the built app. */
  readonly folder: string;
  /** 0 picks a free port; a port that is taken makes way for the next free one. */
  readonly port: number;
  /** `/`, or a sub-folder such as `/shellwright/`. Both slashes are needed. */
  readonly base?: string;
  /** Whether to send the headers that isolate the page. Static hosts often cannot. */
  readonly isolated?: boolean;
}

export interface AppServer {
  /** Address of the page, with a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Drops open connections, so that nothing more arrives once it resolves. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 4173;
const PORTS_TO_TRY = 50;

/** Vite puts a hash of the content into these names, so a name never changes what it means. */
const isHashed = (path: string): boolean => path.startsWith('/assets/');

function setHeaders(response: ServerResponse, path: string, isolated: boolean): void {
  const caching = isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
  response.setHeader('Cache-Control', caching);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (!isolated) return;
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
}

/** @throws what `listen` reports, such as EADDRINUSE */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Only this machine: nobody else on the network is meant to reach a page that has no password.
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function listenOnFreePort(server: Server, firstPort: number): Promise<number> {
  for (let port = firstPort; ; port++) {
    try {
      return await listen(server, port);
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isTaken || port >= firstPort + PORTS_TO_TRY) throw error;
    }
  }
}

export async function serveApp(options: ServeOptions): Promise<AppServer> {
  const { folder, base = '/', isolated = true } = options;
  const files = sirv(folder, {
    etag: true,
    setHeaders: (response, path) => {
      setHeaders(response, path, isolated);
    },
  });
  const notFound = (response: ServerResponse): void => {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '/';
    if (!path.startsWith(base)) {
      notFound(response);
      return;
    }
    request.url = path.slice(base.length - 1);
    files(request, response, () => {
      notFound(response);
    });
  };
  const server = createServer(handle);
  const port = await listenOnFreePort(server, options.port);
  return {
    url: `http://localhost:${String(port)}${base}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

if (import.meta.main) {
  const wanted = Number(process.env['PORT'] ?? DEFAULT_PORT);
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535) {
    throw new RangeError(
      `PORT must be a whole number from 0 to 65535, not ${String(process.env['PORT'])}`,
    );
  }
  const server = await serveApp({ folder: join(import.meta.dirname, '..', 'dist'), port: wanted });
  if (wanted !== 0 && server.port !== wanted) console.log(`Port ${String(wanted)} is taken.`);
  console.log(`\n  Shellwright is at ${server.url}\n  Ctrl+C ends it.\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close());
  }
}
