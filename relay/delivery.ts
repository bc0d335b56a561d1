/**
 * The queue before one sink: one attempt at a time, in order for each alert, no faster than the sink allows. What fails
 * is tried again for 24 hours; while the sink is away, everything waits together.
 */
import { retryDelayMs } from '../src/core/alerts/retry-delay.ts';
import type { Clock } from './clock.ts';
import type { Parcel, SendOutcome, Sink } from './sinks/sink.ts';

export interface DeliveryOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Before an attempt whose repetition would be seen, so that a restart knows of it. Never rejects. */
  readonly onAttempt: (parcels: readonly QueuedParcel[]) => Promise<void>;
  /** After an attempt that was not the last one. */
  readonly onFailed: (parcels: readonly QueuedParcel[], answer: string) => void;
  readonly onFinished: (
    parcels: readonly QueuedParcel[],
    status: 'delivered' | 'dead',
    answer: string,
  ) => void;
  readonly giveUpAfterMs?: number;
}

export interface QueuedParcel extends Parcel {
  readonly post: number;
  readonly index: number;
  /** Wall clock. A day later it is given up. */
  readonly triedSinceMs: number;
  attempts: number;
  mayBeRepeat: boolean;
  /** Some recipients have it, which nobody knows after a restart: then it may be a repetition. */
  isPartlySent: boolean;
}

const GIVE_UP_AFTER_MS = 24 * 3_600_000;
/** All that waits is looked at for it. */
const LOOK_FOR_OLD_EVERY_MS = 30_000;

