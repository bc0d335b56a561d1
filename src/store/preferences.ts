/** Small things the page remembers, in localStorage: read before the first paint, and shared by all tabs. */
import type { BackendChoice } from '../contracts/engine.ts';
import { OTLP_OFF, OTLP_SIGNALS, type OtlpChoice } from '../contracts/otlp.ts';
import { TELEMETRY_OFF, type TelemetryChoice } from '../contracts/telemetry-choice.ts';
import type { ObjectiveId } from '../core/metrics/dashboard-shape.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';

/** The model to use: one of this site's by id, or a repository of the Hugging Face hub. */
export type ModelChoice =
  | { readonly kind: 'pack'; readonly id: string }
  | { readonly kind: 'hub'; readonly repository: string };

/** The operator's own targets, in the unit of the objective; the others are those of the design. */
export type Thresholds = Readonly<Partial<Record<ObjectiveId, number>>>;

export interface Preferences {
  readonly theme: ThemeChoice;
  readonly backend: BackendChoice;
  /** null: the choice is left to the engine. */
  readonly threads: number | null;
  /** null: the site's own. */
  readonly model: ModelChoice | null;
  /** The reader has asked for a model, and has not paused its download: load it without asking again. */
  readonly loadsAtStart: boolean;
  /** Requests are recorded with what somebody looks for who searches for a fault. */
  readonly debugMode: boolean;
  readonly thresholds: Thresholds;
  /** The similarity of scripts to their prompts is computed, by a model of 23 MB. */
  readonly measuresSimilarity: boolean;
  readonly otlp: OtlpChoice;
  readonly telemetry: TelemetryChoice;
}

export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  backend: 'auto',
  threads: null,
  model: null,
  loadsAtStart: false,
  debugMode: false,
  thresholds: {},
  measuresSimilarity: false,
  otlp: OTLP_OFF,
  telemetry: TELEMETRY_OFF,
};

/** public/theme.js reads it as well. */
const KEY = 'shellwright.preferences';

/** The part of `Storage` that is used; its calls may throw where the browser denies storage. */
export type PreferenceStorage = Pick<Storage, 'getItem' | 'setItem'>;

export class PreferenceStore {
  readonly #storage: PreferenceStorage | null;

  /** @param storage null where there is none: then preferences last as long as the page. */
  constructor(storage: PreferenceStorage | null) {
    this.#storage = storage;
  }

  read(): Preferences {
    try {
      return parsePreferences(JSON.parse(this.#storage?.getItem(KEY) ?? 'null'));
    } catch {
      // Denied or not JSON: the defaults do.
      return DEFAULT_PREFERENCES;
    }
  }

  /** Whether a `storage` event with this key tells that another tab has changed them. */
  isChangedBy(key: string | null): boolean {
    // null: all of them were deleted.
    return key === KEY || key === null;
  }

  /** Writes these and leaves the others as they are stored: another tab may have changed them since this one read them. */
  change(change: Partial<Preferences>): void {
    try {
      this.#storage?.setItem(KEY, JSON.stringify({ ...this.read(), ...change }));
    } catch {
      // Denied or full: the page goes on with what it has in memory.
    }
  }
}

/** Takes what is valid and the defaults for the rest. */
export function parsePreferences(input: unknown): Preferences {
  if (typeof input !== 'object' || input === null) return DEFAULT_PREFERENCES;
  const {
    theme,
    backend,
    threads,
    model,
    loadsAtStart,
    debugMode,
    thresholds,
    measuresSimilarity,
    otlp,
    telemetry,
  } = input as Record<string, unknown>;
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    backend: backend === 'webgpu' || backend === 'wasm' ? backend : 'auto',
    threads: isThreadCount(threads) ? threads : null,
    model: parseModelChoice(model),
    loadsAtStart: loadsAtStart === true,
    debugMode: debugMode === true,
    thresholds: parseThresholds(thresholds),
    measuresSimilarity: measuresSimilarity === true,
    otlp: parseOtlp(otlp),
    telemetry: parseTelemetry(telemetry),
  };
}

export function isThreadCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 64;
}

/** `owner/name`, as the hub spells repositories. */
export function isHubRepository(text: string): boolean {
  return /^\w[\w.-]*\/\w[\w.-]*$/u.test(text);
}

/** The name of a folder in public/models. */
export function isPackId(text: string): boolean {
  return /^\w[\w.-]*$/u.test(text);
}

/** Beyond these, and at 0, a target could always be met, or never. */
const MOST: Readonly<Record<ObjectiveId, number>> = {
  'latency-p95': 86_400,
  'error-rate': 1,
  'syntax-validity': 1,
  'active-requests': 1_000_000,
  'memory-used': 1,
};

function parseThresholds(input: unknown): Thresholds {
  if (typeof input !== 'object' || input === null) return {};
  const given = input as Record<string, unknown>;
  const ids = Object.keys(MOST) as ObjectiveId[];
  return Object.fromEntries(
    ids.flatMap((id) => {
      const value = given[id];
      return typeof value === 'number' && value > 0 && value <= MOST[id] ? [[id, value]] : [];
    }),
  );
}

function parseOtlp(input: unknown): OtlpChoice {
  if (typeof input !== 'object' || input === null) return OTLP_OFF;
  const { isOn, endpoint, signals, names } = input as Record<string, unknown>;
  if (typeof endpoint !== 'string' || endpoint.length > 2_000) return OTLP_OFF;
  return {
    isOn: isOn === true,
    endpoint,
    signals: Array.isArray(signals)
      ? OTLP_SIGNALS.filter((signal) => signals.includes(signal))
      : OTLP_OFF.signals,
    names: names === 'inference' ? 'inference' : '1.41',
  };
}

function parseTelemetry(input: unknown): TelemetryChoice {
  if (typeof input !== 'object' || input === null) return TELEMETRY_OFF;
  const { isOn, sinceEpochMs } = input as Record<string, unknown>;
  if (typeof sinceEpochMs !== 'number' || !Number.isFinite(sinceEpochMs)) return TELEMETRY_OFF;
  return { isOn: isOn === true, sinceEpochMs };
}

function parseModelChoice(input: unknown): ModelChoice | null {
  if (typeof input !== 'object' || input === null) return null;
  const { kind, id, repository } = input as Record<string, unknown>;
  if (kind === 'pack' && typeof id === 'string' && isPackId(id)) return { kind, id };
  if (kind === 'hub' && typeof repository === 'string' && isHubRepository(repository)) {
    return { kind, repository };
  }
  return null;
}
