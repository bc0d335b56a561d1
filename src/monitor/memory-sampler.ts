/**
 * Reads, every 15 seconds while the page is shown, what only has a value now: active requests, memory and storage.
 * Memory is the fullest of two heaps, each against what the browser lets it have at most: JavaScript's of the page, and
 * that of the WASM which runs the model. It tells how near the page is to running out of memory.
 */
import type { EngineMemory } from '../contracts/engine.ts';
import { within } from '../core/async/within.ts';
import { gaugesRead, type GaugeReading } from '../core/metrics/event-deltas.ts';
import type { MonitorStore } from '../store/monitor-port.ts';

export interface HeapSize {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

export interface MemorySamplerOptions {
  readonly store: Pick<MonitorStore, 'activeRecords' | 'add'>;
  readonly epochNow: () => number;
  /** Calls back once; the returned function calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly isVisible: () => boolean;
  /** JavaScript's heap of the page; null where the browser does not tell. */
  readonly heap: () => HeapSize | null;
  /** null while no worker is there. */
  readonly engineMemory: () => Promise<EngineMemory | null>;
  readonly estimateStorage: () => Promise<{
    readonly usedBytes: number;
    readonly quotaBytes: number;
  } | null>;
}

export const SAMPLE_EVERY_MS = 15_000;

/** A worker that died meanwhile never answers. */
const ANSWER_WITHIN_MS = 5_000;
/** What 32-bit WASM can address; ONNX Runtime declares its memory that large. */
const WASM_LIMIT_BYTES = 4 * 2 ** 30;

export class MemorySampler {
  readonly #options: MemorySamplerOptions;
  #isReading = false;

  constructor(options: MemorySamplerOptions) {
    this.#options = options;
  }

  /** To be called every SAMPLE_EVERY_MS. Never rejects. */
  async sample(): Promise<void> {
    const { store, epochNow, isVisible } = this.#options;
    // A worker that is busy may take longer to answer than until the next time.
    if (this.#isReading || !isVisible()) return;
    this.#isReading = true;
    try {
      const reading = await this.read();
      const active = await store.activeRecords();
      if (!active.ok) return;
      await store.add([
        gaugesRead(epochNow(), { activeRequests: active.value.length, ...reading }),
      ]);
    } catch {
      // Whatever could not be read is a gap in the chart.
    } finally {
      this.#isReading = false;
    }
  }

  /** Now, for whoever asks; null where the browser does not tell. */
  async read(): Promise<Pick<GaugeReading, 'memoryUsedRatio' | 'storageUsedRatio'>> {
    const memoryUsedRatio = await this.#memoryUsedRatio();
    const storage = await this.#options.estimateStorage();
    return {
      memoryUsedRatio,
      storageUsedRatio:
        storage === null || storage.quotaBytes <= 0
          ? null
          : Math.min(storage.usedBytes / storage.quotaBytes, 1),
    };
  }

  async #memoryUsedRatio(): Promise<number | null> {
    const page = this.#options.heap();
    const engine = await this.#engineMemory();
    const ratios = [
      page === null || page.limitBytes <= 0 ? null : page.usedBytes / page.limitBytes,
      engine?.wasmBytes == null ? null : engine.wasmBytes / WASM_LIMIT_BYTES,
    ].filter((ratio) => ratio !== null);
    return ratios.length === 0 ? null : Math.min(Math.max(...ratios), 1);
  }

  async #engineMemory(): Promise<EngineMemory | null> {
    const { engineMemory, after } = this.#options;
    return within(engineMemory(), ANSWER_WITHIN_MS, after);
  }
}
