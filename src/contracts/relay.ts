/**
 * What the relay answers, and what pages send it besides alerts (`alert.ts`). A refusal is `{ code, message }`; the page
 * keeps what got a status of 5xx, 408, 425 or 429 and sends it again, and sets aside what got any other 4xx.
 */
import type { AlertMessage } from './alert.ts';
import type { HistogramData, RollupDimensions, SeriesKey } from './rollup.ts';

interface RefusalEntry {
  readonly status: number;
  readonly message: string;
}

export const REFUSALS = {
  'relay/invalid-request': { status: 400, message: 'This is no valid request.' },
  'relay/no-idempotency-key': {
    status: 400,
    message:
      'The header Idempotency-Key is missing, or is not of 8 to 128 letters, digits, “-”, “_”, “.” and “:”.',
  },
  'relay/not-signed-in': {
    status: 401,
    message: 'This needs a token: ask whoever runs the relay to mint one for this device.',
  },
  'relay/forbidden': { status: 403, message: 'This is not allowed from here.' },
  'relay/not-found': { status: 404, message: 'There is nothing at this address.' },
  'relay/unknown-route': { status: 404, message: 'The relay has no route of this name.' },
  'relay/wrong-method': { status: 405, message: 'This address does not take this method.' },
  'relay/timed-out': { status: 408, message: 'The request took too long to arrive.' },
  'relay/too-large': { status: 413, message: 'The request is larger than 64 kB.' },
  'relay/wrong-media-type': {
    status: 415,
    message: 'Only JSON without a Content-Encoding is taken.',
  },
  'relay/key-reused': {
    status: 422,
    message: 'This idempotency key was used with another body before.',
  },
  'relay/too-many-requests': { status: 429, message: 'Too many requests: try again later.' },
  'relay/headers-too-large': { status: 431, message: 'The headers of the request are too large.' },
  'relay/no-destination': { status: 503, message: 'No destination for alerts is configured.' },
  'relay/queue-full': { status: 503, message: 'Too many alerts are waiting for delivery.' },
  'relay/journal-unwritable': {
    status: 503,
    message: 'The relay cannot write to its disk, so it takes nothing that it might lose.',
  },
  'relay/tokens-unreadable': {
    status: 503,
    message: 'The relay cannot read its file of tokens, so it cannot tell who this is.',
  },
  'relay/stopping': { status: 503, message: 'The relay is about to stop.' },
  'relay/unexpected': { status: 500, message: 'Something unexpected went wrong.' },
} as const satisfies Record<string, RefusalEntry>;

export type RefusalCode = keyof typeof REFUSALS;

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** Path of the field that is not valid; only with `relay/invalid-request`. */
  readonly field?: string;
}

export type SinkName = 'slack' | 'email' | 'alertmanager';

/** Answer to `POST /v1/alerts` with status 202, and to a repetition of it. */
export interface AlertReceipt {
  /** The relay's number of the post, by which `GET /v1/deliveries?post=` finds it. */
  readonly post: number;
  readonly accepted: number;
  readonly sinks: readonly SinkName[];
}

/** `GET /v1/destinations`: what a page may know of the relay. */
export interface RelayDestinations {
  readonly version: string;
  /** By the name of the route; an empty list means that alerts go nowhere. */
  readonly routes: Readonly<Record<string, readonly SinkName[]>>;
}

/** One alert on its way to one sink. */
export interface DeliveryEntry {
  readonly post: number;
  readonly fingerprint: string;
  readonly alertname: string;
  readonly state: AlertMessage['state'];
  readonly sink: SinkName;
  /** `dead`: refused for good, or not taken within 24 hours. */
  readonly status: 'queued' | 'delivered' | 'dead' | 'discarded';
  readonly attempts: number;
  /** What the sink said last, such as `HTTP 429`; empty before the first attempt. */
  readonly answer: string;
  /** The sink may show it twice: an attempt ended without an answer. */
  readonly mayBeRepeated: boolean;
  /** RFC 3339. */
  readonly acceptedAt: string;
  /** RFC 3339; null while it is queued. */
  readonly finishedAt: string | null;
}

/** What a page adds to the fleet's series for one model, backend and outcome. */
export interface TelemetryRow extends RollupDimensions {
  readonly counters: Readonly<Record<SeriesKey, number>>;
  readonly histograms: Readonly<Record<SeriesKey, HistogramData>>;
}

/** What only has a value now, of all pages of the site in one browser. The relay adds it up for a few minutes, no longer. */
export interface TelemetryGauges {
  readonly activeRequests: number;
  /** Of the page that is nearest to its limit, in [0, 1]; null where the browser does not tell. */
  readonly memoryUsedRatio: number | null;
}

/**
 * `POST /v1/telemetry`: what was counted since the post before. A client sends one at a time, in order, and the same
 * rows again until it is answered. Without rows it is a sign of life, which has no number of its own: it carries that
 * of the post to come.
 */
export interface TelemetryPost {
  readonly schemaVersion: 1;
  /** Random, of this browser's storage; it never becomes a label. */
  readonly clientId: string;
  /** 1, 2, 3 and so on. */
  readonly sequence: number;
  readonly rows: readonly TelemetryRow[];
  /** As they are when it is sent, also when it is sent again. */
  readonly gauges?: TelemetryGauges;
}

export interface TelemetryReceipt {
  /** Of the last post that was counted; a post with this number or a lower one is not counted again. */
  readonly sequence: number;
  readonly isRepeat: boolean;
}
