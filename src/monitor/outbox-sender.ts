/**
 * Takes posts out of the outbox to the relay, one after the other, by one page of the site at a time. An entry leaves the
 * outbox when the relay has it, when it never will, or when it is too old; each of these is written down.
 */
import type { DeliveryResult, OutboxEntry } from '../contracts/alert-record.ts';
import { answerKind, deliveryLine, settlementOf } from '../core/alerts/delivery.ts';
import {
  isDue,
  isLeased,
  LEASE_MS,
  nextSendAtMs,
  OUTBOX_LIMITS,
  outboxExcess,
  type OutboxLimits,
  withoutFollowers,
} from '../core/alerts/outbox.ts';
import {
  isStillToCome,
  MAX_DELAY_MS,
  MAX_RETRY_AFTER_MS,
  retryAfterMs,
  retryDelayMs,
} from '../core/alerts/retry-delay.ts';
import type { DropReason } from '../core/metrics/metric-labels.ts';
import type { AlertStore } from '../store/alert-port.ts';
import type { Log } from './monitor-access.ts';
import type { RelayLink } from './relay-link.ts';
import { MAX_KEEPALIVE_BYTES } from './relay-request.ts';

export interface OutboxSenderOptions {
  readonly store: Pick<AlertStore, 'outbox' | 'lease' | 'settle'>;
  readonly link: Pick<RelayLink, 'check' | 'post'>;
  readonly epochNow: () => number;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Something in the outbox or the delivery log has changed. */
  readonly onChange: () => void;
  /** Alerts that nobody was told of. */
  readonly onDropped: (reason: DropReason, alerts: number) => void;
  /** The relay could not be reached: asks the browser to send when it can, even if no page is open then. */
  readonly onUnreachable: () => void;
  readonly limits?: OutboxLimits;
}

/** A relay that is away, and a disk that does not answer, are asked again. */
const LOOK_AGAIN_MS = 60_000;

const DROP_REASONS = {
  expired: 'expired',
  overflowed: 'queue_overflow',
} as const satisfies Partial<Record<DeliveryResult, DropReason>>;

export class OutboxSender {
  readonly #options: OutboxSenderOptions;
  /** What is known to be in the outbox, for when there is no time left to read it. */
  #known: readonly OutboxEntry[] = [];
  readonly #sending = new Set<string>();
  #failures = 0;
  /** After a failure; a connection that is back ends it. */
  #backoffUntilMs = 0;
  /** What the relay has asked for. */
  #asksUntilMs = 0;
  #hurries = false;
  #isRunning = false;
  #isAskedFor = false;
  #callOff: (() => void) | null = null;

  constructor(options: OutboxSenderOptions) {
    this.#options = options;
  }

