/**
 * Sends what was measured to an OTLP receiver, from one page of the site at a time. How far it has come is written down
 * after each answer, so that a page that ends leads to nothing lost; only what was on its way then is sent again.
 */
import type { OtlpChoice, OtlpSignal } from '../contracts/otlp.ts';
import type { OtlpSource } from '../core/export/otlp-values.ts';
import type { DropReason } from '../core/metrics/metric-labels.ts';
import { FIRST_MEMORY_LOG_ID, type MonitorStore } from '../store/monitor-port.ts';
import type { Log } from './monitor-access.ts';
import { READ_BATCH, type Batch } from './otlp-batches.ts';
import { OtlpCursor, type CursorText } from './otlp-cursor.ts';
import { postOtlp } from './otlp-request.ts';
import type { LocksPort } from './page-presence.ts';
import type { Fetch } from './relay-request.ts';
import { SendAttempts, type SendStatus } from './send-attempts.ts';
import { SendLoop } from './send-loop.ts';

export interface OtlpSenderOptions {
  readonly store: Pick<MonitorStore, 'rollups' | 'endedRecords' | 'logs'>;
  readonly choice: OtlpChoice;
  /** Another tab may have chosen otherwise: asked before each request. */
  readonly isStillChosen: () => boolean;
  readonly cursor: CursorText;
  readonly source: OtlpSource;
  readonly fetch: Fetch;
  /** null where the browser has none: then every page sends, and what they send overlaps. */
  readonly locks: Pick<LocksPort, 'request'> | null;
  readonly epochNow: () => number;
  readonly after: (ms: number, callback: () => void) => () => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly onDropped: (signal: `otlp_${OtlpSignal}`, reason: DropReason, items: number) => void;
  readonly onStatus: (status: SendStatus) => void;
}

const LOCK = 'shellwright-otlp';
const LOOK_EVERY_MS = 15_000;
/** What could not be sent for so long is given up; rows per minute are kept for twice as long. */
const MAX_AGE_MS = 86_400_000;

export class OtlpSender {
  readonly #options: OtlpSenderOptions;
  readonly #cursor: OtlpCursor;
  readonly #attempts: SendAttempts;
  readonly #loop: SendLoop;

  constructor(options: OtlpSenderOptions) {
    this.#options = options;
    this.#cursor = new OtlpCursor(options.cursor);
    this.#attempts = new SendAttempts(options);
    this.#loop = new SendLoop({
      lock: LOCK,
      locks: options.locks,
      mustBeAlone: false,
      everyMs: LOOK_EVERY_MS,
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

  #isOver(): boolean {
    return this.#loop.isStopped || !this.#options.isStillChosen();
  }

  /** @returns how long to wait after a failure; null where all went well */
  async #sendAll(): Promise<number | null> {
    const { choice, epochNow } = this.#options;
    if (this.#isOver()) return null;
    this.#attempts.beginRound();
    const cursors = this.#cursor.read(choice.signals, epochNow());
    for (const signal of choice.signals) {
      let from = cursors[signal] ?? (await this.#firstCursor(signal));
      if (from === null) continue;
      from = await this.#skipExpired(signal, from);
      for (;;) {
        if (this.#isOver()) return null;
        const batch = await READ_BATCH[signal](
          { ...this.#options, names: choice.names },
          from,
          epochNow(),
        );
        if (!batch.ok) break;
        // A receiver of traces only does not keep them from going on.
        if (!(await this.#send(signal, batch.value))) break;
        from = batch.value.next;
        this.#cursor.write(signal, from);
        if (!batch.value.hasMore) break;
      }
    }
    return this.#attempts.endRound();
  }

  /** From now on: what was measured before somebody asked for it to be sent stays here. */
  async #firstCursor(signal: OtlpSignal): Promise<number | null> {
    const { store, epochNow } = this.#options;
    if (signal === 'traces') return epochNow();
    // The minute that has begun has figures of before.
    if (signal === 'metrics') return Math.ceil(epochNow() / 60_000) * 60_000;
    const newest = await store.logs({
      level: 'debug',
      text: '',
      traceId: null,
      limit: 1,
      beforeId: FIRST_MEMORY_LOG_ID,
    });
    return newest.ok ? (newest.value[0]?.id ?? 0) : null;
  }

  async #skipExpired(signal: OtlpSignal, from: number): Promise<number> {
    const { choice, epochNow, onDropped } = this.#options;
    const oldestMs = Math.floor((epochNow() - MAX_AGE_MS) / 60_000) * 60_000;
    if (signal === 'logs' || from >= oldestMs) return from;
    let lost = 0;
    let at = from;
    while (at < oldestMs) {
      // As if it had been then that the last of them were due.
      const batch = await READ_BATCH[signal](
        { ...this.#options, names: choice.names },
        at,
        oldestMs + 120_000,
      );
      if (!batch.ok || batch.value.next <= at) break;
      lost += batch.value.items;
      at = batch.value.next;
    }
    if (lost > 0) onDropped(`otlp_${signal}`, 'expired', lost);
    this.#cursor.write(signal, at);
    return at;
  }

  /** @returns whether the batch is dealt with; false where it is to be tried again */
  async #send(signal: OtlpSignal, batch: Batch): Promise<boolean> {
    const { fetch, choice, onDropped } = this.#options;
    if (batch.items === 0) return true;
    const answer = await postOtlp(fetch, choice.endpoint, signal, batch.payload);
    const meaning = this.#attempts.meaningOf(answer);
    if (meaning === 'later') {
      this.#attempts.fail(signal, answer, choice.endpoint);
      return false;
    }
    // Only now: a batch that is tried again leaves out the same lines again.
    if (batch.overflowed > 0) onDropped(`otlp_${signal}`, 'queue_overflow', batch.overflowed);
    const rejected = meaning === 'taken' ? answer.rejected : batch.items;
    if (rejected > 0) onDropped(`otlp_${signal}`, 'rejected', rejected);
    this.#attempts.settle(signal, answer, choice.endpoint);
    return true;
  }
}
