/** Alerts as the relay takes them: what, how much, since when, where to look. */
import type { AlertLabels, AlertMessage, AlertPost, Severity } from '../../contracts/alert.ts';
import type { AlertRecord, OutboxPriority } from '../../contracts/alert-record.ts';
import type { TimeRange } from '../metrics/dashboard-shape.ts';
import { fingerprintOf } from './fingerprint.ts';

/** More are told in several posts: the relay takes no more at once. */
export const MOST_PER_POST = 32;

const LEAST_SHOWN_MS = 15 * 60_000;
const MARGIN_MS = 5 * 60_000;

export interface PostContext {
  /** Address of the page without its fragment. */
  readonly pageUrl: string;
  readonly version: string;
  readonly nowMs: number;
}

/** What there is to see of an alert: its window before it began, to a little after its end. */
export function shownRange(alert: AlertRecord, nowMs: number): TimeRange {
  return {
    fromMs: alert.startsAtMs - Math.max(alert.windowMs, LEAST_SHOWN_MS),
    toMs: Math.min(nowMs, (alert.endsAtMs ?? nowMs) + MARGIN_MS),
  };
}

/** The exact view and time, to put behind the address of the page. */
export function viewOf(alert: AlertRecord, nowMs: number): string {
  const { fromMs, toMs } = shownRange(alert, nowMs);
  return `#/monitor?from=${fromMs}&to=${toMs}`;
}

export function toMessage(alert: AlertRecord, { pageUrl, nowMs }: PostContext): AlertMessage {
  return {
    fingerprint: alert.fingerprint,
    ruleId: alert.ruleId,
    state: alert.state,
    labels: alert.labels,
    summary: alert.summary,
    value: alert.value,
    threshold: alert.threshold,
    unit: alert.unit,
    windowSeconds: alert.windowMs / 1000,
    n: alert.n,
    startsAt: new Date(alert.startsAtMs).toISOString(),
    endsAt: alert.endsAtMs === null ? null : new Date(alert.endsAtMs).toISOString(),
    link: pageUrl + viewOf(alert, nowMs),
    runbook: alert.runbook,
  };
}

/** To find out whether alerts arrive. */
export function testMessage(instance: string, { pageUrl, nowMs }: PostContext): AlertMessage {
  const labels: AlertLabels = { alertname: 'Test alert', severity: 'info', rule: 'test', instance };
  return {
    fingerprint: fingerprintOf(labels),
    ruleId: 'test',
    state: 'test',
    labels,
    summary: 'Somebody tests whether alerts arrive. There is nothing to do.',
    value: null,
    threshold: 0,
    unit: 'events',
    windowSeconds: 0,
    n: 0,
    startsAt: new Date(nowMs).toISOString(),
    endsAt: null,
    link: `${pageUrl}#/alerts`,
    runbook: '',
  };
}

/** As many posts as it takes. */
export function toPosts(
  messages: readonly AlertMessage[],
  { version, nowMs }: PostContext,
): readonly AlertPost[] {
  const posts: AlertPost[] = [];
  for (let first = 0; first < messages.length; first += MOST_PER_POST) {
    posts.push({
      schemaVersion: 1,
      route: 'default',
      sentAt: new Date(nowMs).toISOString(),
      app: { name: 'shellwright', version },
      alerts: messages.slice(first, first + MOST_PER_POST),
    });
  }
  return posts;
}

const PRIORITIES: Readonly<Record<Severity, OutboxPriority>> = { critical: 3, warning: 2, info: 1 };

/** Of the most severe alert; a test is below all. */
export function priorityOf({ alerts }: AlertPost): OutboxPriority {
  return alerts.reduce<OutboxPriority>((highest, { state, labels }) => {
    const own = state === 'test' ? 0 : PRIORITIES[labels.severity];
    return own > highest ? own : highest;
  }, 0);
}
