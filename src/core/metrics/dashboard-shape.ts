/** What the Monitor page draws, computed from rollups and records by build-dashboard.ts. Times are wall clock. */
import type { Outcome } from '../../contracts/request-record.ts';
import type { GuardState } from './guard-states.ts';

export const WINDOWS = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;

export type WindowName = (typeof WINDOWS)[number];

export const WINDOW_MS: Readonly<Record<WindowName, number>> = {
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
};

/** From `fromMs` up to, and without, `toMs`. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** null lets everything through. */
export interface DashboardFilter {
  readonly model: string | null;
  readonly backend: string | null;
  readonly outcome: Outcome | null;
}

/** One value per step; null is a gap in the data and is drawn as one. */
export type Series = readonly (number | null)[];

export type ObjectiveId =
  'latency-p95' | 'error-rate' | 'syntax-validity' | 'active-requests' | 'memory-used';

/** The operator's target. `threshold` is in the unit: seconds, ratio in [0, 1], or requests. */
export interface Objective {
  readonly id: ObjectiveId;
  readonly name: string;
  /** The value must stay on this side of the threshold. */
  readonly comparison: 'below' | 'above';
  readonly threshold: number;
  readonly unit: 'seconds' | 'ratio' | 'requests';
  /** Samples without which nothing is said. */
  readonly minSamples: number;
}

export type ObjectiveState = 'met' | 'missed' | 'not-enough-data';

export interface ObjectiveResult {
  readonly objective: Objective;
  /** Of which scripts it is; null where all are alike, as are all that were written under the guard. */
  readonly guard: GuardState | null;
  readonly state: ObjectiveState;
  /** null where there are no samples. */
  readonly value: number | null;
  readonly n: number;
  /** The start of the uninterrupted run of steps that miss it; null unless missed. */
  readonly missedSinceMs: number | null;
}

/** `unknown`: not enough data to say anything, never shown as healthy. */
export type StatusLevel = 'healthy' | 'degraded' | 'unknown';

export interface Status {
  readonly level: StatusLevel;
  /** One sentence with the reason: `Degraded: p95 3.1 s > 2 s for 12 min, n = 84`. */
  readonly sentence: string;
}

export type TileId =
  'requests' | 'error-rate' | 'latency-p95' | 'ttft-p95' | 'tokens-per-second' | 'validity';

export interface Tile {
  readonly id: TileId;
  readonly unit: 'requests' | 'ratio' | 'seconds' | 'tokens-per-second';
  /** null: too few samples (p95 wants 20, p99 wants 100), or none. */
  readonly value: number | null;
  readonly n: number;
  /** The same of the window before; null where that says nothing. */
  readonly previous: number | null;
  readonly sparkline: Series;
  readonly objective: ObjectiveResult | null;
  /** The same of scripts that are not in the value, with the guard on or off; null where there are none. */
  readonly apart: ObjectiveResult | null;
}

/** Percentiles of one measure; null where n is too small for it. `isExact`: from every single value. */
export interface Percentiles {
  readonly n: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  readonly isExact: boolean;
}

export interface Distribution {
  /** Upper edges of the classic buckets; the last bucket has none, so `counts` is one longer. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly percentiles: Percentiles;
}

/** Share of valid among valid, invalid and empty, with its Wilson interval at 95 %. */
export interface ValiditySeries {
  readonly rate: Series;
  readonly low: Series;
  readonly high: Series;
  readonly n: readonly number[];
}

export interface Dashboard {
  readonly range: TimeRange;
  readonly stepMs: number;
  /** Start of each step; every series below has this length. */
  readonly timesMs: readonly number[];
  readonly status: Status;
  /** In the order in which they are shown. */
  readonly tiles: readonly Tile[];
  /** One of each objective, but of the validity one for each setting of the guard. */
  readonly objectives: readonly ObjectiveResult[];
  readonly latency: {
    readonly p50: Series;
    readonly p95: Series;
    readonly p99: Series;
    readonly counts: readonly number[];
    readonly overall: Percentiles;
  };
  readonly firstToken: {
    readonly p50: Series;
    readonly p95: Series;
    readonly overall: Percentiles;
  };
  readonly heatmap: {
    /** Lower edge of the lowest row, then the upper edge of each row, in seconds; powers of 2^(1/4). */
    readonly edgesSeconds: readonly number[];
    /** [step][row] counts. */
    readonly cells: readonly (readonly number[])[];
  };
  /** Requests that ended, by how. */
  readonly outcomes: Readonly<Record<Outcome, readonly number[]>>;
  readonly tokensPerSecond: { readonly p50: Series; readonly overall: Percentiles };
  /** Of scripts that were written under the syntax guard, and of the others. */
  readonly validity: Readonly<Record<GuardState, ValiditySeries>>;
  readonly interToken: { readonly overall: Percentiles; readonly longestStall: Percentiles };
  readonly parameters: readonly {
    readonly parameter: string;
    readonly valueRange: string;
    readonly count: number;
  }[];
  readonly outputLength: Distribution;
  /** Used share of what the page may use at most, in [0, 1]: the largest reading of each step. */
  readonly memory: { readonly ratio: Series; readonly latest: number | null };
  readonly similarity: Percentiles;
  readonly errors: readonly { readonly errorType: string; readonly count: number }[];
  readonly dangers: readonly { readonly rule: string; readonly count: number }[];
  readonly counts: {
    /** Accepted in the range. */
    readonly requests: number;
    /** Ended in the range. */
    readonly finished: number;
    readonly errors: number;
    /** Of all pages, now. */
    readonly active: number;
    readonly promptTokens: number;
    readonly generatedTokens: number;
    readonly suspended: number;
    readonly dropped: number;
  };
  /** What the filters can choose from, found in the range. */
  readonly choices: { readonly models: readonly string[]; readonly backends: readonly string[] };
}
