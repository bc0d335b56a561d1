/**
 * The relay as a function from requests to answers: checks in front of the routes, then the routes, then the app's own
 * files. It neither listens nor reads a configuration by itself; `server.ts` does.
 */
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import Fastify, { LogController, type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { REFUSALS, type RefusalCode } from '../src/contracts/relay.ts';
import { Access, type Client } from './access.ts';
import { isInstant } from './alert-schema.ts';
import { contentSecurityPolicy, ISOLATION_HEADERS, serveAppFiles } from './app-files.ts';
import type { RelayConfig } from './config.ts';
import { RefusalError, refusalOf, sendRefusal } from './refusal.ts';
import { alertRoutes } from './routes/alert-routes.ts';
import { deliveryRoutes } from './routes/delivery-routes.ts';
import { healthRoutes } from './routes/health-routes.ts';
import type { RelayParts, RouteContext } from './routes/route-context.ts';
import { telemetryRoutes } from './routes/telemetry-routes.ts';

export interface AppOptions extends RelayParts {
  /** The built app; null for a relay without one. */
  readonly app: { readonly folder: string } | null;
  /** `/`, or a sub-folder such as `/shellwright/`. Both slashes are needed. */
  readonly base?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it arrived. */
    bodyText: string;
    /** Who sent it, before anything else of it is looked at; null for somebody who may send nothing. */
    client: Client | null;
  }
}

const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const MINUTE_MS = 60_000;
/** Answers of the relay are data: nothing may run them, frame them, or keep them. */
const API_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { config, metrics, base = '/' } = options;
  const app = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    // No line names a request, so none needs a logger of its own.
    childLoggerFactory: (log) => log,
    trustProxy: trustProxyOf(config),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 2 * REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 5_000,
    // How often the two limits above are looked at.
    http: { connectionsCheckingInterval: 2_000 },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 100 },
    exposeHeadRoutes: true,
    frameworkErrors: (error, _request, reply) => {
      void sendRefusal(reply, refusalOf(error));
    },
    clientErrorHandler: refuseUnreadable,
    ajv: {
      customOptions: {
        removeAdditional: false,
        coerceTypes: false,
        useDefaults: false,
        allErrors: false,
        formats: { instant: isInstant },
      },
    },
  });

  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error as RefusalError);
    if (refusal.code === 'relay/unexpected') options.log.error({ err: error }, 'A request failed');
    return sendRefusal(reply, refusal);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const route = routeOptions.url ?? 'app';
    metrics.countRequest(route, reply.statusCode);
    if (options.log.level === 'debug') {
      const ms = Math.round(reply.elapsedTime);
      options.log.debug({ method, route, status: reply.statusCode, ms }, 'Answered');
    }
    done();
  });
  acceptJson(app);
  // No list, no other site: without the plugin a browser lets nobody read an answer.
  if (config.allowedOrigins.length > 0) {
    await app.register(cors, {
      origin: [...config.allowedOrigins],
      methods: ['GET', 'POST'],
      allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key'],
      exposedHeaders: ['Retry-After'],
      maxAge: 600,
      strictPreflight: false,
    });
  }
  // Without `await`, the limits would not exist for the routes below.
  await app.register(rateLimit, { global: false, cache: 10_000 });
  const access = new Access({ config, tokens: options.tokens, now: () => options.clock.now() });
  const perToken = app.createRateLimit({
    max: config.limits.requestsPerToken,
    timeWindow: MINUTE_MS,
    keyGenerator: ({ client }) => `token ${client?.id ?? ''}`,
  });
  const perAddress = app.createRateLimit({
    max: config.limits.requestsPerAddress,
    timeWindow: MINUTE_MS,
  });

  await app.register(
    async (api) => {
      api.addHook('onRequest', async (request, reply) => {
        const { headers } = request;
        void reply.headers(API_HEADERS);
        request.client = access.identify(headers);
        if (headers['content-encoding'] !== undefined) {
          throw new RefusalError('relay/wrong-media-type');
        }
        await requireUnder(perAddress(request), () =>
          metrics.rateLimited.inc({ limit: 'address' }),
        );
        if (request.client?.kind === 'token') {
          await requireUnder(perToken(request), () => metrics.rateLimited.inc({ limit: 'token' }));
        }
      });
      const context: RouteContext = {
        ...options,
        access,
        requireClient({ client, headers }) {
          if (options.isStopping())
            throw new RefusalError('relay/stopping', { retryAfterSeconds: 5 });
          if (client === null) throw access.refusalOf(headers);
          return client;
        },
        requireAdmin({ client, headers }) {
          if (client?.kind === 'admin') return;
          throw client === null ? access.refusalOf(headers) : new RefusalError('relay/forbidden');
        },
      };
      await api.register(alertRoutes, context);
      await api.register(telemetryRoutes, context);
      await api.register(deliveryRoutes, context);
      await api.register(healthRoutes, context);
      // In a browser the app's service worker answers at the addresses above.
      await api.register(healthRoutes, { ...context, prefix: '/v1' });
    },
    { prefix: base.slice(0, -1) },
  );
  // Apart from the routes above, which do without the hooks of the plugin.
  await app.register(async (rest) => {
    await rest.register(helmet, {
      global: false,
      contentSecurityPolicy: {
        useDefaults: false,
        directives: contentSecurityPolicy(config.connectSources),
      },
      crossOriginEmbedderPolicy: { policy: 'require-corp' },
      referrerPolicy: { policy: 'no-referrer' },
      // Whether every subdomain has HTTPS is known to whoever runs the proxy in front.
      strictTransportSecurity: false,
    });
    serveRest(rest, options.app, base);
  });
  return app;
}

