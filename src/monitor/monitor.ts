/** Monitoring of one page: puts its parts together, starts what has to happen from time to time, and is what others use. */
import type { EngineMemory } from '../contracts/engine.ts';
import type { Failure } from '../contracts/failure.ts';
import type { EngineDescription } from '../contracts/generation.ts';
import { telemetryDropped } from '../core/metrics/event-deltas.ts';
import type { DropReason, DropSignal } from '../core/metrics/metric-labels.ts';
import { ResilientMonitor, type DiskMonitor } from '../store/resilient-monitor.ts';
import { ChangeSignal, type ChangeChannel } from './change-signal.ts';
import { EngineWatch } from './engine-watch.ts';
import { Janitor } from './janitor.ts';
import { LogWriter } from './log-writer.ts';
import { MemorySampler, SAMPLE_EVERY_MS, type HeapSize } from './memory-sampler.ts';
import type { Log, MonitorAccess } from './monitor-access.ts';
import { PagePresence, type LocksPort } from './page-presence.ts';
import { Recorder } from './recorder.ts';

/** What monitoring asks of the browser. */
export interface MonitorHost {
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Wall clock, in milliseconds since 1970. */
  epochNow(): number;
  /** Calls back once; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
  every(ms: number, callback: () => void): () => void;
  estimateStorage(): Promise<{ readonly usedBytes: number; readonly quotaBytes: number } | null>;
  newId(): string;
  isVisible(): boolean;
  /** Calls back when the page is hidden or about to go. */
  onHidden(callback: () => void): void;
  /** JavaScript's heap of this page; null where the browser does not tell. */
  heap(): HeapSize | null;
}

export interface MonitorOptions {
  /** May reject. */
  readonly openDisk: (onClosed: () => void) => Promise<DiskMonitor>;
  /** Of the worker that writes; opened when somebody wants to hear of changes. */
  readonly openChannel: () => ChangeChannel;
  readonly locks: LocksPort | null;
  readonly host: MonitorHost;
  /** What is loaded now. */
  readonly engine: () => EngineDescription | null;
  readonly engineMemory: () => Promise<EngineMemory | null>;
  readonly isDebug: () => boolean;
  /** Why what is measured lasts only as long as the page from now on; null when it is on the disk again. */
  readonly onTrouble: (failure: Failure | null) => void;
}

const TIDY_EVERY_MS = 60_000;
/** After the page has been drawn and the model is on its way. */
const FIRST_AFTER_MS = 2_000;
const COUNT_DROPPED_AFTER_MS = 5_000;

export class Monitor implements MonitorAccess {
  readonly store: ResilientMonitor;
  readonly log: Log;
  readonly pageId: string;
  readonly startedAtEpochMs: number;
  readonly recorder: Recorder;
  readonly engineWatch: EngineWatch;
  readonly #options: MonitorOptions;
  readonly #changes: ChangeSignal;
  readonly #logWriter: LogWriter;
  readonly #janitor: Janitor;
  readonly sampler: MemorySampler;
  #isOn = true;
  readonly #dropped = new Map<string, number>();

  constructor(options: MonitorOptions) {
    this.#options = options;
    const { host, locks, engine, isDebug } = options;
    const now = (): number => host.now();
    const epochNow = (): number => host.epochNow();
    const after: MonitorHost['after'] = (ms, callback) => host.after(ms, callback);
    this.pageId = host.newId();
    this.startedAtEpochMs = epochNow();
    const { pageId } = this;
    const presence = new PagePresence({ locks, pageId });
    this.#changes = new ChangeSignal({ openChannel: options.openChannel, after });
    const store = new ResilientMonitor({
      open: async (onClosed) => {
        // Without its lock this page would be taken for one that is gone, and its requests for orphans.
        await presence.held;
        return options.openDisk(onClosed);
      },
      now,
      after,
      onWritten: this.#changes.mark,
      onTrouble: (failure) => this.#onTrouble(failure),
      onDropped: (signal, reason, items) => this.#onDropped(signal, reason, items),
    });
    this.store = store;
    this.#logWriter = new LogWriter({
      store,
      now,
      epochNow,
      after,
      isDebug,
      isHeard: () => this.#changes.isHeard,
      onDropped: (reason, lines) => this.#onDropped('log', reason, lines),
    });
    const log: Log = (...line) => {
      if (this.#isOn) this.#logWriter.write(...line);
    };
    this.log = log;
    this.recorder = new Recorder({
      store,
      log,
      pageId,
      now,
      epochNow,
      newId: () => host.newId(),
      engine,
      isDebug,
    });
    this.engineWatch = new EngineWatch({ store, log, epochNow });
    this.#janitor = new Janitor({ store, log, presence, pageId, locks, epochNow });
    this.sampler = new MemorySampler({
      store,
      epochNow,
      after,
      isVisible: () => host.isVisible(),
      heap: () => host.heap(),
      engineMemory: options.engineMemory,
      estimateStorage: () => host.estimateStorage(),
    });
  }

  /** To be called once. */
  start(): void {
    const { host } = this.#options;
    host.onHidden(() => this.#logWriter.flush());
    const tidy = (): void => {
      if (this.#isOn) void this.#janitor.run();
    };
    const sample = (): void => {
      if (this.#isOn) void this.sampler.sample();
    };
    host.after(FIRST_AFTER_MS, () => {
      tidy();
      sample();
    });
    host.every(TIDY_EVERY_MS, tidy);
    host.every(SAMPLE_EVERY_MS, sample);
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Off measures and logs nothing; for the bench that tells what that costs. */
  setOn(isOn: boolean): void {
    this.#isOn = isOn;
    this.#logWriter.flush();
  }

  onChange(callback: () => void): () => void {
    return this.#changes.subscribe(callback);
  }

  /** What was lost outside of the store. */
  readonly countDropped = (signal: DropSignal, reason: DropReason, items: number): void => {
    this.#onDropped(signal, reason, items);
  };

  #onTrouble(trouble: Failure | null): void {
    this.#options.onTrouble(trouble);
    this.#changes.mark();
    if (trouble === null) return this.log('info', 'store', 'storage works again');
    const cause = trouble.detail?.['cause'] ?? null;
    this.log('error', 'store', 'storage failed', { code: trouble.code, cause });
  }

  /** Counted in batches: what is dropped comes in floods. */
  #onDropped(signal: DropSignal, reason: DropReason, items: number): void {
    if (this.#dropped.size === 0) {
      this.#options.host.after(COUNT_DROPPED_AFTER_MS, () => this.#countDropped());
    }
    const key = JSON.stringify([signal, reason]);
    this.#dropped.set(key, (this.#dropped.get(key) ?? 0) + items);
  }

  #countDropped(): void {
    const atEpochMs = this.#options.host.epochNow();
    const counted = [...this.#dropped];
    this.#dropped.clear();
    const dropped = counted.map(([key, items]) => {
      const [signal, reason] = JSON.parse(key) as [DropSignal, DropReason];
      this.log('warn', 'monitor', 'telemetry dropped', { signal, reason, items });
      return telemetryDropped(atEpochMs, signal, reason, items);
    });
    void this.store.add(dropped);
  }
}
