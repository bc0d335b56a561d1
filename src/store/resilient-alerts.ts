/**
 * The store that alerting uses, whatever becomes of the disk: when it fails, memory goes on from what can still be read
 * of it, and everything moves back when the disk takes it again. The same entry may be sent twice then; its key is the
 * same, so the relay takes it once.
 */
import type { AlertRule } from '../contracts/alert.ts';
import type {
  DeliveryLine,
  OutboxEntry,
  RelayChoice,
  Settlement,
  Silence,
} from '../contracts/alert-record.ts';
import type { Result } from '../contracts/failure.ts';
import type { AlertContents, AlertRetention, AlertStore, Decision, Lease } from './alert-port.ts';
import { storeFailure } from './attempt.ts';
import { MemoryAlerts } from './memory-alerts.ts';

export interface DiskAlerts extends AlertStore {
  contents(): Promise<Result<AlertContents>>;
  replace(contents: AlertContents): Promise<Result<void>>;
}

export interface ResilientAlertsOptions {
  /** May reject. `onClosed` is for a connection that ends by itself. */
  readonly open: (onClosed: () => void) => Promise<DiskAlerts>;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Between attempts to move back to the disk. */
const RETRY_AFTER_MS = 30_000;

export class ResilientAlerts implements AlertStore {
  readonly #options: ResilientAlertsOptions;
  readonly #opened: Promise<void>;
  #disk: DiskAlerts | null = null;
  /** In use while the disk is not. */
  #memory: MemoryAlerts | null = null;
  #retryAtMs = 0;
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
    return this.#run((store) => store.decide(decision));
  }

  alerts(limit: number) {
    return this.#run((store) => store.alerts(limit));
  }

  putRule(rule: AlertRule) {
    return this.#run((store) => store.putRule(rule));
  }

  deleteRule(id: string) {
    return this.#run((store) => store.deleteRule(id));
  }

  putSilence(silence: Silence) {
    return this.#run((store) => store.putSilence(silence));
  }

  deleteSilence(id: string) {
    return this.#run((store) => store.deleteSilence(id));
  }

  outbox() {
    return this.#run((store) => store.outbox());
  }

  enqueue(entry: OutboxEntry) {
    return this.#run((store) => store.enqueue(entry));
  }

  lease(lease: Lease) {
    return this.#run((store) => store.lease(lease));
  }

  settle(entryId: string, settlement: Settlement) {
    return this.#run((store) => store.settle(entryId, settlement));
  }

  deadLetters() {
    return this.#run((store) => store.deadLetters());
  }

  retryDeadLetter(id: string, nowMs: number) {
    return this.#run((store) => store.retryDeadLetter(id, nowMs));
  }

  discardDeadLetter(id: string, line: DeliveryLine) {
    return this.#run((store) => store.discardDeadLetter(id, line));
  }

  deliveries(limit: number) {
    return this.#run((store) => store.deliveries(limit));
  }

  relay() {
    return this.#run((store) => store.relay());
  }

  putRelay(choice: RelayChoice) {
    return this.#run((store) => store.putRelay(choice));
  }

  prune(retention: AlertRetention) {
    return this.#run((store) => store.prune(retention));
  }

  async #open(): Promise<void> {
    try {
      this.#disk = await this.#options.open(() => {
        this.#disk = null;
        this.#memory ??= new MemoryAlerts();
      });
    } catch {
      this.#memory = new MemoryAlerts();
    }
  }

  #run<T>(work: (store: AlertStore) => Promise<Result<T>>): Promise<Result<T>> {
    const result = this.#tail.then(async () => {
      await this.#opened;
      if (this.#memory !== null && !(await this.#movedBack())) return unthrown(work, this.#memory);
      const disk = this.#disk;
      if (disk !== null) {
        const onDisk = await unthrown(work, disk);
        if (onDisk.ok) return onDisk;
        // Full or failing disks can often be read still.
        const contents = await unthrown(() => disk.contents(), disk);
        this.#memory ??= new MemoryAlerts(contents.ok ? contents.value : null);
        this.#retryAtMs = this.#options.now() + RETRY_AFTER_MS;
      }
      return unthrown(work, (this.#memory ??= new MemoryAlerts()));
    });
    this.#tail = result;
    return result;
  }

  async #movedBack(): Promise<boolean> {
    const { now } = this.#options;
    if (this.#disk === null || this.#memory === null || now() < this.#retryAtMs) return false;
    const disk = this.#disk;
    const contents = this.#memory.contents();
    const moved = await unthrown(() => disk.replace(contents), disk);
    if (!moved.ok) {
      this.#retryAtMs = now() + RETRY_AFTER_MS;
      return false;
    }
    this.#memory = null;
    return true;
  }
}

/** A store must not throw; one that does is one that fails. */
async function unthrown<T>(
  work: (store: AlertStore) => Promise<Result<T>>,
  store: AlertStore,
): Promise<Result<T>> {
  try {
    return await work(store);
  } catch (error) {
    return { ok: false, failure: storeFailure(error) };
  }
}
