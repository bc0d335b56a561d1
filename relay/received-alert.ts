/** An alert as the relay keeps it: by the relay's clock, and without links to other people's sites. */
import type { AlertMessage, AlertPost } from '../src/contracts/alert.ts';

/** A request is on its way for less than this, so only what is later than that tells a clock that is ahead. */
const TRAVEL_MS = 5_000;

export interface ReceivedAlerts {
  /** How far the sender's clock is ahead, in milliseconds, 0 where it does not show. */
  readonly skewMs: number;
  readonly alerts: readonly AlertMessage[];
  /** Whether nothing had to be corrected: then `alerts` are those of the post themselves. */
  readonly areAsGiven: boolean;
}

/**
 * With times that are not in the future: an end in the future would keep what has ended firing. `isKnownLink` says
 * whether a link leads to a place that the operator knows.
 *
 * A clock that is behind cannot be told from a post that has waited, and harms nobody: an alert only seems to be older.
 */
export function receivedAlerts(
  post: AlertPost,
  atMs: number,
  isKnownLink: (link: string) => boolean,
): ReceivedAlerts {
  let latestMs = Date.parse(post.sentAt);
  let areInOrder = true;
  let areLinksKnown = true;
  for (const { startsAt, endsAt, link } of post.alerts) {
    const startsAtMs = Date.parse(startsAt);
    const endsAtMs = endsAt === null ? startsAtMs : Date.parse(endsAt);
    latestMs = Math.max(latestMs, endsAtMs);
    if (startsAtMs > atMs || endsAtMs > atMs || endsAtMs < startsAtMs) areInOrder = false;
    if (link !== '' && !isKnownLink(link)) areLinksKnown = false;
  }
  const aheadMs = latestMs - atMs;
  const skewMs = aheadMs > TRAVEL_MS ? aheadMs : 0;
  if (skewMs === 0 && areInOrder && areLinksKnown) {
    return { skewMs, alerts: post.alerts, areAsGiven: true };
  }
  const alerts = post.alerts.map((alert) => corrected(alert, atMs, skewMs, isKnownLink));
  return { skewMs, alerts, areAsGiven: false };
}

function corrected(
  alert: AlertMessage,
  atMs: number,
  skewMs: number,
  isKnownLink: (link: string) => boolean,
): AlertMessage {
  // What is later than it arrived, though by less than tells a clock that is ahead, began just now.
  const correct = (time: string): number => Math.min(atMs, Date.parse(time) - skewMs);
  const startsAtMs = correct(alert.startsAt);
  const endsAtMs = alert.endsAt === null ? null : Math.max(startsAtMs, correct(alert.endsAt));
  return {
    ...alert,
    startsAt: new Date(startsAtMs).toISOString(),
    endsAt: endsAtMs === null ? null : new Date(endsAtMs).toISOString(),
    link: isKnownLink(alert.link) ? alert.link : '',
  };
}
