/** `POST /v1/telemetry`. */
import type { FastifyInstance } from 'fastify';
import type { RouteContext } from './route-context.ts';

export function telemetryRoutes(
  app: FastifyInstance,
  { telemetry, metrics, requireClient }: RouteContext,
  done: () => void,
): void {
  app.post(
    '/v1/telemetry',
    {
      onRequest: (request, _reply, next) => {
        requireClient(request);
        next();
      },
    },
    async (request, reply) => {
      const { receipt, result } = await telemetry.accept(request.body);
      metrics.telemetryPosts.inc({ result });
      return reply.code(202).send(receipt);
    },
  );
  done();
}
