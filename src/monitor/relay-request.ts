/** One request to the relay, and what its answer says; for the page and for the service worker. */
import type { DeliveryLine, OutboxEntry } from '../contracts/alert-record.ts';
import type { SinkName } from '../contracts/relay.ts';
import type { RelayAnswer } from '../core/alerts/delivery.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface RelayAddress {
  /** Absolute, ending in `/`. */
  readonly url: string;
  /** Empty for none. */
  readonly token: string;
}

const TIMEOUT_MS = 15_000;
/** All bodies of requests that may outlive the page, together (Fetch standard). */
export const MAX_KEEPALIVE_BYTES = 60_000;

const NO_ANSWER: RelayAnswer = { status: 0, retryAfter: null, receipt: null, code: '' };

/** Never rejects. */
export async function postEntry(
  fetch: Fetch,
  address: RelayAddress,
  entry: OutboxEntry,
): Promise<RelayAnswer> {
  const answer = await postJson(fetch, address, 'v1/alerts', JSON.stringify(entry.post), {
    'Idempotency-Key': entry.id,
  });
  if (answer === null) return NO_ANSWER;
  const { status, retryAfter, body } = answer;
  const receipt = status >= 200 && status < 300 ? receiptOf(body) : null;
  return { status, retryAfter, receipt, code: textOf(body['code']) };
}

/** Posts JSON; null where there is no answer. Never rejects. */
export async function postJson(
  fetch: Fetch,
  { url, token }: RelayAddress,
  path: string,
  json: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Record<string, unknown>;
} | null> {
  try {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers, ...authorization(token) },
      body: json,
      // So that it arrives even if the page ends meanwhile.
      keepalive: byteLength(json) <= MAX_KEEPALIVE_BYTES,
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { status, headers: answered } = response;
    return { status, retryAfter: answered.get('Retry-After'), body: await bodyOf(response) };
  } catch {
    // No connection, no answer in time, or one that may not be read.
    return null;
  }
}

/** Reads JSON; null where there is no answer. Never rejects. */
export async function getJson(
  fetch: Fetch,
  { url, token }: RelayAddress,
  path: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> } | null> {
  try {
    const response = await fetch(url + path, {
      headers: { Accept: 'application/json', ...authorization(token) },
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, body: await bodyOf(response) };
  } catch {
    // No connection, no answer in time, or one that may not be read.
    return null;
  }
}

/** In UTF-8, as it is sent. */
export function sizeOf(post: OutboxEntry['post']): number {
  return byteLength(JSON.stringify(post));
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function authorization(token: string): Record<string, string> {
  return token === '' ? {} : { Authorization: `Bearer ${token}` };
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    // No JSON, as another server answers.
    return {};
  }
}

function receiptOf({ post, sinks }: Record<string, unknown>): DeliveryLine['receipt'] {
  if (typeof post !== 'number' || !Array.isArray(sinks)) return null;
  return { post, sinks: sinks.filter(isSink) };
}

export function isSink(value: unknown): value is SinkName {
  return value === 'slack' || value === 'email' || value === 'alertmanager';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 100) : '';
}
