/** Cross-origin isolation where the host sends no headers: the service worker adds them to what it hands out. */

const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Statuses that must not have a body, not even an empty one (Fetch standard, "null body status"). */
const bodylessStatuses = new Set([101, 103, 204, 205, 304]);

/** The same response with the headers that isolate a page or a worker. Takes over the body of `response`. */
export function isolatedResponse(response: Response): Response {
  if (response.type === 'opaque' || response.type === 'error') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(isolationHeaders)) headers.set(name, value);
  return new Response(bodylessStatuses.has(response.status) ? null : response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}
