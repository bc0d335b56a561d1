/** `POST /v1/alerts` and `POST /v1/test-alert`. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AlertPost } from '../../src/contracts/alert.ts';
import { ALERT_POST_SCHEMA, IDEMPOTENCY_KEY } from '../alert-schema.ts';
import type { RouteContext } from './route-context.ts';
import { RefusalError } from '../refusal.ts';
import { TokenBucket } from '../token-bucket.ts';

const TEST_ALERTS_PER_MINUTE = 6;

export function alertRoutes(app: FastifyInstance, context: RouteContext, done: () => void): void {
  const { relay, clock, requireClient } = context;

  app.post<{ Body: AlertPost }>(
    '/v1/alerts',
    {
      schema: { body: ALERT_POST_SCHEMA },
      onRequest: (request, _reply, next) => {
        requireClient(request);
        idempotencyKeyOf(request);
        next();
      },
    },
    async (request, reply) => {
      const { receipt, isRepeat } = await relay.accept({
        client: requireClient(request),
        idempotencyKey: idempotencyKeyOf(request),
        post: request.body,
        bodyText: request.bodyText,
      });
      if (isRepeat) void reply.header('Idempotency-Replayed', 'true');
      return reply.code(202).send(receipt);
    },
  );

  const testLimit = new TokenBucket({ perMinute: TEST_ALERTS_PER_MINUTE, now: () => clock.now() });
  app.post('/v1/test-alert', async (request, reply) => {
    const client = requireClient(request);
    const waitSeconds = testLimit.secondsUntil(1);
    if (waitSeconds > 0) {
      throw new RefusalError('relay/too-many-requests', { retryAfterSeconds: waitSeconds });
    }
    testLimit.take(1);
    const { receipt } = await relay.accept({
      client,
      idempotencyKey: randomUUID(),
      post: testPost(new Date(clock.epochNow()).toISOString(), context.version),
      bodyText: null,
    });
    return reply.code(202).send(receipt);
  });
  done();
}

function idempotencyKeyOf({ headers }: FastifyRequest): string {
  const header = headers['idempotency-key'];
  const key = typeof header === 'string' ? IDEMPOTENCY_KEY.exec(header)?.[1] : undefined;
  if (key === undefined) throw new RefusalError('relay/no-idempotency-key');
  return key;
}

function testPost(now: string, version: string): AlertPost {
  return {
    schemaVersion: 1,
    route: 'default',
    sentAt: now,
    app: { name: 'shellwright', version },
    alerts: [
      {
        fingerprint: '0000000000000000',
        ruleId: 'test',
        state: 'test',
        labels: { alertname: 'Test alert', severity: 'info' },
        summary: 'This is a test: alerts of this relay arrive here.',
        value: null,
        threshold: 0,
        unit: 'events',
        windowSeconds: 0,
        n: 0,
        startsAt: now,
        endsAt: null,
        link: '',
        runbook: '',
      },
    ],
  };
}
