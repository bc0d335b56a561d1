/** Health on the page: the shallow answer whenever the engine's state changes, the deep one when somebody asks. */
import { untrack } from 'svelte';
import { failure, type Failure } from '../contracts/failure.ts';
import type { CheckHealth, DeepHealth, HealthQuery, HealthReport } from '../contracts/health.ts';
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
  #failure = $state.raw<Failure | null>(null);
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

  /** Why the last check could not be made; null where it could. */
  get failure(): Failure | null {
    return this.#failure;
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
        untrack(() => void this.check());
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
    const report = await this.#ask({ deep: true });
    this.#isRunning = false;
    if (report === null) return;
    this.#deep = report.deep;
    this.#deepAtMs = this.#options.host.now();
    this.#take(report);
  }

  /** What is known at once. */
  async check(): Promise<void> {
    const report = await this.#ask({});
    if (report === null) return;
    const isSameModel = report.loadedAtEpochMs === (this.#report?.loadedAtEpochMs ?? null);
    if (!isSameModel) this.#deep = null;
    // What a failed inference said is not taken back by a look that does not infer, while the model is the same.
    const isKnownBad = this.#deep !== null && this.#report?.failure != null;
    if (!(isKnownBad && report.modelLoaded)) this.#take(report);
  }

  async #ask(query: HealthQuery): Promise<HealthReport | null> {
    try {
      const report = await this.#options.check(query);
      this.#failure = null;
      return report;
    } catch {
      // Offline without this part of the app.
      this.#failure = failure('unknown', 'This part of the page could not be loaded.');
      return null;
    }
  }

  #take(report: HealthReport): void {
    this.#report = report;
    this.#nowMs = this.#options.host.now();
    this.#reportAtMs = this.#nowMs;
  }
}
