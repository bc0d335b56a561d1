/** Health on the page: the shallow answer whenever the engine's state changes, the deep one when somebody asks. */
import { untrack } from 'svelte';
import type { CheckHealth, DeepHealth, HealthReport } from '../contracts/health.ts';
import { DEEP_INTERVAL_MS } from '../monitor/health.ts';
import type { BrowserHost } from './browser-host.ts';
import type { EngineState, EngineStatus } from './engine-status.svelte.ts';

export interface HealthCheckOptions {
  readonly check: CheckHealth;
  readonly engine: Pick<EngineStatus, 'state'>;
  readonly host: Pick<BrowserHost, 'now' | 'every'>;
}

const TICK_MS = 1000;

export class HealthCheck {
  readonly #options: HealthCheckOptions;
  #report = $state.raw<HealthReport | null>(null);
  #deep = $state.raw<DeepHealth | null>(null);
  #isRunning = $state.raw(false);
  #nowMs = $state.raw(0);
  /** Of the engine's state, when it was last looked at. */
  #seenKind: EngineState['kind'] | null = null;
  /** Monotonic, as are the others: when the answers came. */
  #reportAtMs = 0;
  #deepAtMs = 0;

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    this.#nowMs = options.host.now();
  }

  /** null until the first answer. */
  get report(): HealthReport | null {
    return this.#report;
  }

  /** What the last deep check added; null where there was none. */
  get deep(): DeepHealth | null {
    return this.#deep;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Of the page, as of now. */
  get uptimeMs(): number {
    if (this.#report === null) return 0;
    return this.#report.uptimeSeconds * 1000 + Math.max(0, this.#nowMs - this.#reportAtMs);
  }

  /** How old the last inference is, as of now. */
  get deepAgeMs(): number {
    return (this.#deep?.ageMs ?? 0) + Math.max(0, this.#nowMs - this.#deepAtMs);
  }

  /** Until the next real inference; 0 where one may take place now. */
  get nextInMs(): number {
    if (this.#deep?.inferenceMs == null) return 0;
    return Math.max(0, DEEP_INTERVAL_MS - this.deepAgeMs);
  }

  /** Begins to look. Returns how to end that. */
  start(): () => void {
    const { engine, host } = this.#options;
    this.#seenKind = null;
    const stopClock = host.every(TICK_MS, () => (this.#nowMs = host.now()));
    const stopEffects = $effect.root(() => {
      const kind = $derived(engine.state.kind);
      $effect(() => {
        // A model that has come or gone changes the answer; how far it has been loaded does not.
        if (kind === this.#seenKind) return;
        this.#seenKind = kind;
        untrack(() => void this.#checkShallow());
      });
    });
    return () => {
      stopClock();
      stopEffects();
    };
  }

  /** A real, short inference; within 30 s of the last one its result is given again. */
  async checkDeep(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const report = await this.#options.check({ deep: true });
    this.#isRunning = false;
    this.#deep = report.deep;
    this.#deepAtMs = this.#options.host.now();
    this.#take(report);
  }

  async #checkShallow(): Promise<void> {
    const report = await this.#options.check({});
    const isSameModel = report.loadedAtEpochMs === (this.#report?.loadedAtEpochMs ?? null);
    if (!isSameModel) this.#deep = null;
    // What a failed inference said is not taken back by a look that does not infer, while the model is the same.
    const isKnownBad = this.#deep !== null && this.#report?.failure != null;
    if (!(isKnownBad && report.modelLoaded)) this.#take(report);
  }

  #take(report: HealthReport): void {
    this.#report = report;
    this.#nowMs = this.#options.host.now();
    this.#reportAtMs = this.#nowMs;
  }
}
