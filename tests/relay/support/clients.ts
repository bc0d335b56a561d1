/** Pages and devices as the relay sees them. */
import { randomUUID } from 'node:crypto';
import type { AlertMessage, AlertPost } from '../../../src/contracts/alert.ts';
import type { DeliveryEntry } from '../../../src/contracts/relay.ts';
import { alertMessage, alertPost } from '../../fixtures/alert-post.ts';

/** An alert that began a minute ago. */
export function freshAlert(changes: Partial<AlertMessage> = {}): AlertMessage {
  return alertMessage({
    startsAt: new Date(Date.now() - 60_000).toISOString(),
    link: '',
    ...changes,
  });
}

export function freshPost(
  alerts: readonly AlertMessage[],
  changes: Partial<AlertPost> = {},
): AlertPost {
  return alertPost({ sentAt: new Date().toISOString(), alerts, ...changes });
}

export interface SendOptions {
  readonly key?: string;
  readonly token?: string;
}

/** As a page that the relay serves, or with a token. @throws TypeError where nobody answers */
export function sendAlerts(
  relayUrl: string,
  post: AlertPost,
  { key = randomUUID(), token }: SendOptions = {},
): Promise<Response> {
  return fetch(`${relayUrl}/v1/alerts`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
      ...(token === undefined ? { Origin: relayUrl } : { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(post),
  });
}

export async function readDeliveries(
  relayUrl: string,
  query = '',
): Promise<readonly DeliveryEntry[]> {
  const response = await fetch(`${relayUrl}/v1/deliveries?limit=1000${query}`, {
    headers: { 'Sec-Fetch-Site': 'same-origin' },
  });
  return ((await response.json()) as { deliveries: DeliveryEntry[] }).deliveries;
}
