/** Alerting of one page: puts its parts together, has one page of the site at a time lead, and is what others use. */
import type { AlertRule } from '../contracts/alert.ts';
import type {
  AlertRecord,
  OutboxEntry,
  RelayChoice,
  RelayState,
  Silence,
} from '../contracts/alert-record.ts';
import type { Result } from '../contracts/failure.ts';
import { ALERTS_LOCK } from '../contracts/outbox-sync.ts';
import type { DeliveryEntry } from '../contracts/relay.ts';
import { priorityOf, testMessage, toPosts, viewOf } from '../core/alerts/alert-message.ts';
import { backTest, type BackTest } from '../core/alerts/back-test.ts';
import { builtInRules, isAsItCame } from '../core/alerts/built-in-rules.ts';
import { deliveryLine } from '../core/alerts/delivery.ts';
import type { Objective } from '../core/metrics/dashboard-shape.ts';
import { telemetryDropped } from '../core/metrics/event-deltas.ts';
import { ResilientAlerts, type DiskAlerts } from '../store/resilient-alerts.ts';
import type { AlertAccess } from './alert-access.ts';
import { AlertNotifier, type NotificationState } from './alert-notifier.ts';
import { AlertSignal, type AlertChannel } from './alert-signal.ts';
import { AlertRows } from './alert-rows.ts';
import { AlertRunner, EVALUATE_EVERY_MS, rulesOf } from './alert-runner.ts';
import { RETENTION } from './janitor.ts';
import type { MonitorAccess } from './monitor-access.ts';
import { OutboxSender } from './outbox-sender.ts';
import type { LocksPort } from './page-presence.ts';
import { RelayLink } from './relay-link.ts';
import { sizeOf, type Fetch } from './relay-request.ts';

/** What alerting asks of the browser. */
export interface AlertingHost {
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Wall clock, in milliseconds since 1970. */
  epochNow(): number;
  /** Calls back once; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
  every(ms: number, callback: () => void): () => void;
  newId(): string;
  /** Calls back when the page is hidden or about to go. */
  onHidden(callback: () => void): void;
  /** Calls back when the browser thinks that there is a connection again. */
  onOnline(callback: () => void): void;
  /** Asks the browser to wake the service worker when there is a connection, where it offers that. */
  requestSync(): void;
}

export interface AlertingOptions {
  readonly monitor: Pick<MonitorAccess, 'store' | 'log'>;
  /** May reject. */
  readonly openDisk: (onClosed: () => void) => Promise<DiskAlerts>;
  readonly channel: AlertChannel | null;
  readonly locks: LocksPort | null;
  readonly host: AlertingHost;
  readonly fetch: Fetch;
  readonly objectives: () => readonly Objective[];
  /** Name of this browser in labels. */
  readonly instance: () => string;
  readonly pageUrl: string;
  readonly version: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BACK_TEST_MS = 7 * DAY_MS;
/** Several changes at once are one. */
const EVALUATE_AFTER_CHANGE_MS = 250;
const PRUNE_EVERY_MS = 600_000;
const KEPT = { maxAlerts: 1_000, maxDeliveries: 2_000, maxDeadLetters: 200 } as const;
const SILENCE_KEPT_MS = 7 * DAY_MS;

export class Alerting implements AlertAccess {
  readonly store: ResilientAlerts;
  readonly #options: AlertingOptions;
  readonly #changes: AlertSignal;
  readonly #rows: AlertRows;
  readonly #runner: AlertRunner;
  readonly #sender: OutboxSender;
  readonly #link: RelayLink;
  readonly #notifier: AlertNotifier;
  #isLeading = false;
  #isEvaluationDue = false;

