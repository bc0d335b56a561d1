/**
 * Tells the relay what this browser has counted, for the sums over many, from one page of the site at a time. Each post
 * is the difference to what the relay was told before; it is on the disk with its number before it is sent and until it
 * is answered, so that it counts once, whatever ends in between.
 */
import type { TelemetryGauges, TelemetryPost, TelemetryRow } from '../contracts/relay.ts';
import type { TelemetryChoice } from '../contracts/telemetry-choice.ts';
import {
  currentRows,
  rowsSince,
  seriesCount,
  telemetryRows,
} from '../core/export/telemetry-rows.ts';
import type { DropReason } from '../core/metrics/metric-labels.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { PendingPost, TelemetryBook, TelemetryBookStore } from '../store/telemetry-book.ts';
import type { Log } from './monitor-access.ts';
import type { LocksPort } from './page-presence.ts';
import { postJson, type Fetch, type RelayAddress } from './relay-request.ts';
import { SendAttempts, type SendStatus } from './send-attempts.ts';
import { SendLoop } from './send-loop.ts';

export interface TelemetrySenderOptions {
  readonly store: Pick<MonitorStore, 'isPersistent' | 'rollups'>;
  /** Resolves when what was to be counted until now is in the store, or when that takes its time. */
  readonly settled: () => Promise<void>;
  readonly books: TelemetryBookStore;
  /** Asked before each post: another tab may have switched it off. */
  readonly choice: () => TelemetryChoice;
  /** Rejects where that cannot be read. */
  readonly relay: () => Promise<RelayAddress>;
  /** null where they cannot be read. */
  readonly readGauges: () => Promise<TelemetryGauges | null>;
  readonly newId: () => string;
  readonly fetch: Fetch;
  /** null where the browser has none: then nothing is sent, since two pages would tell the same. */
  readonly locks: Pick<LocksPort, 'request'> | null;
  readonly epochNow: () => number;
  readonly after: (ms: number, callback: () => void) => () => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly onDropped: (signal: 'relay_metrics', reason: DropReason, series: number) => void;
  readonly onStatus: (status: SendStatus) => void;
}

const LOCK = 'shellwright-telemetry';
const SEND_EVERY_MS = 60_000;
/** Shorter than the relay remembers the number of a post that it has counted, so that none is counted twice. */
const MAX_AGE_MS = 86_400_000;
/** With what is around it, below what may outlive a page and what the relay takes. */
const MAX_SERIES_CHARS = 40_000;

export class TelemetrySender {
  readonly #options: TelemetrySenderOptions;
  readonly #attempts: SendAttempts;
  readonly #loop: SendLoop;
  /** Read once: nobody else writes it while this page sends. */
  #book: TelemetryBook | null = null;

