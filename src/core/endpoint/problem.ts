/** What the endpoints answer when they cannot do what was asked: problem details (RFC 9457), with a code for programs. */
import { FAILURES, type Failure, type FailureCode } from '../../contracts/failure.ts';

/** What can go wrong before a request gets to the model, or on the way back. */
const ENDPOINT_PROBLEMS = {
  'endpoint/no-tab': {
    status: 503,
    detail: 'No tab of this site is open, so that no model is there.',
  },
  'endpoint/tab-closed': { status: 503, detail: 'The tab that was writing the answer was closed.' },
  'endpoint/interrupted': {
    status: 503,
    detail: 'The tab that was writing the answer has given it up, such as for another model.',
  },
  'endpoint/too-slow': { status: 504, detail: 'There was no answer in time.' },
  'endpoint/too-large': { status: 413, detail: 'The body has more than 64 kB.' },
  'endpoint/invalid-json': { status: 400, detail: 'The body is no JSON in UTF-8.' },
  'endpoint/wrong-media-type': {
    status: 415,
    detail: 'The body must come with the content type application/json.',
  },
  'endpoint/wrong-method': { status: 405, detail: 'This address is not asked with that method.' },
  'endpoint/cancelled': { status: 499, detail: 'The request was cancelled.' },
} as const satisfies Record<string, { readonly status: number; readonly detail: string }>;

export type EndpointCode = keyof typeof ENDPOINT_PROBLEMS;

/** Of a failure that has no part in the request: nothing of it is known to the caller, but a later try may do. */
const STATUSES: Readonly<Partial<Record<FailureCode, number>>> = {
  'request/invalid-parameter': 400,
  'request/prompt-too-long': 400,
  'engine/inference-failed': 500,
  unknown: 500,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** Seconds after which asking again makes sense. */
const RETRY_AFTER_S = 5;

export interface Problem {
  readonly status: number;
  readonly code: EndpointCode | FailureCode;
  readonly detail: string;
  readonly field: string | null;
  /** null where asking again the same way leads to the same answer. */
  readonly retryAfterSeconds: number | null;
}

export function endpointProblem(code: EndpointCode, field: string | null = null): Problem {
  const { status, detail } = ENDPOINT_PROBLEMS[code];
  return { status, code, detail, field, retryAfterSeconds: retryAfter(status) };
}

/** Its message names the case, never content; unexpected failures say no more than that. */
export function failureProblem(cause: Failure): Problem {
  const { code, message, detail } = cause;
  const status = STATUSES[code] ?? 503;
  const named = detail?.['field'];
  const field =
    typeof named === 'string' ? named : code === 'request/prompt-too-long' ? 'prompt' : null;
  return {
    status,
    code,
    detail: code === 'unknown' ? FAILURES.unknown.summary : message,
    field,
    retryAfterSeconds: retryAfter(status),
  };
}

/** The body, as `application/problem+json`. */
export function problemBody(
  { status, code, detail, field }: Problem,
  requestId: string,
): Readonly<Record<string, string | number>> {
  return {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(field === null ? {} : { field }),
    request_id: requestId,
  };
}

function retryAfter(status: number): number | null {
  return status === 503 || status === 504 ? RETRY_AFTER_S : null;
}
