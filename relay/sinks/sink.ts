/** A place that alerts are delivered to. A sink says how an attempt ended; when to try again is the queue's matter. */
import type { AlertMessage } from '../../src/contracts/alert.ts';
import type { SinkName } from '../../src/contracts/relay.ts';

/** One alert on its way. */
export interface Parcel {
  /** Names this alert of this post; the same after a restart. */
  readonly id: string;
  readonly alert: AlertMessage;
  /** The device that sent it, as the operator named it; null for a page that the relay serves. */
  readonly device: string | null;
  readonly skewMs: number;
  readonly acceptedAtMs: number;
  /** An earlier attempt ended without an answer, so the sink may have this already. */
  readonly mayBeRepeat: boolean;
}

/** `answer` is for people: a status or the code of an error, never an address. */
export type SendOutcome =
  | { readonly kind: 'delivered'; readonly answer: string }
  /** It would be refused again. */
  | { readonly kind: 'refused'; readonly answer: string }
  | {
      readonly kind: 'failed';
      readonly answer: string;
      readonly retryAfterMs: number | null;
      /** Whether the sink may have taken it all the same. */
      readonly isUncertain: boolean;
      /** It says nothing of other alerts, which need not wait. */
      readonly isOfThisAlone?: boolean;
      /** Some recipients have it. The sink knows which, and leaves them out as long as it lives. */
      readonly isPartlySent?: boolean;
    };

export interface Sink {
  readonly name: SinkName;
  /** Alerts in one attempt. */
  readonly maxBatch: number;
  /** From the start of one attempt to the start of the next. */
  readonly minIntervalMs: number;
  /** How long after an attempt the next one waits for more alerts, unless there are as many as go together. */
  readonly gatherMs?: number;
  /** Whether delivering twice is the same as delivering once. */
  readonly isIdempotent: boolean;
  /** Never rejects. All parcels share the outcome. */
  send(parcels: readonly Parcel[]): Promise<SendOutcome>;
  /** Work of its own between deliveries, such as repeating what still fires. Never rejects. */
  readonly upkeep?: { readonly everyMs: number; run(): Promise<void> };
  close(): void;
}
