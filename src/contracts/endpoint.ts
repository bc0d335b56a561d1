/**
 * What the service worker and an open tab say to each other when the site is asked as a server is: the service worker has
 * the addresses, a tab has the model. Each request has a message channel of its own.
 */
import type { Failure } from './failure.ts';
import type { GenerationParameters, GenerationRecord } from './generation.ts';
import type { HealthReport } from './health.ts';

/** Of all tabs that are equally ready, the one that holds it answers. */
export const ENDPOINT_LEADER_LOCK = 'shellwright-endpoints';

/** To every tab, with a port on which it says that it is here. */
export interface EndpointHello {
  readonly kind: 'endpoint';
}

/** From the service worker, on the port. */
export type EndpointCall =
  | {
      readonly kind: 'generate';
      readonly prompt: string;
      readonly parameters: GenerationParameters;
      /** Tokens are sent as they come. */
      readonly streams: boolean;
      /** Held by the service worker until the request has ended: whoever gets it knows that nobody waits any more. */
      readonly lock: string;
      readonly path: string;
    }
  /** A request that never gets to the model, to be counted. */
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** Has one answer, of the same id; several may wait for theirs on one port. */
  | { readonly kind: 'ask'; readonly id: number; readonly question: TabQuestion }
  | { readonly kind: 'cancel' };

export type TabQuestion =
  /** `askers`: how many wait for this answer. */
  | { readonly kind: 'health'; readonly isDeep: boolean; readonly askers: number }
  | { readonly kind: 'standing' };

export type TabAnswer =
  | {
      readonly kind: 'health';
      readonly report: HealthReport;
      readonly vocabularySize: number | null;
    }
  | { readonly kind: 'standing'; readonly standing: TabStanding };

/** From the tab, on the port. */
export type EndpointNews =
  | {
      readonly kind: 'here';
      /** Held for as long as the tab lives. */
      readonly lock: string;
      readonly isReady: boolean;
      /** Stays so for as long as the tab lives. */
      readonly isLeader: boolean;
    }
  | { readonly kind: 'accepted'; readonly id: string }
  | { readonly kind: 'token'; readonly text: string; readonly generatedTokens: number }
  | {
      readonly kind: 'generated';
      readonly record: GenerationRecord;
      /** The tab is in debug mode. */
      readonly isDebug: boolean;
    }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** null where the tab cannot tell. */
  | { readonly kind: 'answer'; readonly id: number; readonly answer: TabAnswer | null };

/** What only a tab knows; shares are in [0, 1], and null where the browser does not tell. */
export interface TabStanding {
  /** Wall clock: when the tab was opened. */
  readonly startedAtEpochMs: number;
  /** By the monotonic clock. */
  readonly uptimeSeconds: number;
  readonly memoryUsedRatio: number | null;
  readonly storageUsedRatio: number | null;
}
