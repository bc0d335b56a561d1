/** One POST of JSON to an address of the configuration. What goes wrong is told by codes: messages hold addresses. */
import { Agent, request as requestPlain, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as requestTls } from 'node:https';
import { retryAfterMs } from '../../src/core/alerts/retry-delay.ts';
import type { SendOutcome } from './sink.ts';

export interface PostJsonOptions {
  readonly url: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly epochNow: () => number;
}

/** Errors after which it is certain that nothing has arrived. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** 4xx that are worth another try. */
const PASSING = new Set([408, 425, 429]);

/** Servers keep connections open for at least so long. */
const KEEP_ALIVE = { keepAlive: true, timeout: 4_000 };
const plainAgent = new Agent(KEEP_ALIVE);
const tlsAgent = new TlsAgent(KEEP_ALIVE);

const MAX_ANSWER_BYTES = 4096;

/** Nobody can hold a delivery longer than this by a Retry-After. */
const LONGEST_RETRY_AFTER_MS = 6 * 3_600_000;

/** Never rejects. A redirect is a refusal: secrets in an address must not follow it. */
export async function postJson(options: PostJsonOptions): Promise<SendOutcome> {
  let response: IncomingMessage;
  try {
    response = await exchange(options);
  } catch (error) {
    const code = errorCode(error);
    return { kind: 'failed', answer: code, retryAfterMs: null, isUncertain: !NEVER_SENT.has(code) };
  }
  const { statusCode: status = 0, headers } = response;
  const answer = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { kind: 'delivered', answer };
  if (status < 500 && !PASSING.has(status)) return { kind: 'refused', answer };
  return {
    kind: 'failed',
    answer,
    retryAfterMs: retryAfterMs(
      headers['retry-after'] ?? null,
      options.epochNow(),
      LONGEST_RETRY_AFTER_MS,
    ),
    isUncertain: false,
  };
}

/**
 * By Node's own client: `fetch` copies a body several times, and needs twice as long for hundreds of alerts. The status
 * is the answer, whatever becomes of the rest, which is read so that the connection can be used again.
 */
function exchange({ url, body, headers, timeoutMs }: PostJsonOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const isTls = url.startsWith('https:');
    let answer: IncomingMessage | null = null;
    const request = (isTls ? requestTls : requestPlain)(url, {
      method: 'POST',
      agent: isTls ? tlsAgent : plainAgent,
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': bytes.length,
        ...headers,
      },
    });
    const timer = setTimeout(() => {
      request.destroy(new DOMException('No answer in time', 'TimeoutError'));
    }, timeoutMs);
    request.on('response', (response) => {
      answer = response;
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > MAX_ANSWER_BYTES) response.destroy();
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        clearTimeout(timer);
        resolve(response);
      });
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      if (answer === null) reject(error);
      else resolve(answer);
    });
    request.end(bytes);
  });
}

/** The code of what caused an error, such as `ECONNREFUSED`; `timeout` for one that took too long. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return 'timeout';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return error.cause === undefined ? error.name : errorCode(error.cause);
}
