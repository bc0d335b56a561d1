/** What the page keeps of rules, alerts and their delivery. Times are wall clock; nothing in it can hold a prompt or code. */
import type { AlertLabels, AlertMessage, AlertPost } from './alert.ts';
import type { SinkName } from './relay.ts';

/** Where a rule stands after its last evaluation. */
export interface RuleStatus {
  readonly ruleId: string;
  readonly state: 'inactive' | 'pending' | 'firing';
  /** Since when the condition has held without a break; null while inactive. */
  readonly activeSinceMs: number | null;
  /** Evaluations in a row on the good side, while firing. */
  readonly goodEvaluations: number;
  /** False where the window had too few samples. */
  readonly hasData: boolean;
  readonly value: number | null;
  readonly n: number;
  readonly evaluatedAtMs: number;
}

export type MutedBy =
  | { readonly kind: 'silence'; readonly silenceId: string }
  | { readonly kind: 'rule'; readonly ruleId: string };

/** One firing of a rule, from its beginning to its end. */
export interface AlertRecord {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly ruleId: string;
  readonly fingerprint: string;
  readonly labels: AlertLabels;
  readonly state: 'firing' | 'resolved' | 'stale';
  /** Since when the condition held; it fired after the rule's `forMs`. */
  readonly startsAtMs: number;
  readonly firedAtMs: number;
  /** null while it fires. */
  readonly endsAtMs: number | null;
  /** The last one, and the one farthest beyond the threshold. */
  readonly value: number | null;
  readonly worstValue: number | null;
  readonly n: number;
  readonly threshold: number;
  readonly unit: AlertMessage['unit'];
  readonly windowMs: number;
  readonly summary: string;
  readonly runbook: string;
  /** Why nobody is told at the moment. */
  readonly mutedBy: MutedBy | null;
  /** What was told to others: an end is told only of what was told to fire. */
  readonly announced: 'nothing' | 'firing' | 'end';
}

export interface SilenceMatcher {
  readonly label: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/** Mutes alerts whose labels meet every matcher, and ends by itself. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly SilenceMatcher[];
  readonly createdAtMs: number;
  readonly untilMs: number;
  readonly author: string;
  readonly comment: string;
}

/** A post that waits for the relay. What drops first has the lowest priority. */
export interface OutboxEntry {
  /** Also the idempotency key. */
  readonly id: string;
  readonly priority: OutboxPriority;
  readonly createdAtMs: number;
  readonly sizeBytes: number;
  readonly post: AlertPost;
  readonly attempts: number;
  /** Not to be sent before. */
  readonly dueAtMs: number;
  /** Somebody is sending it until then; 0 where nobody is. */
  readonly leasedUntilMs: number;
}

/** The highest severity in the post; tests, and what is only told again, are below all. */
export type OutboxPriority = 0 | 1 | 2 | 3;

/** A post that the relay will never take as it is. */
export interface DeadLetter {
  readonly id: string;
  readonly entry: OutboxEntry;
  readonly diedAtMs: number;
  /** Such as `HTTP 400`. */
  readonly answer: string;
  /** The relay's code of the refusal; empty where it gave none. */
  readonly code: string;
}

export type DeliveryResult =
  | 'accepted'
  /** It will be tried again. */
  | 'failed'
  | 'dead'
  /** Out of the outbox unsent: too old, too many, discarded, or no relay to send it to. */
  | 'expired'
  | 'overflowed'
  | 'discarded'
  | 'no-relay';

/** One line of the delivery log. */
export interface DeliveryLine {
  /** By the order in which they were written. */
  readonly id?: number;
  readonly atMs: number;
  readonly entryId: string;
  readonly result: DeliveryResult;
  readonly attempt: number;
  /** Such as `HTTP 202` or `no answer`; empty where nothing was sent. */
  readonly answer: string;
  readonly alerts: readonly {
    readonly fingerprint: string;
    readonly alertname: string;
    readonly state: AlertMessage['state'];
  }[];
  /** What the relay calls the post, and where it passes it on to; null before it has taken it. */
  readonly receipt: { readonly post: number; readonly sinks: readonly SinkName[] } | null;
}

/** How an attempt to send, or a wait, has ended. */
export type Settlement =
  | { readonly kind: 'gone'; readonly line: DeliveryLine }
  | { readonly kind: 'later'; readonly dueAtMs: number; readonly line: DeliveryLine }
  | { readonly kind: 'dead'; readonly letter: DeadLetter; readonly line: DeliveryLine };

/** The relay to use. Kept where the service worker can read it. */
export interface RelayChoice {
  /** Of the relay, absolute, ending in `/`; null for the site that the page comes from. */
  readonly url: string | null;
  /** What an operator minted for this device; empty for none. */
  readonly token: string;
}

/** What a page knows of the relay. */
export type RelayState =
  /** Nobody has asked yet. */
  | { readonly kind: 'unknown' }
  /** The site has none, and none is set: alerts stay in the page. */
  | { readonly kind: 'absent' }
  /** It did not answer, or not as a relay does. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'token-refused' }
  | { readonly kind: 'present'; readonly version: string; readonly sinks: readonly SinkName[] };
