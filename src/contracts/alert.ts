/**
 * Alerts: what a rule is, what is known of each alert, and the message that leaves the page for the relay. A message says
 * what, how much, since when and where to look; it has no field for a prompt or code.
 */

export const SEVERITIES = ['info', 'warning', 'critical'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** What is compared with the threshold, over the rule's window. Ratios are in [0, 1], times in seconds. */
export type AlertMeasure =
  | { readonly kind: 'latency-quantile'; readonly quantile: number }
  | { readonly kind: 'first-token-quantile'; readonly quantile: number }
  /** The slowest request of the window. */
  | { readonly kind: 'slowest-request' }
  | { readonly kind: 'error-ratio' }
  | { readonly kind: 'error-count' }
  /** Upper end of the Wilson interval at 95 %, so that few samples do not fire. */
  | { readonly kind: 'syntax-validity' }
  | { readonly kind: 'active-requests' }
  | { readonly kind: 'memory-used' }
  | { readonly kind: 'model-load-failures' }
  | { readonly kind: 'devices-lost' }
  /** Share of the 30-day error budget of an objective that the window has spent. */
  | {
      readonly kind: 'budget-spent';
      readonly objective: 'error-rate' | 'latency' | 'syntax-validity';
    };

export type NoDataMode = 'ok' | 'keep' | 'alert';

export interface AlertRule {
  readonly id: string;
  readonly name: string;
  readonly severity: Severity;
  readonly measure: AlertMeasure;
  readonly windowMs: number;
  readonly comparison: 'above' | 'below';
  readonly threshold: number;
  /** The condition has to hold for so long before the alert fires; 0 fires at once. */
  readonly forMs: number;
  /** It resolves once the value is on the good side of this for `clearEvaluations` evaluations in a row. */
  readonly clearThreshold: number;
  readonly clearEvaluations: number;
  /** Samples in the window without which there is no data. */
  readonly minSamples: number;
  readonly noData: NoDataMode;
  /** Ids of rules that mute this one while they fire. */
  readonly inhibitedBy: readonly string[];
  /** What to do, or an address that says it; empty for nothing. */
  readonly runbook: string;
  readonly isEnabled: boolean;
  /** Comes with the product; it can be changed and switched off, but not deleted. */
  readonly isBuiltIn: boolean;
}

export interface AlertLabels {
  readonly alertname: string;
  readonly severity: Severity;
  readonly [label: string]: string;
}

/** One alert as the relay takes it: `POST /v1/alerts` has at most 32 of them. */
export interface AlertMessage {
  /** 16 hexadecimal digits of a hash over the sorted labels: the same alert has the same one for ever. */
  readonly fingerprint: string;
  readonly ruleId: string;
  /** `stale`: the page that saw it firing has closed, so nobody knows. */
  readonly state: 'firing' | 'resolved' | 'stale' | 'test';
  readonly labels: AlertLabels;
  /** One sentence: what, value against threshold, window and n. */
  readonly summary: string;
  readonly value: number | null;
  readonly threshold: number;
  readonly unit: 'seconds' | 'ratio' | 'requests' | 'events';
  readonly windowSeconds: number;
  readonly n: number;
  /** RFC 3339. */
  readonly startsAt: string;
  /** RFC 3339; null while it fires. */
  readonly endsAt: string | null;
  /** Absolute, to the exact view and time; empty for none. */
  readonly link: string;
  readonly runbook: string;
}

export interface AlertPost {
  readonly schemaVersion: 1;
  /** A name that the relay's configuration knows, never an address. */
  readonly route: string;
  /** When the page decided, RFC 3339; the relay tells skewed clocks by it. */
  readonly sentAt: string;
  readonly app: { readonly name: 'shellwright'; readonly version: string };
  readonly alerts: readonly AlertMessage[];
}
