/** Health, uptime and metrics of the relay. */
import type { FastifyInstance } from 'fastify';
import type { RouteContext } from './route-context.ts';
import { RefusalError } from '../refusal.ts';

/** After so many failures in a row a sink counts as away. */
const AWAY_AFTER_FAILURES = 3;

export function healthRoutes(app: FastifyInstance, context: RouteContext, done: () => void): void {
  const { relay, telemetry, metrics, access, version, isStopping, uptimeSeconds } = context;
  const startedAt = new Date(context.startedAtMs).toISOString();

  app.get('/health', (_request, reply) => {
    const status = isStopping() ? 'stopping' : 'ok';
    return reply.code(status === 'ok' ? 200 : 503).send({ status, version, startedAt });
  });

  app.get('/health/detailed', async (request, reply) => {
    if (request.client === null && !mayRead(request)) {
      throw access.refusalOf(request.headers);
    }
    const areWritable = await Promise.all([relay.probeJournal(), telemetry.probeJournal()]);
    const isJournalWritable = areWritable.every(Boolean);
    const isReady = isJournalWritable && !isStopping();
    const sinks = Object.fromEntries(
      [...relay.deadLetters].map(([name, deadLetters]) => {
        const queue = relay.queues.get(name);
        if (queue === undefined) return [name, { status: 'not-configured', deadLetters }];
        const { failuresInARow, lastAnswer, lastDeliveredAtMs, length: queued } = queue;
        const status = failuresInARow >= AWAY_AFTER_FAILURES ? 'away' : 'ok';
        const lastDeliveryAt =
          lastDeliveredAtMs === null ? null : new Date(lastDeliveredAtMs).toISOString();
        return [name, { status, queued, deadLetters, lastDeliveryAt, lastAnswer, failuresInARow }];
      }),
    );
    const isDegraded = Object.values(sinks).some(
      ({ status, deadLetters }) => status === 'away' || deadLetters > 0,
    );
    return reply.code(isReady ? 200 : 503).send({
      status: !isReady ? 'not-ready' : isDegraded ? 'degraded' : 'ok',
      version,
      startedAt,
      uptimeSeconds: uptimeSeconds(),
      checks: {
        accepting: !isStopping(),
        journalWritable: isJournalWritable,
        journalBytes: relay.journal.sizeBytes,
        destinationsConfigured: relay.sinkNames.length > 0,
      },
      sinks,
    });
  });

  app.get('/metrics', async (request, reply) => {
    if (!mayRead(request)) throw new RefusalError('relay/not-signed-in');
    const text = `${await metrics.registry.metrics()}${telemetry.text()}`;
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });

  app.get('/metrics/uptime', () => ({ uptimeSeconds: uptimeSeconds(), startedAt }));

  function mayRead(request: Parameters<RouteContext['requireClient']>[0]): boolean {
    return access.mayReadMetrics(request.headers, request.raw.socket.remoteAddress ?? '');
  }
  done();
}