  constructor(options: AlertingOptions) {
    this.#options = options;
    const { host, monitor, pageUrl, objectives } = options;
    const { log } = monitor;
    const epochNow = (): number => host.epochNow();
    const after: AlertingHost['after'] = (ms, callback) => host.after(ms, callback);
    const newId = (): string => host.newId();
    this.store = new ResilientAlerts({ open: options.openDisk, now: () => host.now() });
    this.#changes = new AlertSignal(options.channel);
    this.#rows = new AlertRows({ store: monitor.store, objectives });
    this.#notifier = new AlertNotifier({ pageUrl, epochNow });
    this.#link = new RelayLink({
      fetch: options.fetch,
      siteUrl: pageUrl,
      now: () => host.now(),
      onChange: () => this.#changes.mark(),
    });
    this.#sender = new OutboxSender({
      store: this.store,
      link: this.#link,
      epochNow,
      after,
      random: Math.random,
      log,
      onChange: this.#changes.mark,
      onDropped: (reason, alerts) => {
        log('warn', 'monitor', 'telemetry dropped', { signal: 'alert', reason, items: alerts });
        void monitor.store.add([telemetryDropped(epochNow(), 'alert', reason, alerts)]);
      },
      onUnreachable: () => host.requestSync(),
    });
    this.#runner = new AlertRunner({
      store: this.store,
      rows: this.#rows,
      objectives,
      instance: options.instance,
      pageUrl,
      version: options.version,
      epochNow,
      newId,
      log,
      mayQueue: () => mayDeliver(this.#link.state),
      mayRepeat: () => this.#mayRepeat(),
      onDecided: (announcements, queued) => this.#onDecided(announcements, queued),
    });
  }

  /** To be called once. Resolves when this page leads, which may be never. */
  async start(): Promise<void> {
    const { locks, host } = this.#options;
    this.#options.channel?.onNotified(() => {
      // The channel does not say what has changed; it may be that what was measured was deleted.
      this.#rows.forget();
      this.#onChanged();
    });
    host.onHidden(() => {
      if (this.#isLeading) this.#sender.flush();
    });
    host.onOnline(() => {
      if (this.#isLeading) this.#sender.onOnline();
    });
    const isLeader = await leads(locks, this.store.gone);
    if (!isLeader) return;
    this.#isLeading = true;
    void this.store.gone.then(() => (this.#isLeading = false));
    await this.#readRelay();
    host.every(EVALUATE_EVERY_MS, () => {
      if (this.#isLeading) void this.#runner.evaluate();
    });
    host.every(PRUNE_EVERY_MS, () => {
      if (this.#isLeading) void this.#prune();
    });
    await this.#prune();
    await this.#runner.evaluate();
    await this.#sender.wake();
  }

  async rules(): Promise<Result<readonly AlertRule[]>> {
    const book = await this.store.book();
    if (!book.ok) return book;
    return { ok: true, value: rulesOf(book.value.editedRules, this.#options.objectives()) };
  }

  saveRule(rule: AlertRule): Promise<Result<void>> {
    // Stored, a built-in rule would no longer follow the target of its objective.
    const isStored = !isAsItCame(rule, builtInRules(this.#options.objectives()));
    return isStored ? this.#changing(this.store.putRule(rule)) : this.deleteRule(rule.id);
  }

  deleteRule(id: string): Promise<Result<void>> {
    return this.#changing(this.store.deleteRule(id));
  }

  saveSilence(silence: Silence): Promise<Result<void>> {
    return this.#changing(this.store.putSilence(silence));
  }

  endSilence(id: string): Promise<Result<void>> {
    return this.#changing(this.store.deleteSilence(id));
  }

  async backTest(rule: AlertRule): Promise<Result<BackTest>> {
    const nowMs = this.#options.host.epochNow();
    const fromMs = nowMs - BACK_TEST_MS;
    const minutesFromMs = Math.ceil((nowMs - RETENTION.minuteHours * HOUR_MS) / HOUR_MS) * HOUR_MS;
    const source = await this.#rows.readPast(fromMs, minutesFromMs, nowMs);
    if (!source.ok) return source;
    return { ok: true, value: backTest(rule, source.value, { fromMs, toMs: nowMs }) };
  }

  async sendTest(): Promise<Result<boolean>> {
    const { host, version, pageUrl, instance } = this.#options;
    await this.#readRelay();
    if (!mayDeliver(await this.#link.check(true))) return { ok: true, value: false };
    const context = { pageUrl, version, nowMs: host.epochNow() };
    const [post] = toPosts([testMessage(instance(), context)], context);
    if (post === undefined) return { ok: true, value: false };
    const queued = await this.store.enqueue({
      id: host.newId(),
      priority: priorityOf(post),
      createdAtMs: context.nowMs,
      sizeBytes: sizeOf(post),
      post,
      attempts: 0,
      dueAtMs: context.nowMs,
      leasedUntilMs: 0,
    });
    this.#changes.mark();
    this.#onChanged();
    return queued.ok ? { ok: true, value: true } : queued;
  }

  retryDeadLetter(id: string): Promise<Result<boolean>> {
    return this.#changing(this.store.retryDeadLetter(id, this.#options.host.epochNow()));
  }

  async discardDeadLetter(id: string): Promise<Result<boolean>> {
    const letters = await this.store.deadLetters();
    if (!letters.ok) return letters;
    const letter = letters.value.find((known) => known.id === id);
    if (letter === undefined) return { ok: true, value: false };
    const nowMs = this.#options.host.epochNow();
    const line = deliveryLine(letter.entry, 'discarded', nowMs);
    return this.#changing(this.store.discardDeadLetter(id, line));
  }

  get relay(): RelayState {
    return this.#link.state;
  }

  async checkRelay(isForced = false): Promise<RelayState> {
    await this.#readRelay();
    return this.#link.check(isForced);
  }

  async useRelay(choice: RelayChoice): Promise<Result<void>> {
    const saved = await this.store.putRelay(choice);
    this.#link.use(choice);
    this.#changes.mark();
    this.#onChanged();
    return saved;
  }

  relayDeliveries(post: number): Promise<readonly DeliveryEntry[] | null> {
    return this.#link.deliveries(post);
  }

  get notifications(): NotificationState {
    return this.#notifier.state;
  }

  async askForNotifications(): Promise<NotificationState> {
    const state = await this.#notifier.askPermission();
    this.#changes.mark();
    return state;
  }

  viewOf(alert: AlertRecord): string {
    return viewOf(alert, this.#options.host.epochNow());
  }

  newId(): string {
    return this.#options.host.newId();
  }

  onChange(callback: () => void): () => void {
    return this.#changes.subscribe(callback);
  }

  #onDecided(announcements: readonly AlertRecord[], queued: readonly OutboxEntry[]): void {
    this.#notifier.show(announcements);
    this.#sender.onQueued(queued);
    this.#changes.mark();
  }

  /** This page or another has changed rules, silences, the relay, or what is in the outbox. */
  #onChanged(): void {
    if (!this.#isLeading) return;
    this.#evaluateSoon();
    void this.#readRelay().then(() => this.#sender.wake());
  }

  #evaluateSoon(): void {
    if (this.#isEvaluationDue) return;
    this.#isEvaluationDue = true;
    this.#options.host.after(EVALUATE_AFTER_CHANGE_MS, () => {
      this.#isEvaluationDue = false;
      void this.#runner.evaluate();
    });
  }

  /** Where nobody knows yet, or no more, the relay is asked, for the next evaluation. */
  #mayRepeat(): boolean {
    const { state } = this.#link;
    if (state.kind === 'unknown' || state.kind === 'unreachable') void this.#link.check();
    return state.kind === 'present' && state.sinks.includes('alertmanager');
  }

  async #readRelay(): Promise<void> {
    const choice = await this.store.relay();
    if (choice.ok && choice.value !== null) this.#link.use(choice.value);
  }

  async #prune(): Promise<void> {
    const nowMs = this.#options.host.epochNow();
    const given = { ...KEPT, silencesBeforeMs: nowMs - SILENCE_KEPT_MS };
    const pruned = await this.store.prune(given);
    if (!pruned.ok) return;
    const alerts = pruned.value.reduce((sum, { entry }) => sum + entry.post.alerts.length, 0);
    if (alerts === 0) return;
    const dropped = telemetryDropped(nowMs, 'alert', 'queue_overflow', alerts);
    void this.#options.monitor.store.add([dropped]);
  }

  async #changing<T>(work: Promise<Result<T>>): Promise<Result<T>> {
    const result = await work;
    this.#changes.mark();
    this.#onChanged();
    return result;
  }
}

/** Until somebody has asked, and while it cannot be reached, a relay may be there. */
function mayDeliver(relay: RelayState): boolean {
  if (relay.kind === 'present') return relay.sinks.length > 0;
  return relay.kind !== 'absent';
}

/**
 * Resolves to true once this page holds the lock, for as long as it lives or its store is not gone. Without locks every
 * page leads.
 */
function leads(locks: LocksPort | null, gone: Promise<void>): Promise<boolean> {
  if (locks === null) return Promise.resolve(true);
  return new Promise((resolve) => {
    locks
      .request(ALERTS_LOCK, {}, () => {
        resolve(true);
        return gone;
      })
      // Denied: a decision that another page has made is not made again.
      .catch(() => resolve(true));
  });
}
