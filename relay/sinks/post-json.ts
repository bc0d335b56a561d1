/** One POST of JSON to an address of the configuration. What goes wrong is told by codes: messages hold addresses. */
import { retryAfterMs } from '../../src/core/alerts/retry-delay.ts';
import type { SendOutcome } from './sink.ts';

export interface PostJsonOptions {
  readonly url: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly epochNow: () => number;
  readonly signal?: AbortSignal;
}

/** Errors after which it is certain that nothing has arrived. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** 4xx that are worth another try. */
const PASSING = new Set([408, 425, 429]);

const MAX_ANSWER_BYTES = 4096;

/** Nobody can hold a delivery longer than this by a Retry-After. */
const LONGEST_RETRY_AFTER_MS = 6 * 3_600_000;

/** Never rejects. A redirect is a refusal: secrets in an address must not follow it. */
export async function postJson(options: PostJsonOptions): Promise<SendOutcome> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  let response: Response;
  try {
    response = await fetch(options.url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...options.headers },
      body: JSON.stringify(options.body),
      redirect: 'manual',
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    });
  } catch (error) {
    const code = errorCode(error);
    return { kind: 'failed', answer: code, retryAfterMs: null, isUncertain: !NEVER_SENT.has(code) };
  }
  // The status is the answer, whatever becomes of the rest.
  await discard(response).catch(() => undefined);
  const answer = `HTTP ${response.status}`;
  if (response.ok) return { kind: 'delivered', answer };
  if (response.status < 500 && !PASSING.has(response.status)) return { kind: 'refused', answer };
  return {
    kind: 'failed',
    answer,
    retryAfterMs: retryAfterMs(
      response.headers.get('retry-after'),
      options.epochNow(),
      LONGEST_RETRY_AFTER_MS,
    ),
    isUncertain: false,
  };
}

/** Reads the body, so that the connection can be used again, unless it is long. */
async function discard(response: Response): Promise<void> {
  let sizeBytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) break;
  }
}

/** The code of what caused an error, such as `ECONNREFUSED`; `timeout` for one that took too long. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return 'timeout';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return error.cause === undefined ? error.name : errorCode(error.cause);
}
