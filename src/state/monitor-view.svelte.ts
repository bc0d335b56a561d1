/** The Monitor page's view of what was measured: which part of time, which requests, live or standing still. */
import type { Failure, Result } from '../contracts/failure.ts';
import { RESOLUTION_MS, type Resolution, type Rollup } from '../contracts/rollup.ts';
import type { buildDashboard, DashboardInput } from '../core/metrics/build-dashboard.ts';
import {
  WINDOWS,
  type Dashboard,
  type DashboardFilter,
  type Objective,
  type TimeRange,
  type WindowName,
} from '../core/metrics/dashboard-shape.ts';
import { figuresOf, type EndedFigures } from '../core/metrics/ended-figures.ts';
import { stepMsOf, windowRange } from '../core/metrics/time-steps.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { BrowserHost } from './browser-host.ts';
import { LiveTail } from './live-tail.ts';
import {
  formatMonitorQuery,
  NO_FILTER,
  parseMonitorQuery,
  resolutionOf,
  shownRange,
  snapRange,
  type MonitorQuery,
} from './monitor-query.ts';
import type { Router } from './router.svelte.ts';
import { WindowBefore } from './window-before.ts';

export type MonitorReader = Pick<
  MonitorStore,
  'isPersistent' | 'rollups' | 'records' | 'endedRecords' | 'endedFigures' | 'activeRecords'
>;

export interface MonitorViewOptions {
  readonly store: MonitorReader;
  readonly onChange: (callback: () => void) => () => void;
  readonly router: Pick<Router, 'query' | 'replaceQuery'>;
  readonly host: Pick<BrowserHost, 'now' | 'after' | 'onNextFrame'>;
  /** Wall clock, or the end of what is looked at where that is over. */
  readonly nowMs: () => number;
  /** Whether time goes on. */
  readonly isLive: boolean;
  readonly objectives: () => readonly Objective[];
  readonly build: typeof buildDashboard;
}

/**
 * Why there is nothing to see: nothing was ever measured, nothing in this part of time (`lastMs`: when the newest
 * request was accepted), or nothing that passes the filter.
 */
export type Emptiness =
  | { readonly kind: 'never' }
  | { readonly kind: 'range'; readonly lastMs: number }
  | { readonly kind: 'filter' };

type Measured = Pick<DashboardInput, 'rollups' | 'previousRollups' | 'ended' | 'active'>;

type RowTails = Readonly<Record<Exclude<Resolution, 'total'> | 'coarse', LiveTail<Rollup>>>;

/** Percentiles are exact up to so many requests. */
const MAX_EXACT_REQUESTS = 2000;
const COARSE_ROW_MS = 600_000;
const SHORT_RANGE_MS = 3_600_000;
/** Between one look and the next while requests come thick and fast. */
const MIN_REFRESH_MS = 1000;
/** A look that takes long is taken less often: looking must not keep the page from its work. */
const REST_FACTOR = 20;
/** Of a window that goes on, while nothing happens: its left edge moves by less than a step. */
const TICK_MS: Readonly<Record<WindowName, number>> = {
  '15m': 5000,
  '1h': 10_000,
  '6h': 30_000,
  '24h': 60_000,
  '7d': 60_000,
  '30d': 60_000,
};

export class MonitorView {
  readonly #options: MonitorViewOptions;
  /** Of all requests, and of those that pass a filter. */
  readonly #rows: Readonly<Record<'merged' | 'apart', RowTails>>;
  readonly #figures: LiveTail<EndedFigures>;
  readonly #records: LiveTail<EndedFigures>;
  readonly #before: WindowBefore;
  #dashboard = $state.raw<Dashboard | null>(null);
  #failure = $state.raw<Failure | null>(null);
  #emptiness = $state.raw<Emptiness | null>(null);
  #isPersistent = $state(true);
  readonly #query = $derived.by(() => parseMonitorQuery(this.#options.router.query));
  /** Of the newest load; an older one that ends later changes nothing. */
  #turn = 0;
  #isLoading = false;
  #isStale = false;
  #lastLoadAtMs = -Infinity;
  /** How long the last load took, unless it was the first. */
  #loadMs = 0;
  #callOff: (() => void) | null = null;
  #isRunning = false;
  /** What the newest load is of. */
  #loadedKey = '';

