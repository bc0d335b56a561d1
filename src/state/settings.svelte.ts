/** What the reader has chosen, kept between visits; and what the page's address overrides for this visit only. */
import type { BackendChoice } from '../contracts/engine.ts';
import type { Precision } from '../contracts/generation.ts';
import type { OtlpChoice } from '../contracts/otlp.ts';
import type { TelemetryChoice } from '../contracts/telemetry-choice.ts';
import type {
  ModelChoice,
  PreferenceStore,
  Preferences,
  ThemeChoice,
  Thresholds,
} from '../store/preferences.ts';
import { isHubRepository, isThreadCount } from '../store/preferences.ts';

/** From the query of the page's address: `?backend=wasm&threads=2&precision=f32`. Documented in docs/scripting.md. */
export interface Overrides {
  readonly backend: BackendChoice | null;
  readonly threads: number | null;
  readonly precision: Precision | null;
}

/** Takes what is valid and ignores the rest: an address is not a form. */
export function parseOverrides(query: URLSearchParams): Overrides {
  const backend = query.get('backend');
  const threads = Number(query.get('threads'));
  const precision = query.get('precision');
  return {
    backend: backend === 'webgpu' || backend === 'wasm' || backend === 'auto' ? backend : null,
    threads: isThreadCount(threads) ? threads : null,
    precision:
      precision === 'f16' || precision === 'f32' || precision === 'int8' ? precision : null,
  };
}

export class Settings {
  readonly #store: PreferenceStore;
  readonly overrides: Overrides;
  #preferences: Preferences;

  constructor(store: PreferenceStore, overrides: Overrides) {
    this.#store = store;
    this.overrides = overrides;
    this.#preferences = $state.raw(store.read());
  }

  get theme(): ThemeChoice {
    return this.#preferences.theme;
  }

  set theme(theme: ThemeChoice) {
    this.#change({ theme });
  }

  get backend(): BackendChoice {
    return this.overrides.backend ?? this.#preferences.backend;
  }

  set backend(backend: BackendChoice) {
    this.#change({ backend });
  }

  get threads(): number | null {
    return this.overrides.threads ?? this.#preferences.threads;
  }

  set threads(threads: number | null) {
    this.#change({ threads });
  }

  get model(): ModelChoice | null {
    return this.#preferences.model;
  }

  set model(model: ModelChoice | null) {
    this.#change({ model });
  }

  /** Returns false, and changes nothing, where `repository` is not spelled `owner/name`. */
  chooseHubModel(repository: string): boolean {
    if (!isHubRepository(repository)) return false;
    this.#change({ model: { kind: 'hub', repository } });
    return true;
  }

  get loadsAtStart(): boolean {
    return this.#preferences.loadsAtStart;
  }

  set loadsAtStart(loadsAtStart: boolean) {
    this.#change({ loadsAtStart });
  }

  get debugMode(): boolean {
    return this.#preferences.debugMode;
  }

  set debugMode(debugMode: boolean) {
    this.#change({ debugMode });
  }

  /** Those that the operator has changed. */
  get thresholds(): Thresholds {
    return this.#preferences.thresholds;
  }

  set thresholds(thresholds: Thresholds) {
    this.#change({ thresholds });
  }

  get measuresSimilarity(): boolean {
    return this.#preferences.measuresSimilarity;
  }

  set measuresSimilarity(measuresSimilarity: boolean) {
    this.#change({ measuresSimilarity });
  }

  get otlp(): OtlpChoice {
    return this.#preferences.otlp;
  }

  set otlp(otlp: OtlpChoice) {
    this.#change({ otlp });
  }

  get telemetry(): TelemetryChoice {
    return this.#preferences.telemetry;
  }

  set telemetry(telemetry: TelemetryChoice) {
    this.#change({ telemetry });
  }

  /**
   * Takes what another tab has chosen. What says which model runs, and how, stays: this tab's engine is at work with it.
   */
  takeOver(): void {
    const { model, backend, threads, loadsAtStart } = this.#preferences;
    this.#preferences = { ...this.#store.read(), model, backend, threads, loadsAtStart };
  }

  #change(change: Partial<Preferences>): void {
    this.#preferences = { ...this.#preferences, ...change };
    this.#store.change(change);
  }
}
