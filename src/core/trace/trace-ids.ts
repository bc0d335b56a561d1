/** Ids of a trace and its spans, made from the request's id, so that whoever has the one has the others. */

/** @param requestId a UUID. @returns 32 hexadecimal digits (W3C Trace Context, trace-id) */
export function traceIdOf(requestId: string): string {
  return requestId.replaceAll('-', '').toLowerCase();
}

/**
 * @param position 0 is the root; the phases of one request have each their own, below 256
 * @returns 16 hexadecimal digits (W3C Trace Context, parent-id), different for each position of a trace
 */
export function spanIdOf(traceId: string, position: number): string {
  const last = Number.parseInt(traceId.slice(14, 16), 16) ^ position;
  return traceId.slice(0, 14) + last.toString(16).padStart(2, '0');
}
