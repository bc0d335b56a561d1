/** An alert as the relay keeps it: by the relay's clock, and without links to other people's sites. */
import type { AlertMessage, AlertPost } from '../src/contracts/alert.ts';

/** A request is on its way for less than this, so only what is later than that tells a clock that is ahead. */
const TRAVEL_MS = 5_000;

/**
 * How far the sender's clock is ahead, in milliseconds, 0 where it does not show. A clock that is behind cannot be told
 * from a post that has waited, and harms nobody: an alert only seems to be older.
 */
export function clockSkewMs(post: AlertPost, receivedAtMs: number): number {
  const latestMs = Math.max(
    Date.parse(post.sentAt),
    ...post.alerts.flatMap(({ startsAt, endsAt }) => [
      Date.parse(startsAt),
      endsAt === null ? -Infinity : Date.parse(endsAt),
    ]),
  );
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
  const correct = (time: string): number =>
    Math.min(received.atMs, Date.parse(time) - received.skewMs);
  const startsAtMs = correct(alert.startsAt);
  const endsAtMs = alert.endsAt === null ? null : Math.max(startsAtMs, correct(alert.endsAt));
  return {
    ...alert,
    startsAt: new Date(startsAtMs).toISOString(),
    endsAt: endsAtMs === null ? null : new Date(endsAtMs).toISOString(),
    link: isKnownLink(alert.link) ? alert.link : '',
  };
}
