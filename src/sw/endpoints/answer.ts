/** What every endpoint answers with, and the headers that all answers have. */
import type { EndpointCode, Problem } from '../../core/endpoint/problem.ts';
import { problemBody } from '../../core/endpoint/problem.ts';
import type { FailureCode } from '../../contracts/failure.ts';

/** How a request has ended, for its log line. */
export interface Ending {
  readonly status: number;
  readonly code: EndpointCode | FailureCode | null;
}

export interface Answer {
  readonly status: number;
  readonly body: string | ReadableStream<Uint8Array> | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The id of the generation, where there is one. */
  readonly requestId?: string;
  readonly code?: EndpointCode | FailureCode;
  /** Phases in milliseconds. */
  readonly timings?: readonly (readonly [name: string, ms: number])[];
  /** Of a stream: resolves when it has ended. */
  readonly ended?: Promise<Ending>;
}

export function jsonAnswer(status: number, body: unknown, more: Partial<Answer> = {}): Answer {
  return {
    status,
    body: `${JSON.stringify(body)}\n`,
    ...more,
    headers: { 'Content-Type': 'application/json', ...more.headers },
  };
}

export function problemAnswer(
  problem: Problem,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const { status, code, retryAfterSeconds } = problem;
  return jsonAnswer(status, problemBody(problem, requestId), {
    code,
    requestId,
    headers: {
      ...headers,
      'Content-Type': 'application/problem+json',
      ...(retryAfterSeconds === null ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    },
  });
}

/** @param withBody false for an answer to HEAD */
export function toResponse(
  answer: Answer,
  requestId: string,
  totalMs: number,
  withBody: boolean,
): Response {
  const timings = [...(answer.timings ?? []), ['total', totalMs] as const];
  return new Response(withBody ? bodyOf(answer) : null, {
    status: answer.status,
    headers: {
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Request-Id': requestId,
      'Server-Timing': timings.map(([name, ms]) => `${name};dur=${ms.toFixed(1)}`).join(', '),
      ...answer.headers,
    },
  });
}

/** A text goes as a stream too: Chromium would hand it over as a blob, which the page reads by way of the main process. */
function bodyOf({ body }: Answer): ReadableStream<Uint8Array> | null {
  if (typeof body !== 'string') return body;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body));
      controller.close();
    },
  });
}