  constructor(options: TelemetrySenderOptions) {
    this.#options = options;
    this.#attempts = new SendAttempts(options);
    this.#loop = new SendLoop({
      lock: LOCK,
      locks: options.locks,
      mustBeAlone: true,
      everyMs: SEND_EVERY_MS,
      after: options.after,
      sendAll: () => this.#sendAll(),
    });
  }

  /** To be called once. Sends as soon as no other page does. */
  start(): void {
    this.#loop.start();
  }

  stop(): void {
    this.#loop.stop();
  }

  /** The page may be about to go. */
  flush(): void {
    this.#loop.hurry();
  }

  async #sendAll(): Promise<number | null> {
    this.#attempts.beginRound();
    try {
      const relay = await this.#options.relay();
      let isFirst = true;
      for (;;) {
        const book = await this.#currentBook();
        if (book === null || this.#isOff()) return null;
        // Once a minute the relay hears that this browser is there, whether or not anything was counted.
        if (book.pending === null && !isFirst) return null;
        isFirst = false;
        const waitMs = await this.#send(relay, book);
        if (waitMs !== null) return waitMs;
      }
    } catch {
      // The disk does not take a post before it is sent, or does not tell: nothing is lost by waiting.
      return null;
    }
  }

  #isOff(): boolean {
    return this.#loop.isStopped || !this.#options.choice().isOn;
  }

  /** With what is to be sent next; null while nobody can tell what was counted. */
  async #currentBook(): Promise<TelemetryBook | null> {
    const { books, choice, epochNow, newId, onDropped } = this.#options;
    const { isOn, sinceEpochMs } = choice();
    if (!isOn) return null;
    const known = (this.#book ??= current(await books.read()));
    if (known?.pending != null && known.sinceEpochMs === sinceEpochMs) {
      const { madeAtEpochMs, series } = known.pending;
      if (epochNow() - madeAtEpochMs <= MAX_AGE_MS) return known;
      onDropped('relay_metrics', 'expired', series);
      await this.#write(settled(known, known.pending));
      return this.#currentBook();
    }
    const totals = await this.#totals();
    if (totals === null) return null;
    if (known === null || known.sinceEpochMs !== sinceEpochMs) {
      const { clientId, sequence } = known?.pending === null ? known : newIdentity(newId);
      return this.#write({ clientId, sinceEpochMs, sequence, told: totals, pending: null });
    }
    const { rows, series, after } = rowsSince(known.told, totals, MAX_SERIES_CHARS);
    if (series === 0) {
      const isLess = seriesCount(after) < seriesCount(known.told);
      return isLess ? this.#write({ ...known, told: after }) : known;
    }
    const sequence = known.sequence + 1;
    const pending = { sequence, madeAtEpochMs: epochNow(), rows, series, after };
    return this.#write({ ...known, pending });
  }

  /** null where this is not all there is: what is in memory only is added to the disk later, and would count twice. */
  async #totals(): Promise<readonly TelemetryRow[] | null> {
    const { store } = this.#options;
    // A request that has just ended belongs to it, where the page may be about to go.
    await this.#options.settled();
    const isOnDisk = (): boolean => store.isPersistent;
    // The first answer may have waited until the disk was there.
    for (let attempt = 0; attempt < 2; attempt++) {
      const wasOnDisk = isOnDisk();
      const found = await store.rollups({ resolution: 'total', fromMs: 0, toMs: Infinity });
      if (found.ok && wasOnDisk && isOnDisk()) return telemetryRows(found.value);
    }
    return null;
  }

  /** @returns how long to wait before it is tried again; null where the post is dealt with */
  async #send(relay: RelayAddress, book: TelemetryBook): Promise<number | null> {
    const { fetch, readGauges, onDropped } = this.#options;
    const { clientId, pending } = book;
    const gauges = await readGauges();
    const post: TelemetryPost = {
      schemaVersion: 1,
      clientId,
      sequence: book.sequence + 1,
      rows: pending?.rows ?? [],
      ...(gauges === null ? {} : { gauges }),
    };
    const answer = await postJson(fetch, relay, 'v1/telemetry', JSON.stringify(post));
    const told = { status: answer?.status ?? 0, retryAfter: answer?.retryAfter ?? null };
    const meaning = this.#attempts.meaningOf(told);
    if (meaning === 'later') return this.#attempts.fail('relay', told, relay.url);
    this.#attempts.settle('relay', told, relay.url);
    if (pending === null) return null;
    const isStranger = meaning === 'taken' && answer?.body['sequence'] !== pending.sequence;
    if (meaning === 'refused') onDropped('relay_metrics', 'rejected', pending.series);
    // Another browser sends under this id, as after a profile was copied: what it was answered was not about this post.
    if (isStranger) onDropped('relay_metrics', 'corrupt', pending.series);
    const next = settled(book, pending);
    await this.#write(isStranger ? { ...next, ...newIdentity(this.#options.newId) } : next);
    return null;
  }

  async #write(book: TelemetryBook): Promise<TelemetryBook> {
    await this.#options.books.write(book);
    this.#book = book;
    return book;
  }
}

/** Known to no relay. */
function newIdentity(newId: () => string): Pick<TelemetryBook, 'clientId' | 'sequence'> {
  return { clientId: newId(), sequence: 0 };
}

/** What was told before counts had all of their labels is not told again. */
function current(book: TelemetryBook | null): TelemetryBook | null {
  if (book === null) return null;
  const { told, pending } = book;
  return {
    ...book,
    told: currentRows(told),
    pending: pending && {
      ...pending,
      rows: currentRows(pending.rows),
      after: currentRows(pending.after),
    },
  };
}

function settled(book: TelemetryBook, { sequence, after }: PendingPost): TelemetryBook {
  return { ...book, sequence, told: after, pending: null };
}