  /** There may be something to send. Never rejects; resolves when there is nothing more to do for now. */
  async wake(): Promise<void> {
    this.#isAskedFor = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#callOff?.();
    this.#callOff = null;
    try {
      while (this.#isAskedFor) {
        this.#isAskedFor = false;
        this.#wakeAt(await this.#drain());
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** The connection is back: what waits because it was away need not wait longer. */
  onOnline(): void {
    this.#backoffUntilMs = 0;
    this.#hurries = true;
    void this.wake();
  }

  /** Told by whoever wrote it, so that a page that is about to go knows of it. */
  onQueued(entries: readonly OutboxEntry[]): void {
    if (entries.length === 0) return;
    this.#known = [...this.#known, ...entries];
    void this.wake();
  }

  /** The page may be about to go: sends what it can without waiting for anything. */
  flush(): void {
    const nowMs = this.#options.epochNow();
    if (nowMs < this.#pausedUntilMs(nowMs)) return;
    let bytes = this.#known
      .filter(({ id }) => this.#sending.has(id))
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const heads = withoutFollowers(this.#known);
    const sent: Promise<void>[] = [];
    for (const entry of heads) {
      if (this.#sending.has(entry.id) || isLeased(entry, nowMs) || !isDue(entry, nowMs)) continue;
      bytes += entry.sizeBytes;
      if (bytes > MAX_KEEPALIVE_BYTES) break;
      sent.push(this.#send(entry));
    }
    // What is about the same alerts follows, if the page is still there.
    if (heads.length < this.#known.length && sent.length > 0) {
      void Promise.all(sent).then(() => this.wake());
    }
  }

  /** Returns when to look again, by the wall clock; null for when somebody wakes it. */
  async #drain(): Promise<number | null> {
    const { store, link, epochNow } = this.#options;
    const hurries = this.#hurries;
    this.#hurries = false;
    for (;;) {
      const found = await store.outbox();
      const nowMs = epochNow();
      if (!found.ok) return nowMs + LOOK_AGAIN_MS;
      this.#known = await this.#trimmed(found.value, nowMs);
      if (this.#known.length === 0) return null;
      const pausedUntilMs = this.#pausedUntilMs(nowMs);
      if (nowMs < pausedUntilMs) return pausedUntilMs;
      const relay = await link.check();
      if (relay.kind === 'absent' || (relay.kind === 'present' && relay.sinks.length === 0)) {
        await this.#letGo(this.#known, 'no-relay');
        return null;
      }
      const leased = await store.lease({
        nowMs,
        untilMs: nowMs + LEASE_MS,
        dueBeforeMs: hurries ? Infinity : nowMs,
      });
      if (!leased.ok) return nowMs + LOOK_AGAIN_MS;
      if (leased.value === null) return nextSendAtMs(this.#known, nowMs);
      if (this.#sending.has(leased.value.id)) return nowMs + LEASE_MS;
      await this.#send(leased.value);
    }
  }

  async #send(entry: OutboxEntry): Promise<void> {
    const { store, link, epochNow, random, log, onChange, onUnreachable } = this.#options;
    this.#sending.add(entry.id);
    try {
      const answer = await link.post(entry);
      const nowMs = epochNow();
      const kind = answerKind(answer.status);
      let dueAtMs = nowMs;
      if (kind === 'retry') {
        this.#failures += 1;
        const asksMs = retryAfterMs(answer.retryAfter, nowMs);
        if (asksMs !== null) this.#asksUntilMs = nowMs + asksMs;
        this.#backoffUntilMs = nowMs + retryDelayMs(this.#failures, random());
        dueAtMs = Math.max(this.#asksUntilMs, this.#backoffUntilMs);
        if (answer.status === 0) onUnreachable();
      } else {
        this.#failures = 0;
        this.#backoffUntilMs = 0;
      }
      const settlement = settlementOf(entry, answer, dueAtMs, nowMs);
      await store.settle(entry.id, settlement);
      this.#known = this.#known.filter(({ id }) => id !== entry.id);
      log(kind === 'accepted' ? 'info' : 'warn', 'alerts', 'alerts sent', {
        result: settlement.line.result,
        status: answer.status,
        alerts: entry.post.alerts.length,
        attempt: settlement.line.attempt,
      });
      onChange();
    } finally {
      this.#sending.delete(entry.id);
    }
  }

  /** Without what is too old or too much, which is let go. */
  async #trimmed(entries: readonly OutboxEntry[], nowMs: number): Promise<readonly OutboxEntry[]> {
    const limits = this.#options.limits ?? OUTBOX_LIMITS;
    const { expired, overflowed } = outboxExcess(entries, limits, nowMs);
    if (expired.length + overflowed.length === 0) return entries;
    await this.#letGo(expired, 'expired');
    await this.#letGo(overflowed, 'overflowed');
    const gone = new Set([...expired, ...overflowed].map(({ id }) => id));
    return entries.filter(({ id }) => !gone.has(id));
  }

  async #letGo(
    entries: readonly OutboxEntry[],
    result: 'expired' | 'overflowed' | 'no-relay',
  ): Promise<void> {
    const { store, epochNow, onChange, onDropped } = this.#options;
    for (const entry of entries) {
      const line = deliveryLine(entry, result, epochNow());
      const settled = await store.settle(entry.id, { kind: 'gone', line });
      // Without a relay nothing was to be sent: the page has it, and that is all there is.
      if (!settled.ok || !settled.value || result === 'no-relay') continue;
      onDropped(DROP_REASONS[result], entry.post.alerts.length);
    }
    if (entries.length > 0) onChange();
    if (result === 'no-relay') this.#known = [];
  }

  /** Nothing is sent before, by the wall clock; 0 for no pause. */
  #pausedUntilMs(nowMs: number): number {
    const pauses = [
      [this.#backoffUntilMs, MAX_DELAY_MS],
      [this.#asksUntilMs, MAX_RETRY_AFTER_MS],
    ] as const;
    return pauses.reduce(
      (latest, [untilMs, longestMs]) =>
        isStillToCome(untilMs, nowMs, longestMs) ? Math.max(latest, untilMs) : latest,
      0,
    );
  }

  #wakeAt(atMs: number | null): void {
    this.#callOff?.();
    this.#callOff = null;
    if (atMs === null) return;
    const { after, epochNow } = this.#options;
    // The times that it waits for are the wall clock's, which may be set meanwhile.
    const waitMs = Math.min(LOOK_AGAIN_MS, Math.max(50, atMs - epochNow()));
    this.#callOff = after(waitMs, () => void this.wake());
  }
}
