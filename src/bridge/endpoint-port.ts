/** Tells the greeting of an endpoint from the other messages of the service worker. */
import type { EndpointHello } from '../contracts/endpoint.ts';

/** The port that came with it; null for any other message. */
export function endpointPort({ data, ports }: MessageEvent): MessagePort | null {
  const message: unknown = data;
  const isHello =
    typeof message === 'object' &&
    message !== null &&
    'kind' in message &&
    message.kind === ('endpoint' satisfies EndpointHello['kind']);
  return isHello ? (ports[0] ?? null) : null;
}
