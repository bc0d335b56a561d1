/** A sink that answers as a test says, and remembers what it was given. */
import type { SinkName } from '../../../../src/contracts/relay.ts';
import type { Parcel, SendOutcome, Sink } from '../../../../relay/sinks/sink.ts';

export const DELIVERED: SendOutcome = { kind: 'delivered', answer: 'HTTP 200' };
export const REFUSED: SendOutcome = { kind: 'refused', answer: 'HTTP 400' };
export const FAILED: SendOutcome = {
  kind: 'failed',
  answer: 'HTTP 500',
  retryAfterMs: null,
  isUncertain: false,
};
export const BROKE_OFF: SendOutcome = { ...FAILED, answer: 'ECONNRESET', isUncertain: true };

export interface Attempt {
  readonly atMs: number;
  readonly ids: readonly string[];
  readonly states: readonly string[];
  readonly mayBeRepeat: readonly boolean[];
}

export class FakeSink implements Sink {
  readonly name: SinkName;
  readonly maxBatch: number;
  readonly minIntervalMs: number;
  readonly gatherMs: number;
  readonly isIdempotent: boolean;
  readonly attempts: Attempt[] = [];
  answer: (parcels: readonly Parcel[]) => SendOutcome | Promise<SendOutcome> = () => DELIVERED;
  readonly #now: () => number;

  constructor(now: () => number, options: Partial<Omit<Sink, 'send' | 'close'>> = {}) {
    this.#now = now;
    this.name = options.name ?? 'slack';
    this.maxBatch = options.maxBatch ?? 1;
    this.minIntervalMs = options.minIntervalMs ?? 0;
    this.gatherMs = options.gatherMs ?? 0;
    this.isIdempotent = options.isIdempotent ?? false;
  }

  get delivered(): readonly string[] {
    return this.attempts.flatMap(({ ids }) => ids);
  }

  async send(parcels: readonly Parcel[]): Promise<SendOutcome> {
    this.attempts.push({
      atMs: this.#now(),
      ids: parcels.map(({ id }) => id),
      states: parcels.map(({ alert }) => alert.state),
      mayBeRepeat: parcels.map(({ mayBeRepeat }) => mayBeRepeat),
    });
    return this.answer(parcels);
  }

  close(): void {
    // Nothing to let go of.
  }
}
