/** Sends alerts that wait, while no page of the site is open to do it. */
import { ALERTS_LOCK } from '../contracts/outbox-sync.ts';
import { answerKind, deliveryLine, settlementOf } from '../core/alerts/delivery.ts';
import { LEASE_MS, OUTBOX_LIMITS, outboxExcess } from '../core/alerts/outbox.ts';
import { retryAfterMs, retryDelayMs } from '../core/alerts/retry-delay.ts';
import { getJson, postEntry, type Fetch, type RelayAddress } from '../monitor/relay-request.ts';
import type { AlertStore } from '../store/alert-port.ts';

export interface SendOutboxOptions {
  readonly open: () => Promise<Pick<AlertStore, 'lease' | 'outbox' | 'settle' | 'relay'>>;
  readonly locks: Pick<LockManager, 'request'>;
  readonly fetch: Fetch;
  /** Of the site, ending in `/`. */
  readonly siteUrl: string;
  readonly epochNow: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Alerts that are too old to be sent. */
  readonly onExpired: (alerts: number) => Promise<void>;
}

/** Rejects where something is left that the relay did not take: then the browser tries again later. */
export async function sendOutbox(options: SendOutboxOptions): Promise<void> {
  await options.locks.request(ALERTS_LOCK, { ifAvailable: true }, async (lock) => {
    // A page is open, and sends.
    if (lock !== null) await sendAll(options);
  });
}

async function sendAll(options: SendOutboxOptions): Promise<void> {
  const { open, fetch, siteUrl, epochNow, random, onExpired } = options;
  const store = await open();
  const choice = await store.relay();
  const relay = choice.ok ? choice.value : null;
  const address = { url: relay?.url ?? siteUrl, token: relay?.token ?? '' };
  await letGoOld(store, epochNow(), onExpired);
  // Whoever has set a relay wants it tried; of the site nobody knows whether it is one.
  if (relay?.url == null && !(await isRelay(fetch, address))) return;
  for (;;) {
    const nowMs = epochNow();
    // The browser says that there is a connection: what waits for one is due.
    const leased = await store.lease({ nowMs, untilMs: nowMs + LEASE_MS, dueBeforeMs: Infinity });
    if (!leased.ok) return;
    if (leased.value === null) return requireEmpty(store);
    const answer = await postEntry(fetch, address, leased.value);
    const answeredAtMs = epochNow();
    const waitMs =
      retryAfterMs(answer.retryAfter, answeredAtMs) ??
      retryDelayMs(leased.value.attempts + 1, random());
    const dueAtMs = answeredAtMs + waitMs;
    await store.settle(leased.value.id, settlementOf(leased.value, answer, dueAtMs, answeredAtMs));
    if (answerKind(answer.status) === 'retry') throw new Error('The relay did not take it.');
  }
}

/** The relay may have forgotten their keys, and would take them for new. */
async function letGoOld(
  store: Pick<AlertStore, 'outbox' | 'settle'>,
  nowMs: number,
  onExpired: SendOutboxOptions['onExpired'],
): Promise<void> {
  const found = await store.outbox();
  if (!found.ok) return;
  for (const entry of outboxExcess(found.value, OUTBOX_LIMITS, nowMs).expired) {
    const line = deliveryLine(entry, 'expired', nowMs);
    const gone = await store.settle(entry.id, { kind: 'gone', line });
    if (gone.ok && gone.value) await onExpired(entry.post.alerts.length);
  }
}

/** Rejects where there is no answer, or none yet. What waits for a site that is no relay is let go by the next page. */
async function isRelay(fetch: Fetch, address: RelayAddress): Promise<boolean> {
  const answer = await getJson(fetch, address, 'v1/destinations');
  if (answer === null || answerKind(answer.status) === 'retry') {
    throw new Error('The site does not answer.');
  }
  return answer.status === 200 && typeof answer.body['version'] === 'string';
}

/** A page that is gone had begun to send what is left: whether it arrived is not known before its lease ends. */
async function requireEmpty(store: Pick<AlertStore, 'outbox'>): Promise<void> {
  const left = await store.outbox();
  if (left.ok && left.value.length > 0) throw new Error('A page that is gone was sending.');
}
