/** What the Alerts page shows and does: what fires, the rules, silences, and what became of every post to the relay. */
import type { AlertRule } from '../contracts/alert.ts';
import type {
  AlertRecord,
  DeadLetter,
  DeliveryLine,
  RelayChoice,
  RelayState,
  RuleStatus,
  Silence,
  SilenceMatcher,
} from '../contracts/alert-record.ts';
import type { Failure, Result } from '../contracts/failure.ts';
import type { DeliveryEntry } from '../contracts/relay.ts';
import type { BackTest } from '../core/alerts/back-test.ts';
import { matchersFor, parseSilence } from '../core/alerts/silences.ts';
import type { AlertAccess } from '../monitor/alert-access.ts';
import type { NotificationState } from '../monitor/alert-notifier.ts';
import type { BrowserHost } from './browser-host.ts';
import { withFiring, worstFirst } from './recent-alerts.svelte.ts';

export interface AlertCenterOptions {
  readonly access: AlertAccess;
  readonly host: Pick<BrowserHost, 'epochNow' | 'every'>;
}

export interface RuleRow {
  readonly rule: AlertRule;
  /** null before its first evaluation, and while it is switched off. */
  readonly status: RuleStatus | null;
}

/** A rule whose condition holds, but not for long enough yet. */
export interface PendingRule {
  readonly rule: AlertRule;
  readonly status: RuleStatus;
}

/** What waits in the outbox. */
export interface Waiting {
  readonly posts: number;
  readonly alerts: number;
  /** When the oldest was put there; null for an empty outbox. */
  readonly sinceMs: number | null;
  /** When the relay is asked the next time; null where it is being asked. */
  readonly dueAtMs: number | null;
}

interface Shown {
  readonly rules: readonly RuleRow[];
  readonly alerts: readonly AlertRecord[];
  readonly silences: readonly Silence[];
  readonly waiting: Waiting;
  readonly deadLetters: readonly DeadLetter[];
  readonly deliveries: readonly DeliveryLine[];
  readonly hasMoreAlerts: boolean;
  readonly hasMoreDeliveries: boolean;
  readonly relayChoice: RelayChoice;
}

const NO_RELAY_CHOSEN: RelayChoice = { url: null, token: '' };
/** Of alerts and deliveries: reading all of them every few seconds would be felt. */
const READ_AT_FIRST = 200;
/** Ages go on, and rules are evaluated without telling of it where nothing changes. */
const LOOK_EVERY_MS = 15_000;

export class AlertCenter {
  readonly #options: AlertCenterOptions;
  #shown = $state.raw<Shown | null>(null);
  #failure = $state.raw<Failure | null>(null);
  #nowMs = $state(0);
  #isPersistent = $state(true);
  #relay = $state.raw<RelayState>({ kind: 'unknown' });
  #notifications = $state.raw<NotificationState>('default');
  #loading: Promise<void> | null = null;
  #isStale = false;
  #most = READ_AT_FIRST;

  constructor(options: AlertCenterOptions) {
    this.#options = options;
    this.#nowMs = options.host.epochNow();
  }

  get isLoaded(): boolean {
    return this.#shown !== null;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  /** Wall clock at the last look. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get isPersistent(): boolean {
    return this.#isPersistent;
  }

