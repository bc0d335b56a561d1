/** What the rest of the page may do with alerting: read it, change what the operator may change, hear of changes. */
import type { AlertRule } from '../contracts/alert.ts';
import type { AlertRecord, RelayChoice, RelayState, Silence } from '../contracts/alert-record.ts';
import type { DeliveryEntry } from '../contracts/relay.ts';
import type { Result } from '../contracts/failure.ts';
import type { BackTest } from '../core/alerts/back-test.ts';
import type { AlertStore } from '../store/alert-port.ts';
import type { NotificationState } from './alert-notifier.ts';

export interface AlertAccess {
  readonly store: Pick<
    AlertStore,
    'isPersistent' | 'book' | 'alerts' | 'outbox' | 'deadLetters' | 'deliveries' | 'relay'
  >;
  /** Built-in rules, as changed, and added ones. */
  rules(): Promise<Result<readonly AlertRule[]>>;
  saveRule(rule: AlertRule): Promise<Result<void>>;
  /** An added rule is deleted; a built-in one is as it came. */
  deleteRule(id: string): Promise<Result<void>>;
  saveSilence(silence: Silence): Promise<Result<void>>;
  endSilence(id: string): Promise<Result<void>>;
  /** What the rule would have done in the last seven days. */
  backTest(rule: AlertRule): Promise<Result<BackTest>>;
  /** Puts a test alert into the outbox; false where there is no relay that would take it. */
  sendTest(): Promise<Result<boolean>>;
  retryDeadLetter(id: string): Promise<Result<boolean>>;
  discardDeadLetter(id: string): Promise<Result<boolean>>;
  readonly relay: RelayState;
  checkRelay(isForced?: boolean): Promise<RelayState>;
  useRelay(choice: RelayChoice): Promise<Result<void>>;
  /** What each destination said to a post; null where the relay does not tell. */
  relayDeliveries(post: number): Promise<readonly DeliveryEntry[] | null>;
  readonly notifications: NotificationState;
  askForNotifications(): Promise<NotificationState>;
  /** The exact view and time of an alert, as a link. */
  viewOf(alert: AlertRecord): string;
  newId(): string;
  /** Calls back after anything of it has changed, in this tab or another; returns how to end that. */
  onChange(callback: () => void): () => void;
}