/** JSON, and the same as plain text, which a beacon can send without asking first. */
function acceptJson(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.decorateRequest('bodyText', '');
  app.decorateRequest('client', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/json', 'text/plain'],
    { parseAs: 'string' },
    (request, body, done) => {
      // A mark at the beginning, which some programs write, is no JSON.
      request.bodyText = String(body).replace(/^\ufeff/, '');
      const parsed = parsePlain(request.bodyText);
      if (parsed === undefined) void parseJson(request, request.bodyText, done);
      else done(null, parsed);
    },
  );
}

/** undefined for what Fastify's parser has to look at: keys that it refuses, and what is no JSON, which it names. */
function parsePlain(json: string): unknown {
  if (mayNamePrototypes(json)) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Whether some key of this JSON could be `__proto__` or `constructor`; mostly none, and that is told quickly. */
function mayNamePrototypes(json: string): boolean {
  return json.includes('__proto__') || json.includes('constructor') || json.includes('\\u');
}

/** What is no route: files of the app, and 404 for what is none. */
function serveRest(app: FastifyInstance, files: AppOptions['app'], base: string): void {
  const serve = files === null ? null : serveAppFiles({ folder: files.folder, isolated: true });
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request.raw;
    if (serve === null || url?.startsWith(base) !== true || url.startsWith(`${base}v1/`)) {
      return sendRefusal(reply, new RefusalError('relay/not-found'));
    }
    if (method !== 'GET' && method !== 'HEAD') {
      return sendRefusal(
        reply.header('Allow', 'GET, HEAD'),
        new RefusalError('relay/wrong-method'),
      );
    }
    void reply.helmet();
    reply.hijack();
    for (const [name, value] of Object.entries(ISOLATION_HEADERS)) reply.raw.setHeader(name, value);
    const asked = Object.assign(request.raw, {
      url: url.slice(base.length - 1),
    }) as IncomingMessage;
    serve(asked, reply.raw, () => {
      reply.raw.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
    });
    return reply;
  });
}

const UNREADABLE: Readonly<Record<string, RefusalCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'relay/timed-out',
  HPE_HEADER_OVERFLOW: 'relay/headers-too-large',
};

/** Bytes that are no HTTP, or too slow or too many: answered on the bare connection. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const code = UNREADABLE[error.code ?? ''] ?? 'relay/invalid-request';
  const { status, message } = REFUSALS[code];
  const body = JSON.stringify({ code, message });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

type LimitCheck = ReturnType<ReturnType<FastifyInstance['createRateLimit']>>;

async function requireUnder(check: LimitCheck, onExceeded: () => void): Promise<void> {
  const result = await check;
  if (result.isAllowed || !result.isExceeded) return;
  onExceeded();
  throw new RefusalError('relay/too-many-requests', { retryAfterSeconds: result.ttlInSeconds });
}

type TrustProxy = NonNullable<FastifyServerOptions['trustProxy']>;

function trustProxyOf({ trustProxy }: RelayConfig): TrustProxy {
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy;
  return typeof trustProxy === 'object' ? [...trustProxy] : trustProxy;
}