  /** Worst first, then newest. */
  get firing(): readonly AlertRecord[] {
    return worstFirst((this.#shown?.alerts ?? []).filter(({ state }) => state === 'firing'));
  }

  get pending(): readonly PendingRule[] {
    return this.rules.flatMap(({ rule, status }) =>
      status?.state === 'pending' ? [{ rule, status }] : [],
    );
  }

  /** Newest first. */
  get past(): readonly AlertRecord[] {
    return (this.#shown?.alerts ?? []).filter(({ state }) => state !== 'firing');
  }

  get rules(): readonly RuleRow[] {
    return this.#shown?.rules ?? [];
  }

  /** Those that are not over, the one that ends first in front. */
  get silences(): readonly Silence[] {
    return (this.#shown?.silences ?? [])
      .filter(({ untilMs }) => untilMs > this.#nowMs)
      .sort((a, b) => a.untilMs - b.untilMs);
  }

  get waiting(): Waiting {
    return this.#shown?.waiting ?? { posts: 0, alerts: 0, sinceMs: null, dueAtMs: null };
  }

  /** Newest first. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#shown?.deadLetters ?? [];
  }

  /** Newest first. */
  get deliveries(): readonly DeliveryLine[] {
    return this.#shown?.deliveries ?? [];
  }

  /** Whether there may be older ones than `past` has; `readAll` tells. */
  get hasMoreAlerts(): boolean {
    return this.#shown?.hasMoreAlerts ?? false;
  }

  get hasMoreDeliveries(): boolean {
    return this.#shown?.hasMoreDeliveries ?? false;
  }

  get relay(): RelayState {
    return this.#relay;
  }

  get relayChoice(): RelayChoice {
    return this.#shown?.relayChoice ?? NO_RELAY_CHOSEN;
  }

  get notifications(): NotificationState {
    return this.#notifications;
  }

  /** Begins to look; returns how to end that. */
  start(): () => void {
    const { access, host } = this.#options;
    const stop = access.onChange(() => void this.load());
    const stopTimer = host.every(LOOK_EVERY_MS, () => void this.load());
    void this.load();
    void access.checkRelay().then((relay) => (this.#relay = relay));
    return () => {
      stop();
      stopTimer();
    };
  }

  /** Resolves when nothing that is shown is older than the call. Never rejects. */
  load(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#loadWhileStale().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /** From now on, all that is kept is read and not only the newest. */
  readAll(): Promise<void> {
    this.#most = Infinity;
    return this.load();
  }

  ruleName(ruleId: string): string {
    return this.rules.find(({ rule }) => rule.id === ruleId)?.rule.name ?? ruleId;
  }

  viewOf(alert: AlertRecord): string {
    return this.#options.access.viewOf(alert);
  }

  /** Fails with `request/invalid-parameter` where it is no silence. */
  async silence(
    matchers: readonly SilenceMatcher[],
    untilMs: number,
    author = '',
    comment = '',
  ): Promise<Result<void>> {
    const { access, host } = this.#options;
    const nowMs = host.epochNow();
    const silence = parseSilence(
      { id: access.newId(), matchers, createdAtMs: nowMs, untilMs, author, comment },
      nowMs,
    );
    return silence.ok ? this.#doing(access.saveSilence(silence.value)) : silence;
  }

  silenceAlert({ labels }: AlertRecord, untilMs: number): Promise<Result<void>> {
    return this.silence(matchersFor(labels), untilMs);
  }

  endSilence(id: string): Promise<Result<void>> {
    return this.#doing(this.#options.access.endSilence(id));
  }

  saveRule(rule: AlertRule): Promise<Result<void>> {
    return this.#doing(this.#options.access.saveRule(rule));
  }

  /** An added rule is deleted; a built-in one is as it came. */
  deleteRule(id: string): Promise<Result<void>> {
    return this.#doing(this.#options.access.deleteRule(id));
  }

  backTest(rule: AlertRule): Promise<Result<BackTest>> {
    return this.#options.access.backTest(rule);
  }

  /** Resolves to false where there is no relay that would pass it on. */
  async sendTest(): Promise<Result<boolean>> {
    const sent = await this.#doing(this.#options.access.sendTest());
    this.#relay = this.#options.access.relay;
    return sent;
  }

  retry(letterId: string): Promise<Result<boolean>> {
    return this.#doing(this.#options.access.retryDeadLetter(letterId));
  }

  discard(letterId: string): Promise<Result<boolean>> {
    return this.#doing(this.#options.access.discardDeadLetter(letterId));
  }

  async useRelay(choice: RelayChoice): Promise<Result<void>> {
    const saved = await this.#doing(this.#options.access.useRelay(choice));
    await this.checkRelay();
    return saved;
  }

  async checkRelay(): Promise<void> {
    this.#relay = await this.#options.access.checkRelay(true);
  }

  /** What each destination said to a post; null where the relay does not tell. */
  deliveriesOf(post: number): Promise<readonly DeliveryEntry[] | null> {
    return this.#options.access.relayDeliveries(post);
  }

  async askForNotifications(): Promise<void> {
    this.#notifications = await this.#options.access.askForNotifications();
  }

  newRuleId(): string {
    return `rule-${this.#options.access.newId().slice(0, 8)}`;
  }

  async #loadWhileStale(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      await this.#load();
    }
  }

  async #load(): Promise<void> {
    const { access, host } = this.#options;
    const { store } = access;
    const [rules, book, alerts, outbox, letters, deliveries, choice] = await Promise.all([
      access.rules(),
      store.book(),
      store.alerts(this.#most),
      store.outbox(),
      store.deadLetters(),
      store.deliveries(this.#most),
      store.relay(),
    ]);
    this.#nowMs = host.epochNow();
    this.#relay = access.relay;
    this.#notifications = access.notifications;
    this.#isPersistent = store.isPersistent;
    const failed = [rules, book, alerts, outbox, letters, deliveries, choice].find(({ ok }) => !ok);
    if (failed?.ok === false) this.#failure = failed.failure;
    if (!rules.ok || !book.ok || !alerts.ok || !outbox.ok) return;
    if (!letters.ok || !deliveries.ok || !choice.ok) return;
    this.#failure = null;
    const { statuses } = book.value;
    this.#shown = {
      rules: rules.value.map((rule) => ({
        rule,
        status: rule.isEnabled ? (statuses.find(({ ruleId }) => ruleId === rule.id) ?? null) : null,
      })),
      alerts: withFiring(alerts.value, book.value.firing),
      silences: book.value.silences,
      waiting: {
        posts: outbox.value.length,
        alerts: outbox.value.reduce((sum, { post }) => sum + post.alerts.length, 0),
        sinceMs: least(outbox.value.map(({ createdAtMs }) => createdAtMs)),
        dueAtMs: outbox.value.some(({ leasedUntilMs }) => leasedUntilMs > this.#nowMs)
          ? null
          : least(outbox.value.map(({ dueAtMs }) => dueAtMs)),
      },
      deadLetters: letters.value,
      deliveries: deliveries.value,
      hasMoreAlerts: alerts.value.length >= this.#most,
      hasMoreDeliveries: deliveries.value.length >= this.#most,
      relayChoice: choice.value ?? NO_RELAY_CHOSEN,
    };
  }

  async #doing<T>(work: Promise<Result<T>>): Promise<Result<T>> {
    const result = await work;
    await this.load();
    return result;
  }
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}
