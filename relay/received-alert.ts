/** An alert as the relay keeps it: by the relay's clock, and without links to other people's sites. */
import type { AlertMessage, AlertPost } from '../src/contracts/alert.ts';

/** A request is on its way for less than this, so only what is later than that tells a clock that is ahead. */
const TRAVEL_MS = 5_000;

/**
 * How far the sender's clock is ahead, in milliseconds, 0 where it does not show. A clock that is behind cannot be told
 * from a post that has waited, and harms nobody: an alert only seems to be older.
 */
export function clockSkewMs(post: AlertPost, receivedAtMs: number): number {
  let latestMs = Date.parse(post.sentAt);
  for (const { startsAt, endsAt } of post.alerts) {
    latestMs = Math.max(latestMs, Date.parse(endsAt ?? startsAt));
  }
  const aheadMs = latestMs - receivedAtMs;
  return aheadMs > TRAVEL_MS ? aheadMs : 0;
}

/**
 * With times that are not in the future: an end in the future would keep what has ended firing. `isKnownLink` says
 * whether a link leads to a place that the operator knows.
 */
export function receivedAlert(
  alert: AlertMessage,
  received: { readonly atMs: number; readonly skewMs: number },
  isKnownLink: (link: string) => boolean,
): AlertMessage {
  const link = isKnownLink(alert.link) ? alert.link : '';
  if (received.skewMs === 0 && !isAfter(alert, received.atMs)) {
    return link === alert.link ? alert : { ...alert, link };
  }
  const correct = (time: string): number =>
    Math.min(received.atMs, Date.parse(time) - received.skewMs);
  const startsAtMs = correct(alert.startsAt);
  const endsAtMs = alert.endsAt === null ? null : Math.max(startsAtMs, correct(alert.endsAt));
  return {
    ...alert,
    startsAt: new Date(startsAtMs).toISOString(),
    endsAt: endsAtMs === null ? null : new Date(endsAtMs).toISOString(),
    link,
  };
}

/** Whether any of its times is later than that, or it ends before it begins. */
function isAfter({ startsAt, endsAt }: AlertMessage, ms: number): boolean {
  const startsAtMs = Date.parse(startsAt);
  if (startsAtMs > ms) return true;
  const endsAtMs = endsAt === null ? startsAtMs : Date.parse(endsAt);
  return endsAtMs > ms || endsAtMs < startsAtMs;
}
