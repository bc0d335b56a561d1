/**
 * The built app as a host should serve it (docs/deploy.md): isolation for WASM threads, caching that suits hashed files,
 * ranges so that a model download can resume, and a policy that lets the app run and nothing else.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';

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

/** Vite puts a hash of the content into these names, so a name never changes what it means. */
const isHashed = (path: string): boolean => path.startsWith('/assets/');

/** Answers GET and HEAD for files; anything else is left to `notFound`. */
export function serveAppFiles({ folder, isolated }: AppFilesOptions): FileHandler {
  return sirv(folder, {
    etag: true,
    setHeaders(response, path) {
      const caching = isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
      response.setHeader('Cache-Control', caching);
      response.setHeader('X-Content-Type-Options', 'nosniff');
      if (!isolated) return;
      for (const [name, value] of Object.entries(ISOLATION_HEADERS))
        response.setHeader(name, value);
    },
  });
}
