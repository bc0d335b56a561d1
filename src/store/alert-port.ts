/**
 * Where alerting keeps what it decides. IndexedDB implements it, and memory where storage is denied. No call throws:
 * failures are `store/unavailable` or `store/quota-exceeded`.
 */
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

/** What an evaluation goes on from. */
export interface AlertBook {
  /** Grows with every decision: one that was made from an older book is not written. */
  readonly revision: number;
  /** Rules that the operator has changed or added. */
  readonly editedRules: readonly AlertRule[];
  readonly statuses: readonly RuleStatus[];
  readonly firing: readonly AlertRecord[];
  /** Expired ones may be among them. */
  readonly silences: readonly Silence[];
}

export interface Decision {
  /** Of the book that it was made from. */
  readonly revision: number;
  readonly statuses: readonly RuleStatus[];
  /** New and changed ones. */
  readonly alerts: readonly AlertRecord[];
  readonly outbox: readonly OutboxEntry[];
}

export interface Lease {
  readonly nowMs: number;
  readonly untilMs: number;
  /** Entries that are due later are left alone; `nowMs` if left out. */
  readonly dueBeforeMs?: number | undefined;
}

export interface AlertRetention {
  readonly maxAlerts: number;
  readonly maxDeliveries: number;
  readonly maxDeadLetters: number;
  /** Silences that were over before. */
  readonly silencesBeforeMs: number;
}

/** Everything there is, to move it from one store to another. */
export interface AlertContents extends Omit<AlertBook, 'firing'> {
  readonly alerts: readonly AlertRecord[];
  readonly outbox: readonly OutboxEntry[];
  readonly deadLetters: readonly DeadLetter[];
  readonly deliveries: readonly DeliveryLine[];
  readonly relay: RelayChoice | null;
}

export interface AlertStore {
  /** False where everything lasts only as long as the page. */
  readonly isPersistent: boolean;
  book(): Promise<Result<AlertBook>>;
  /** All of it in one transaction; resolves to false, and changes nothing, where another decision came first. */
  decide(decision: Decision): Promise<Result<boolean>>;
  /** Newest first. */
  alerts(limit: number): Promise<Result<readonly AlertRecord[]>>;
  putRule(rule: AlertRule): Promise<Result<void>>;
  /** A built-in rule is then as it came. */
  deleteRule(id: string): Promise<Result<void>>;
  putSilence(silence: Silence): Promise<Result<void>>;
  deleteSilence(id: string): Promise<Result<void>>;
  outbox(): Promise<Result<readonly OutboxEntry[]>>;
  enqueue(entry: OutboxEntry): Promise<Result<void>>;
  /** Takes the entry to send next; null where there is none. */
  lease(lease: Lease): Promise<Result<OutboxEntry | null>>;
  /** False where the entry is gone already: then nothing is written. */
  settle(entryId: string, settlement: Settlement): Promise<Result<boolean>>;
  /** Newest first. */
  deadLetters(): Promise<Result<readonly DeadLetter[]>>;
  /** Back into the outbox; false where it is gone. */
  retryDeadLetter(id: string, nowMs: number): Promise<Result<boolean>>;
  discardDeadLetter(id: string, line: DeliveryLine): Promise<Result<boolean>>;
  /** Newest first. */
  deliveries(limit: number): Promise<Result<readonly DeliveryLine[]>>;
  relay(): Promise<Result<RelayChoice | null>>;
  putRelay(choice: RelayChoice): Promise<Result<void>>;
  /** Dead letters that had to go are returned. */
  prune(retention: AlertRetention): Promise<Result<readonly DeadLetter[]>>;
}
