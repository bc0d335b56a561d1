/**
 * The store that alerting uses, whatever becomes of the disk: when it fails, memory goes on from what can still be read
 * of it, and what was done there is done again on the disk when that takes it: another page may have used it meanwhile.
 * The same entry may be sent twice then; its key is the same, so the relay takes it once.
 */
import type { AlertRule } from '../contracts/alert.ts';
import type {
  DeliveryLine,
  OutboxEntry,
  RelayChoice,
  Settlement,
  Silence,
} from '../contracts/alert-record.ts';
import { failure, type Result } from '../contracts/failure.ts';
import type { AlertContents, AlertRetention, AlertStore, Decision, Lease } from './alert-port.ts';
import { storeFailure } from './attempt.ts';
import { MemoryAlerts } from './memory-alerts.ts';

export interface DiskAlerts extends AlertStore {
  contents(): Promise<Result<AlertContents>>;
}

export interface ResilientAlertsOptions {
  /** May reject. `onClosed` is for a connection that ends by itself. */
  readonly open: (onClosed: () => void) => Promise<DiskAlerts>;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

type Work<T> = (store: AlertStore) => Promise<Result<T>>;

/** What was done in memory. */
interface Deed {
  readonly again: Work<unknown>;
  /** It says only how the rules stand, so that the next of its kind takes its place. */
  readonly isStanding: boolean;
}

/** Between attempts to move back to the disk. */
const RETRY_AFTER_MS = 30_000;

export class ResilientAlerts implements AlertStore {
  readonly #options: ResilientAlertsOptions;
  #opened: Promise<void>;
  #disk: DiskAlerts | null = null;
  /** In use while the disk is not. */
  #memory: MemoryAlerts | null = null;
  #deeds: Deed[] = [];
  #retryAtMs = 0;
  /** What the disk has is not to be done without, where there was something. */
  #wasRead = false;
  #setGone = (): void => {};
  /** Resolves when the disk is out of reach for good, as when a newer version of the page has taken it over. */
  readonly gone = new Promise<void>((resolve) => (this.#setGone = resolve));
  /** One call after the other: nothing may change while everything moves. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: ResilientAlertsOptions) {
    this.#options = options;
    this.#opened = this.#open();
  }

  get isPersistent(): boolean {
    return this.#memory === null;
  }

  book() {
    return this.#run((store) => store.book());
  }

  decide(decision: Decision) {
    const isStanding = decision.alerts.length + decision.outbox.length === 0;
    return this.#change((store) => store.decide(decision), {
      // This page has decided, whatever number the disk's book has by now.
      again: async (store) => {
        const book = await store.book();
        return book.ok ? store.decide({ ...decision, revision: book.value.revision }) : book;
      },
      isStanding,
    });
  }

  alerts(limit: number) {
    return this.#run((store) => store.alerts(limit));
  }

  putRule(rule: AlertRule) {
    return this.#change((store) => store.putRule(rule));
  }

  deleteRule(id: string) {
    return this.#change((store) => store.deleteRule(id));
  }

  putSilence(silence: Silence) {
    return this.#change((store) => store.putSilence(silence));
  }

  deleteSilence(id: string) {
    return this.#change((store) => store.deleteSilence(id));
  }

  outbox() {
    return this.#run((store) => store.outbox());
  }

  enqueue(entry: OutboxEntry) {
    return this.#change((store) => store.enqueue(entry));
  }

  lease(lease: Lease) {
    return this.#run((store) => store.lease(lease));
  }

  settle(entryId: string, settlement: Settlement) {
    return this.#change((store) => store.settle(entryId, settlement));
  }

  deadLetters() {
    return this.#run((store) => store.deadLetters());
  }

  retryDeadLetter(id: string, nowMs: number) {
    return this.#change((store) => store.retryDeadLetter(id, nowMs));
  }

  discardDeadLetter(id: string, line: DeliveryLine) {
    return this.#change((store) => store.discardDeadLetter(id, line));
  }

  deliveries(limit: number) {
    return this.#run((store) => store.deliveries(limit));
  }

  relay() {
    return this.#run((store) => store.relay());
  }

  putRelay(choice: RelayChoice) {
    return this.#change((store) => store.putRelay(choice));
  }

  prune(retention: AlertRetention) {
    return this.#run((store) => store.prune(retention));
  }

  async #open(isAgain = false): Promise<void> {
    try {
      this.#disk = await this.#options.open(() => {
        this.#disk = null;
        this.#opened = this.#open(true);
      });
    } catch {
      if (isAgain) this.#setGone();
      else this.#memory = new MemoryAlerts();
    }
  }

  /** `again` does the same on the disk, where it was done in memory. */
  #change<T>(work: Work<T>, deed: Deed = { again: work, isStanding: false }): Promise<Result<T>> {
    return this.#run(async (store) => {
      const result = await work(store);
      // What has changed nothing has nothing to be done again.
      if (store === this.#memory && result.ok && result.value !== false) this.#note(deed);
      return result;
    });
  }

  #note(deed: Deed): void {
    if (deed.isStanding && this.#deeds.at(-1)?.isStanding === true) this.#deeds.pop();
    this.#deeds.push(deed);
  }

  #run<T>(work: Work<T>): Promise<Result<T>> {
    const result = this.#tail.then(async () => {
      await this.#opened;
      if (this.#memory !== null && !(await this.#movedBack())) return unthrown(work, this.#memory);
      const disk = this.#disk;
      if (disk === null) {
        return { ok: false as const, failure: failure('store/unavailable') };
      }
      const onDisk = await unthrown(work, disk);
      if (onDisk.ok) {
        this.#wasRead = true;
        return onDisk;
      }
      // Full or failing disks can often be read still.
      const contents = await unthrown(() => disk.contents(), disk);
      // Without its rules and silences people would be told of what they have switched off.
      if (!contents.ok && this.#wasRead) return onDisk;
      this.#memory = new MemoryAlerts(contents.ok ? contents.value : null);
      this.#retryAtMs = this.#options.now() + RETRY_AFTER_MS;
      return unthrown(work, this.#memory);
    });
    this.#tail = result;
    return result;
  }

  async #movedBack(): Promise<boolean> {
    const { now } = this.#options;
    const disk = this.#disk;
    if (disk === null || now() < this.#retryAtMs) return false;
    for (let deed = this.#deeds[0]; deed !== undefined; deed = this.#deeds[0]) {
      const done = await unthrown(deed.again, disk);
      if (!done.ok) {
        this.#retryAtMs = now() + RETRY_AFTER_MS;
        return false;
      }
      this.#deeds.shift();
    }
    this.#memory = null;
    return true;
  }
}

/** A store must not throw; one that does is one that fails. */
async function unthrown<T>(work: Work<T>, store: AlertStore): Promise<Result<T>> {
  try {
    return await work(store);
  } catch (error) {
    return { ok: false, failure: storeFailure(error) };
  }
}
