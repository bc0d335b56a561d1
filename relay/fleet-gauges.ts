/**
 * What only has a value now, as browsers told it last: added up over those that were heard of within three minutes, and
 * in memory only. Nothing of a single browser is shown.
 */
import type { TelemetryGauges } from '../src/contracts/relay.ts';

export interface FleetReading {
  /** Browsers that were heard of. */
  readonly browsers: number;
  readonly activeRequests: number;
  /** The highest; null where none has told. */
  readonly memoryUsedRatio: number | null;
}

interface Told {
  readonly atMs: number;
  readonly gauges: TelemetryGauges | null;
}

/** Three posts: a hidden page's timers may be late by one. */
const LIVE_MS = 180_000;
const MAX_CLIENTS = 100_000;

export class FleetGauges {
  readonly #now: () => number;
  /** Those that were heard of longest ago come first. */
  readonly #told = new Map<string, Told>();

  /** @param now monotonic clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param client hash of the page's id */
  hear(client: string, gauges: TelemetryGauges | null): void {
    this.#told.delete(client);
    this.#told.set(client, { atMs: this.#now(), gauges });
    this.#forget();
  }

  read(): FleetReading {
    this.#forget();
    let activeRequests = 0;
    let memoryUsedRatio: number | null = null;
    for (const { gauges } of this.#told.values()) {
      activeRequests += gauges?.activeRequests ?? 0;
      if (gauges?.memoryUsedRatio == null) continue;
      memoryUsedRatio = Math.max(memoryUsedRatio ?? 0, gauges.memoryUsedRatio);
    }
    return { browsers: this.#told.size, activeRequests, memoryUsedRatio };
  }

  #forget(): void {
    const oldestMs = this.#now() - LIVE_MS;
    for (const [client, { atMs }] of this.#told) {
      if (this.#told.size <= MAX_CLIENTS && atMs >= oldestMs) return;
      this.#told.delete(client);
    }
  }
}
