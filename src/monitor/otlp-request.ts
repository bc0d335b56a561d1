/** One request to an OTLP receiver, and what its answer says. */
import type { OtlpSignal } from '../contracts/otlp.ts';
import { otlpUrl } from './otlp-endpoint.ts';
import type { Fetch } from './relay-request.ts';

export interface OtlpAnswer {
  /** 0 where there was no answer: no connection, not in time, or one that may not be read. */
  readonly status: number;
  readonly retryAfter: string | null;
  /** Items that were not taken although the request was. */
  readonly rejected: number;
}

const TIMEOUT_MS = 15_000;
const REJECTED_FIELDS = {
  metrics: 'rejectedDataPoints',
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
} as const;

/** Never rejects. */
export async function postOtlp(
  fetch: Fetch,
  endpoint: string,
  signal: OtlpSignal,
  payload: object,
): Promise<OtlpAnswer> {
  try {
    const response = await fetch(otlpUrl(endpoint, signal), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(payload),
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return {
      status: response.status,
      retryAfter: response.headers.get('Retry-After'),
      rejected: response.ok ? rejectedOf(await response.text(), REJECTED_FIELDS[signal]) : 0,
    };
  } catch {
    // No connection, no answer in time, or one that may not be read.
    return { status: 0, retryAfter: null, rejected: 0 };
  }
}

/** Of `partialSuccess`; a 64-bit integer, so it may be a string. */
function rejectedOf(body: string, field: string): number {
  try {
    const { partialSuccess } = JSON.parse(body) as { partialSuccess?: Record<string, unknown> };
    const count = Number(partialSuccess?.[field] ?? 0);
    return Number.isFinite(count) && count > 0 ? count : 0;
  } catch {
    // Nothing, or no JSON: it was taken.
    return 0;
  }
}

export interface OtlpTest {
  /** null where the receiver took all of them. */
  readonly failedSignal: OtlpSignal | null;
  /** HTTP status of its answer, or of the last; 0 for none. */
  readonly status: number;
}

const EMPTY_REQUESTS = {
  metrics: { resourceMetrics: [] },
  traces: { resourceSpans: [] },
  logs: { resourceLogs: [] },
} as const satisfies Record<OtlpSignal, object>;

/** Whether a receiver takes these signals, each by a request without a single item. Ends at the first that it does not. */
export async function testOtlp(
  fetch: Fetch,
  endpoint: string,
  signals: readonly OtlpSignal[],
): Promise<OtlpTest> {
  let status = 0;
  for (const signal of signals) {
    ({ status } = await postOtlp(fetch, endpoint, signal, EMPTY_REQUESTS[signal]));
    if (status < 200 || status >= 300) return { failedSignal: signal, status };
  }
  return { failedSignal: null, status };
}