export class DeliveryQueue {
  readonly #options: DeliveryOptions;
  /** By fingerprint, so that "resolved" never overtakes "firing"; those that failed last stand at the end. */
  readonly #lanes = new Map<string, QueuedParcel[]>();
  readonly #giveUpAfterMs: number;
  #sending: Promise<void> | null = null;
  #cancelTimer: (() => void) | null = null;
  /** When the timer will ring. */
  #wakesAtMs = Infinity;
  #looksForOldAtMs = -Infinity;
  #length = 0;
  #failuresInARow = 0;
  #nextAttemptAtMs = -Infinity;
  #gathersUntilMs = -Infinity;
  #nextUpkeepAtMs: number;
  /** Parcels that were refused together, and are tried one by one: not all of them need be at fault. */
  readonly #alone = new Set<QueuedParcel>();
  /** Heads of their lanes that wait while others go, and until when. */
  readonly #heldUntilMs = new Map<QueuedParcel, number>();
  #isStopped = false;
  #lastDeliveredAtMs: number | null = null;
  #lastAnswer = '';

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#giveUpAfterMs = options.giveUpAfterMs ?? GIVE_UP_AFTER_MS;
    const { upkeep } = options.sink;
    this.#nextUpkeepAtMs = upkeep === undefined ? Infinity : options.clock.now() + upkeep.everyMs;
    this.#wakeUp();
  }

  get length(): number {
    return this.#length;
  }

  /** Wall clock. */
  get lastDeliveredAtMs(): number | null {
    return this.#lastDeliveredAtMs;
  }

  get lastAnswer(): string {
    return this.#lastAnswer;
  }

  get failuresInARow(): number {
    return this.#failuresInARow;
  }

  add(parcel: QueuedParcel): void {
    const lane = this.#lanes.get(parcel.alert.fingerprint);
    if (lane === undefined) this.#lanes.set(parcel.alert.fingerprint, [parcel]);
    else lane.push(parcel);
    this.#length += 1;
    this.#wakeUp();
  }

  /** Begins no more attempts, and resolves when the current one has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#sending;
  }

  #wakeUp(): void {
    if (this.#isStopped || this.#sending !== null) return;
    const atMs = Math.min(this.#dueAtMs(), this.#nextUpkeepAtMs);
    if (atMs === Infinity || this.#wakesAtMs <= atMs) return;
    this.#cancelTimer?.();
    this.#wakesAtMs = atMs;
    const { clock } = this.#options;
    this.#cancelTimer = clock.after(Math.max(0, atMs - clock.now()), () => {
      this.#wakesAtMs = Infinity;
      this.#sending ??= this.#work().finally(() => {
        this.#sending = null;
        this.#wakeUp();
      });
    });
  }

  #dueAtMs(): number {
    if (this.#length === 0) return Infinity;
    const atMs = Math.max(this.#nextAttemptAtMs, this.#allHeldUntilMs());
    return this.#length >= this.#options.sink.maxBatch
      ? atMs
      : Math.max(atMs, this.#gathersUntilMs);
  }

  #allHeldUntilMs(): number {
    if (this.#heldUntilMs.size < this.#lanes.size) return -Infinity;
    let firstMs = Infinity;
    for (const untilMs of this.#heldUntilMs.values()) firstMs = Math.min(firstMs, untilMs);
    return firstMs;
  }

  async #work(): Promise<void> {
    const { clock, sink } = this.#options;
    if (sink.upkeep !== undefined && clock.now() >= this.#nextUpkeepAtMs) {
      this.#nextUpkeepAtMs = clock.now() + sink.upkeep.everyMs;
      await sink.upkeep.run();
    }
    if (clock.now() < this.#dueAtMs()) return;
    this.#giveUpOld();
    const batch = this.#nextBatch();
    if (batch.length === 0) return;
    this.#nextAttemptAtMs = clock.now() + sink.minIntervalMs;
    this.#gathersUntilMs = clock.now() + (sink.gatherMs ?? 0);
    if (!sink.isIdempotent) await this.#options.onAttempt(batch);
    const outcome = await sink.send(batch);
    for (const parcel of batch) {
      parcel.attempts += 1;
      this.#heldUntilMs.delete(parcel);
    }
    this.#settle(batch, outcome);
  }

  #settle(batch: readonly QueuedParcel[], outcome: SendOutcome): void {
    const { clock, random, sink, onFailed, onFinished } = this.#options;
    this.#lastAnswer = outcome.answer;
    if (outcome.kind === 'delivered') {
      this.#failuresInARow = 0;
      this.#lastDeliveredAtMs = clock.epochNow();
      this.#remove(batch);
      onFinished(batch, 'delivered', outcome.answer);
      return;
    }
    if (outcome.kind === 'refused') {
      if (batch.length > 1) {
        for (const parcel of batch) this.#alone.add(parcel);
        return;
      }
      this.#remove(batch);
      onFinished(batch, 'dead', outcome.answer);
      return;
    }
    const { isOfThisAlone = false, retryAfterMs } = outcome;
    this.#failuresInARow = isOfThisAlone ? 0 : this.#failuresInARow + 1;
    const untilAfter = (failures: number): number =>
      clock.now() + Math.max(retryDelayMs(failures, random()), retryAfterMs ?? 0);
    if (!isOfThisAlone) {
      this.#nextAttemptAtMs = Math.max(this.#nextAttemptAtMs, untilAfter(this.#failuresInARow));
    }
    for (const parcel of batch) {
      if (isOfThisAlone) this.#heldUntilMs.set(parcel, untilAfter(parcel.attempts));
      parcel.mayBeRepeat ||= outcome.isUncertain && !sink.isIdempotent;
      parcel.isPartlySent ||= outcome.isPartlySent ?? false;
      // What fails each time must not hold up the others.
      const lane = this.#lanes.get(parcel.alert.fingerprint);
      if (lane === undefined) continue;
      this.#lanes.delete(parcel.alert.fingerprint);
      this.#lanes.set(parcel.alert.fingerprint, lane);
    }
    onFailed(batch, outcome.answer);
  }

  /** The oldest alert of each lane, as many as go together. */
  #nextBatch(): readonly QueuedParcel[] {
    const batch: QueuedParcel[] = [];
    for (const [head] of this.#lanes.values()) {
      if (head === undefined) continue;
      if ((this.#heldUntilMs.get(head) ?? -Infinity) > this.#options.clock.now()) continue;
      if (this.#alone.has(head)) {
        if (batch.length === 0) return [head];
        continue;
      }
      batch.push(head);
      if (batch.length === this.#options.sink.maxBatch) break;
    }
    return batch;
  }

  #giveUpOld(): void {
    const { clock } = this.#options;
    if (clock.now() < this.#looksForOldAtMs) return;
    this.#looksForOldAtMs = clock.now() + LOOK_FOR_OLD_EVERY_MS;
    const oldestMs = clock.epochNow() - this.#giveUpAfterMs;
    const old: QueuedParcel[] = [];
    for (const lane of this.#lanes.values()) {
      for (const parcel of lane) if (parcel.triedSinceMs <= oldestMs) old.push(parcel);
    }
    if (old.length === 0) return;
    this.#remove(old);
    this.#options.onFinished(
      old,
      'dead',
      this.#lastAnswer === '' ? 'not tried in time' : this.#lastAnswer,
    );
  }

  #remove(parcels: readonly QueuedParcel[]): void {
    for (const parcel of parcels) {
      this.#alone.delete(parcel);
      this.#heldUntilMs.delete(parcel);
      const lane = this.#lanes.get(parcel.alert.fingerprint);
      const at = lane?.indexOf(parcel) ?? -1;
      if (lane === undefined || at < 0) continue;
      this.#length -= 1;
      if (lane.length > 1) lane.splice(at, 1);
      else this.#lanes.delete(parcel.alert.fingerprint);
    }
  }
}
