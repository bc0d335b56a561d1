/** Requests as an ExportTraceServiceRequest: the spans of src/core/trace, which hold no content. */
import type { RequestRecord } from '../../contracts/request-record.ts';
import { requestTrace, type RequestTrace, type Span } from '../trace/request-trace.ts';
import { keyValues, nanos, resourceOf, scopeOf, type OtlpSource } from './otlp-values.ts';

/** SPAN_KIND_INTERNAL, as the conventions have it for models that run in the same process. */
const INTERNAL = 1;
const STATUS_CODES = { unset: 0, ok: 1, error: 2 } as const;

/** @param records of requests that have ended */
export function otlpTraces(records: readonly RequestRecord[], source: OtlpSource): object {
  const spans = records.flatMap((record) => {
    const trace = requestTrace(record);
    return trace.spans.map((span) => spanOf(span, trace, record));
  });
  return {
    resourceSpans: [
      { resource: resourceOf(source), scopeSpans: [{ scope: scopeOf(source), spans }] },
    ],
  };
}

function spanOf(
  span: Span,
  { traceId, startEpochMs }: RequestTrace,
  record: RequestRecord,
): object {
  // When an orphaned one would have ended, nobody knows; that it has, was seen then.
  const endEpochMs =
    span.endMs === null ? (record.endedAtEpochMs ?? startEpochMs) : startEpochMs + span.endMs;
  return {
    traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: INTERNAL,
    startTimeUnixNano: nanos(startEpochMs + span.startMs),
    endTimeUnixNano: nanos(endEpochMs),
    attributes: keyValues(span.attributes),
    events: span.events.map(({ name, atMs, attributes }) => ({
      timeUnixNano: nanos(startEpochMs + atMs),
      name,
      attributes: keyValues(attributes),
    })),
    status: { code: STATUS_CODES[span.status] },
  };
}
