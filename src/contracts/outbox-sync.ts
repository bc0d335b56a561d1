/** What the page and the service worker agree on about sending alerts. */

/** Web Lock of whoever evaluates rules and sends alerts: one page at a time, or the service worker while there is none. */
export const ALERTS_LOCK = 'shellwright-alerts';

/** Tag of the Background Sync with which the browser wakes the service worker when there is a connection. */
export const OUTBOX_SYNC = 'shellwright-outbox';