  constructor(options: MonitorViewOptions) {
    this.#options = options;
    const { store } = options;
    this.#rows = { merged: rowTails(store, true), apart: rowTails(store, false) };
    this.#before = new WindowBefore(store);
    const limit = MAX_EXACT_REQUESTS + 1;
    const timeOf = ({ endedAtEpochMs }: EndedFigures): number => endedAtEpochMs;
    this.#figures = new LiveTail({
      read: (range) => store.endedFigures({ ...range, limit }),
      timeOf,
    });
    this.#records = new LiveTail({
      read: async (range) => {
        const records = await store.endedRecords({ ...range, limit });
        return records.ok ? { ok: true, value: figuresOf(records.value) } : records;
      },
      timeOf,
    });
  }

  get query(): MonitorQuery {
    return this.#query;
  }

  /** null until the first look has ended. */
  get dashboard(): Dashboard | null {
    return this.#dashboard;
  }

  /** Why the last look failed; what was seen before stays. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** null where there is something to see, and until that is known. */
  get emptiness(): Emptiness | null {
    return this.#emptiness;
  }

  /** False where what is measured lasts only as long as the page. */
  get isPersistent(): boolean {
    return this.#isPersistent;
  }

  get isPaused(): boolean {
    return this.#query.pausedAtMs !== null;
  }

  get isFiltered(): boolean {
    const { model, backend, outcome } = this.#query.filter;
    return model !== null || backend !== null || outcome !== null;
  }

  /** Begins to look, and looks again whenever something was measured or time has moved on. Returns how to end that. */
  start(): () => void {
    this.#isRunning = true;
    const stop = this.#options.onChange(() => {
      if (!this.isPaused) this.refresh();
    });
    void this.load();
    return () => {
      this.#isRunning = false;
      this.#turn += 1;
      stop();
      this.#callOff?.();
      this.#callOff = null;
    };
  }

  /** Looks again soon: at most once a second, less often where it takes long, and not while the tab is hidden. */
  refresh(): void {
    if (this.#isLoading) {
      this.#isStale = true;
      return;
    }
    const { host } = this.#options;
    const pauseMs = Math.max(MIN_REFRESH_MS, this.#loadMs * REST_FACTOR);
    this.#schedule(Math.max(0, this.#lastLoadAtMs + pauseMs - host.now()));
  }

  /** Looks now. */
  async load(): Promise<void> {
    const turn = ++this.#turn;
    this.#callOff?.();
    this.#callOff = null;
    this.#isLoading = true;
    this.#isStale = false;
    this.#loadedKey = dataKey(this.#query);
    // The first one also brings in what reads and draws, and tells nothing of the next.
    const isFirst = this.#lastLoadAtMs === -Infinity;
    this.#lastLoadAtMs = this.#options.host.now();
    await this.#read(turn);
    if (turn !== this.#turn) return;
    this.#loadMs = isFirst ? 0 : this.#options.host.now() - this.#lastLoadAtMs;
    this.#isLoading = false;
    this.#goOn();
  }

  showWindow(window: WindowName): void {
    const pausedAtMs = this.#query.zoom === null ? this.#query.pausedAtMs : null;
    this.#show({ window, zoom: null, pausedAtMs });
  }

  /** Shows a part of time in all charts. */
  zoom(range: TimeRange): void {
    this.#show({ zoom: snapRange(range, this.#options.nowMs()) });
  }

  leaveZoom(): void {
    this.#show({ zoom: null });
  }

  filter(change: Partial<DashboardFilter>): void {
    this.#show({ filter: { ...this.#query.filter, ...change } });
  }

  clearFilter(): void {
    this.#show({ filter: NO_FILTER });
  }

  pause(): void {
    this.#show({ pausedAtMs: this.#options.nowMs() });
  }

  resume(): void {
    this.#show({ pausedAtMs: null });
  }

  setLog(isLog: boolean): void {
    this.#show({ isLog });
  }

  /** The shortest window in which the newest request is; an hour around one that is older than all of them. */
  showNewest(lastMs: number): void {
    const nowMs = this.#options.nowMs();
    const window = WINDOWS.find((name) => windowRange(name, nowMs).fromMs <= lastMs);
    if (window !== undefined) return this.#show({ window, zoom: null, pausedAtMs: null });
    const around = { fromMs: lastMs - SHORT_RANGE_MS / 2, toMs: lastMs + SHORT_RANGE_MS / 2 };
    this.#show({ zoom: snapRange(around, nowMs), pausedAtMs: null });
  }

  /** Looks anew where the address has come to say something else. */
  follow(): void {
    if (this.#isRunning && dataKey(this.#query) !== this.#loadedKey) void this.load();
  }

  #show(change: Partial<MonitorQuery>): void {
    this.#options.router.replaceQuery(formatMonitorQuery({ ...this.#query, ...change }));
    this.follow();
  }

  #goOn(): void {
    const { window, zoom } = this.#query;
    if (this.#isStale) this.refresh();
    else if (this.#options.isLive && !this.isPaused && zoom === null)
      this.#schedule(TICK_MS[window]);
  }

  #schedule(ms: number): void {
    if (!this.#isRunning) return;
    const { host } = this.#options;
    this.#callOff?.();
    const turn = this.#turn;
    this.#callOff = host.after(ms, () => {
      // In a hidden tab the next frame comes when the tab is shown.
      host.onNextFrame(() => {
        if (turn === this.#turn && this.#isRunning) void this.load();
      });
    });
  }

  async #read(turn: number): Promise<void> {
    const { objectives, build, store } = this.#options;
    const nowMs = this.#options.nowMs();
    const { filter } = this.#query;
    const range = shownRange(this.#query, nowMs);
    const measured = await this.#measured(range, nowMs);
    if (turn !== this.#turn) return;
    this.#isPersistent = store.isPersistent;
    if (!measured.ok) {
      this.#failure = measured.failure;
      return;
    }
    const dashboard = build({
      ...measured.value,
      range,
      filter,
      objectives: objectives(),
      nowMs,
    });
    const emptiness = await this.#emptinessOf(dashboard, measured.value.rollups.length);
    if (turn !== this.#turn) return;
    this.#failure = null;
    this.#dashboard = dashboard;
    this.#emptiness = emptiness;
  }

  async #measured(range: TimeRange, nowMs: number): Promise<Result<Measured>> {
    const resolution = resolutionOf(range, nowMs);
    // A chart of a day has steps of ten minutes, and need not read every single one.
    const isCoarse =
      resolution === 'minute' &&
      stepMsOf(range.toMs - range.fromMs, resolution) % COARSE_ROW_MS === 0;
    const rowMs = isCoarse ? COARSE_ROW_MS : RESOLUTION_MS[resolution];
    // An hour seldom has too many; beside the rows, they take hardly longer than the rows alone.
    const isMerged = !this.isFiltered;
    const tails = this.#rows[isMerged ? 'merged' : 'apart'];
    const isShort = range.toMs - range.fromMs <= SHORT_RANGE_MS;
    const early = isShort ? this.#figures.read(range, nowMs, 1) : null;
    const [rows, before, active] = await Promise.all([
      tails[isCoarse ? 'coarse' : resolution].read(range, nowMs, rowMs),
      this.#before.read(range, resolution, nowMs, isMerged),
      this.#options.store.activeRecords(),
    ]);
    if (!rows.ok) return rows;
    if (!before.ok) return before;
    if (!active.ok) return active;
    const ended = await this.#exactFigures(rows.value, range, nowMs, early);
    if (!ended.ok) return ended;
    return {
      ok: true,
      value: {
        rollups: rows.value,
        previousRollups: before.value,
        ended: ended.value,
        active: active.value,
      },
    };
  }

  /** null where they are too many. The rows tell, so that those are not read in vain. */
  async #exactFigures(
    rollups: readonly Rollup[],
    range: TimeRange,
    nowMs: number,
    early: Promise<Result<readonly EndedFigures[]>> | null,
  ): Promise<Result<readonly EndedFigures[] | null>> {
    const finished = rollups.reduce(
      (sum, { counters }) => sum + (counters['generation_finished_total'] ?? 0),
      0,
    );
    if (finished > MAX_EXACT_REQUESTS) return { ok: true, value: null };
    if (rollups[0]?.resolution !== 'hour') {
      const figures = await (early ?? this.#figures.read(range, nowMs, 1));
      if (!figures.ok || figures.value.length >= finished) return figures;
    }
    return this.#records.read(range, nowMs, 1);
  }

  async #emptinessOf({ counts }: Dashboard, rows: number): Promise<Emptiness | null> {
    if (counts.requests > 0 || counts.finished > 0 || counts.active > 0) return null;
    if (this.isFiltered && rows > 0) return { kind: 'filter' };
    const newest = await this.#options.store.records({
      fromMs: 0,
      toMs: Infinity,
      limit: 1,
      order: 'newest-first',
    });
    const last = newest.ok ? newest.value[0] : undefined;
    // Records go after days, and a file may have none; rows per hour stay for months.
    const lastMs = last?.acceptedAtEpochMs ?? (await this.#newestHourMs());
    return lastMs === null ? { kind: 'never' } : { kind: 'range', lastMs };
  }

  async #newestHourMs(): Promise<number | null> {
    const hours = await this.#options.store.rollups({
      resolution: 'hour',
      fromMs: 0,
      toMs: Infinity,
    });
    const rows = hours.ok ? hours.value.filter(({ outcome }) => outcome === 'accepted') : [];
    return rows.length === 0 ? null : Math.max(...rows.map(({ startMs }) => startMs));
  }
}

function rowTails(store: MonitorReader, isMerged: boolean): RowTails {
  const tail = (resolution: Resolution, coarsestMs = 0): LiveTail<Rollup> =>
    new LiveTail({
      read: (range) => store.rollups({ resolution, ...range, coarsestMs, isMerged }),
      timeOf: ({ startMs }) => startMs,
    });
  return { minute: tail('minute'), coarse: tail('minute', COARSE_ROW_MS), hour: tail('hour') };
}

/** Tells whether other data has to be read; how it is drawn is no part of it. */
function dataKey(query: MonitorQuery): string {
  return formatMonitorQuery({ ...query, isLog: false }).toString();
}
