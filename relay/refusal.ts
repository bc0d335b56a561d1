/** Requests that are not taken, as answers. Handlers throw a refusal; everything else that is thrown is a bug. */
import type { FastifyError, FastifyReply } from 'fastify';
import { REFUSALS, type Refusal, type RefusalCode } from '../src/contracts/relay.ts';

export class RefusalError extends Error {
  override readonly name = 'RefusalError';
  readonly code: RefusalCode;
  readonly retryAfterSeconds: number | null;
  readonly field: string | null;

  constructor(code: RefusalCode, options: { retryAfterSeconds?: number; field?: string } = {}) {
    super(REFUSALS[code].message);
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.field = options.field ?? null;
  }
}

const FRAMEWORK_CODES: Readonly<Record<string, RefusalCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'relay/too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'relay/wrong-media-type',
  FST_ERR_HANDLER_TIMEOUT: 'relay/timed-out',
};

/** What an error means for whoever sent the request. */
export function refusalOf(error: FastifyError | RefusalError): RefusalError {
  if (error instanceof RefusalError) return error;
  const known = FRAMEWORK_CODES[error.code];
  if (known !== undefined) return new RefusalError(known);
  const [problem] = error.validation ?? [];
  if (problem !== undefined) {
    return new RefusalError('relay/invalid-request', { field: fieldOf(problem.instancePath) });
  }
  const status = error.statusCode ?? 500;
  return new RefusalError(status < 500 ? 'relay/invalid-request' : 'relay/unexpected');
}

export function sendRefusal(reply: FastifyReply, refusal: RefusalError): FastifyReply {
  const { code, message, field, retryAfterSeconds } = refusal;
  if (retryAfterSeconds !== null) {
    void reply.header('Retry-After', String(Math.max(1, Math.ceil(retryAfterSeconds))));
  }
  const body: Refusal = { code, message, ...(field === null ? {} : { field }) };
  return reply.code(REFUSALS[code].status).send(body);
}

/** `alerts[0].labels` from a JSON pointer; names that a client made up are cut. */
function fieldOf(pointer: string): string {
  const path = pointer
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.')
    .replace(/^\./, '');
  return path === '' ? 'body' : path.slice(0, 80);
}
