/** What became of alerts: the delivery log, where alerts can go, and dead letters that the operator settles. */
import type { FastifyInstance } from 'fastify';
import type { RelayDestinations } from '../../src/contracts/relay.ts';
import type { UnitStatus } from '../alert-state.ts';
import type { RouteContext } from './route-context.ts';

interface DeliveryQuery {
  readonly post?: string;
  readonly fingerprint?: string;
  readonly status?: UnitStatus;
  readonly limit?: string;
}

const NUMBER = { type: 'string', pattern: '^[1-9][0-9]{0,11}$' };
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

export function deliveryRoutes(
  app: FastifyInstance,
  context: RouteContext,
  done: () => void,
): void {
  const { relay, version, requireClient, requireAdmin } = context;

  app.get('/v1/destinations', (request): RelayDestinations => {
    requireClient(request);
    const sinks = relay.sinkNames;
    const own = sinks.map((sink) => [sink, [sink]] as const);
    return { version, routes: { default: sinks, ...Object.fromEntries(own) } };
  });

  app.get<{ Querystring: DeliveryQuery }>(
    '/v1/deliveries',
    {
      schema: {
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            post: NUMBER,
            fingerprint: { type: 'string', pattern: '^[0-9a-f]{16}$' },
            status: { enum: ['queued', 'delivered', 'dead', 'discarded'] },
            limit: NUMBER,
          },
        },
      },
    },
    (request) => {
      const client = requireClient(request);
      const { post, fingerprint, status, limit } = request.query;
      return {
        deliveries: relay.state.deliveries({
          // A device sees what it has sent itself.
          client: client.kind === 'admin' ? null : client.id,
          post: post === undefined ? undefined : Number(post),
          fingerprint,
          status,
          limit: Math.min(MAX_LIMIT, Number(limit ?? DEFAULT_LIMIT)),
        }),
      };
    },
  );

  app.post<{ Params: { what: 'retry' | 'discard' }; Body: { post?: number } | null }>(
    '/v1/dead-letters/:what',
    {
      onRequest: (request, _reply, next) => {
        requireAdmin(request);
        next();
      },
      schema: {
        params: { type: 'object', properties: { what: { enum: ['retry', 'discard'] } } },
        body: {
          type: ['object', 'null'],
          additionalProperties: false,
          properties: { post: { type: 'integer', minimum: 1 } },
        },
      },
    },
    async (request) => ({
      alerts: await relay.settleDead(request.params.what, request.body?.post ?? null),
    }),
  );
  done();
}
