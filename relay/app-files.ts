/**
 * The built app as a host should serve it (docs/deploy.md): isolation for WASM threads, caching that suits hashed files,
 * ranges so that a model download can resume, and a policy that lets the app run and nothing else.
 */
import { once } from 'node:events';
import { ReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { send } from '@fastify/send';

export interface AppFilesOptions {
  /** Folder of the built app. */
  readonly folder: string;
  /** Whether to send the headers that isolate the page. Static hosts often cannot. */
  readonly isolated: boolean;
}

export type FileHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  notFound: () => void,
) => void;

export const ISOLATION_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/** As docs/deploy.md has it: the hub's addresses are for its models, `connectSources` for whatever else is needed. */
export function contentSecurityPolicy(connectSources: readonly string[]) {
  return {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    workerSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    manifestSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    connectSrc: ["'self'", 'blob:', 'https://huggingface.co', 'https://*.hf.co', ...connectSources],
  };
}

/** Answers about a file that are no file: a condition that fails, and a range that it has not. */
const MEANT: ReadonlySet<number> = new Set([412, 416]);

/** Vite puts a hash of the content into these names, so a name never changes what it means. */
const isHashed = (path: string): boolean => path.startsWith('/assets/');

/**
 * Answers GET and HEAD for files; anything else is left to `notFound`. Files are looked up for each request: a build that
 * takes the folder's place is served at once, and a file that is gone is not found.
 */
export function serveAppFiles(options: AppFilesOptions): FileHandler {
  return (request, response, notFound) => {
    answer(options, request, response, notFound).catch(() => response.destroy());
  };
}

async function answer(
  { folder, isolated }: AppFilesOptions,
  request: IncomingMessage,
  response: ServerResponse,
  notFound: () => void,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return notFound();
  const [path = '/'] = (request.url ?? '/').split('?');
  const { type, statusCode, headers, stream } = await send(request, path, {
    root: folder,
    cacheControl: false,
  });
  if (type !== 'file' && !MEANT.has(statusCode)) {
    stream.destroy();
    return notFound();
  }
  if (stream instanceof ReadStream) {
    try {
      // It may have gone since it was looked up.
      await once(stream, 'open');
    } catch {
      return notFound();
    }
  }
  const caching = isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
  response.writeHead(statusCode, {
    ...headers,
    'Cache-Control': caching,
    'X-Content-Type-Options': 'nosniff',
    ...(isolated ? ISOLATION_HEADERS : {}),
  });
  // Closes the file where the other end goes away.
  pipeline(stream, response, () => undefined);
}
