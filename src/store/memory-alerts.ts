/** Alerting's data for as long as the page lives: where storage is denied, or takes nothing more. */
import type { AlertRule } from '../contracts/alert.ts';
import type {
  AlertRecord,
  DeadLetter,
  DeliveryLine,
  OutboxEntry,
  RelayChoice,
  RuleStatus,
  Settlement,
  Silence,
} from '../contracts/alert-record.ts';
import type { Result } from '../contracts/failure.ts';
import { newestFirst, nextToSend, postponed, revived } from '../core/alerts/outbox.ts';
import type {
  AlertBook,
  AlertContents,
  AlertRetention,
  AlertStore,
  Decision,
  Lease,
} from './alert-port.ts';

export class MemoryAlerts implements AlertStore {
  readonly isPersistent = false;
  #revision: number;
  #statuses: readonly RuleStatus[];
  #relay: RelayChoice | null;
  readonly #rules: Map<string, AlertRule>;
  readonly #alerts: Map<string, AlertRecord>;
  readonly #silences: Map<string, Silence>;
  readonly #outbox: Map<string, OutboxEntry>;
  readonly #letters: Map<string, DeadLetter>;
  /** Oldest first. */
  #deliveries: readonly DeliveryLine[];

  constructor(contents: AlertContents | null = null) {
    this.#revision = contents?.revision ?? 0;
    this.#statuses = contents?.statuses ?? [];
    this.#relay = contents?.relay ?? null;
    this.#rules = byId(contents?.editedRules);
    this.#alerts = byId(contents?.alerts);
    this.#silences = byId(contents?.silences);
    this.#outbox = byId(contents?.outbox);
    this.#letters = byId(contents?.deadLetters);
    this.#deliveries = contents?.deliveries ?? [];
  }

  contents(): AlertContents {
    return {
      revision: this.#revision,
      statuses: this.#statuses,
      relay: this.#relay,
      editedRules: [...this.#rules.values()],
      alerts: [...this.#alerts.values()],
      silences: [...this.#silences.values()],
      outbox: [...this.#outbox.values()],
      deadLetters: [...this.#letters.values()],
      deliveries: this.#deliveries,
    };
  }

  book(): Promise<Result<AlertBook>> {
    return done({
      revision: this.#revision,
      editedRules: [...this.#rules.values()],
      statuses: this.#statuses,
      firing: [...this.#alerts.values()].filter(({ state }) => state === 'firing'),
      silences: [...this.#silences.values()],
    });
  }

  decide({ revision, statuses, alerts, outbox }: Decision): Promise<Result<boolean>> {
    if (revision !== this.#revision) return done(false);
    this.#revision += 1;
    this.#statuses = statuses;
    for (const alert of alerts) this.#alerts.set(alert.id, alert);
    for (const entry of outbox) this.#outbox.set(entry.id, entry);
    return done(true);
  }

  alerts(limit: number): Promise<Result<readonly AlertRecord[]>> {
    const newest = [...this.#alerts.values()].sort((a, b) => b.startsAtMs - a.startsAtMs);
    return done(newest.slice(0, Math.max(limit, 0)));
  }

  putRule(rule: AlertRule): Promise<Result<void>> {
    this.#rules.set(rule.id, rule);
    return done(undefined);
  }

  deleteRule(id: string): Promise<Result<void>> {
    this.#rules.delete(id);
    return done(undefined);
  }

  putSilence(silence: Silence): Promise<Result<void>> {
    this.#silences.set(silence.id, silence);
    return done(undefined);
  }

  deleteSilence(id: string): Promise<Result<void>> {
    this.#silences.delete(id);
    return done(undefined);
  }

  outbox(): Promise<Result<readonly OutboxEntry[]>> {
    return done([...this.#outbox.values()]);
  }

  enqueue(entry: OutboxEntry): Promise<Result<void>> {
    this.#outbox.set(entry.id, entry);
    return done(undefined);
  }

  lease({ nowMs, untilMs, dueBeforeMs }: Lease): Promise<Result<OutboxEntry | null>> {
    const next = nextToSend([...this.#outbox.values()], nowMs, dueBeforeMs);
    if (next === null) return done(null);
    const leased = { ...next, leasedUntilMs: untilMs };
    this.#outbox.set(leased.id, leased);
    return done(leased);
  }

  settle(entryId: string, settlement: Settlement): Promise<Result<boolean>> {
    const entry = this.#outbox.get(entryId);
    if (entry === undefined) return done(false);
    if (settlement.kind === 'later') {
      this.#outbox.set(entryId, postponed(entry, settlement.dueAtMs));
    } else this.#outbox.delete(entryId);
    if (settlement.kind === 'dead') this.#letters.set(settlement.letter.id, settlement.letter);
    this.#log(settlement.line);
    return done(true);
  }

  deadLetters(): Promise<Result<readonly DeadLetter[]>> {
    return done(newestFirst([...this.#letters.values()]));
  }

  retryDeadLetter(id: string, nowMs: number): Promise<Result<boolean>> {
    const letter = this.#letters.get(id);
    if (letter === undefined) return done(false);
    this.#letters.delete(id);
    const entry = revived(letter, nowMs);
    this.#outbox.set(entry.id, entry);
    return done(true);
  }

  discardDeadLetter(id: string, line: DeliveryLine): Promise<Result<boolean>> {
    if (!this.#letters.delete(id)) return done(false);
    this.#log(line);
    return done(true);
  }

  deliveries(limit: number): Promise<Result<readonly DeliveryLine[]>> {
    return done(this.#deliveries.toReversed().slice(0, Math.max(limit, 0)));
  }

  relay(): Promise<Result<RelayChoice | null>> {
    return done(this.#relay);
  }

  putRelay(choice: RelayChoice): Promise<Result<void>> {
    this.#relay = choice;
    return done(undefined);
  }

  prune(retention: AlertRetention): Promise<Result<readonly DeadLetter[]>> {
    const { maxAlerts, maxDeliveries, maxDeadLetters, silencesBeforeMs } = retention;
    const ended = [...this.#alerts.values()]
      .filter(({ state }) => state !== 'firing')
      .sort((a, b) => a.startsAtMs - b.startsAtMs);
    const excess = Math.max(0, this.#alerts.size - maxAlerts);
    for (const { id } of ended.slice(0, excess)) this.#alerts.delete(id);
    this.#deliveries = maxDeliveries === 0 ? [] : this.#deliveries.slice(-maxDeliveries);
    for (const { id, untilMs } of this.#silences.values()) {
      if (untilMs < silencesBeforeMs) this.#silences.delete(id);
    }
    const surplus = newestFirst([...this.#letters.values()]).slice(maxDeadLetters);
    for (const { id } of surplus) this.#letters.delete(id);
    return done(surplus);
  }

  #log(line: DeliveryLine): void {
    const id = (this.#deliveries.at(-1)?.id ?? 0) + 1;
    this.#deliveries = [...this.#deliveries, { ...line, id }];
  }
}

function byId<T extends { readonly id: string }>(items: readonly T[] = []): Map<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}

function done<T>(value: T): Promise<Result<T>> {
  return Promise.resolve({ ok: true, value });
}
