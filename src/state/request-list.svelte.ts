/** The requests of the Requests page: filtered, sorted, live, the newest thousand first and older ones on demand. */
import { untrack } from 'svelte';
import type { Failure, Result } from '../contracts/failure.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import { WINDOW_MS } from '../core/metrics/dashboard-shape.ts';
import {
  mergeRows,
  modelsIn,
  requestRow,
  rowMatcher,
  sortRows,
  type RequestRow,
  type RowFilter,
  type SortKey,
} from '../core/trace/request-row.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { BrowserHost } from './browser-host.ts';
import {
  formatRequestQuery,
  NO_ROW_FILTER,
  parseRequestQuery,
  type RequestQuery,
} from './request-query.ts';
import type { Router } from './router.svelte.ts';

export type RequestReader = Pick<
  MonitorStore,
  'isPersistent' | 'records' | 'endedRecords' | 'countRecords'
>;

export interface RequestListOptions {
  readonly store: RequestReader;
  readonly onChange: (callback: () => void) => () => void;
  readonly router: Pick<Router, 'query' | 'replaceQuery' | 'href'>;
  readonly host: Pick<BrowserHost, 'epochNow'>;
  /** Rows that are read at once; 1000 unless a test wants fewer. */
  readonly pageSize?: number;
}

/** Similarities come in later than the end of a request; a change in what is older is not looked for. */
const LATE_MS = 600_000;
/** Words with which a first click sorts from Z to A would be of no use. */
const TEXT_KEYS: readonly SortKey[] = ['outcome', 'model', 'backend', 'verdict'];

export class RequestList {
  readonly #options: RequestListOptions;
  readonly #pageSize: number;
  #loaded = $state.raw<readonly RequestRow[]>([]);
  #totalCount = $state.raw(0);
  #hasMore = $state.raw(false);
  #isLoaded = $state.raw(false);
  #isPersistent = $state.raw(true);
  #failure = $state.raw<Failure | null>(null);
  readonly #query = $derived.by(() => parseRequestQuery(this.#options.router.query));
  readonly #rows = $derived.by(() =>
    sortRows(this.#loaded.filter(rowMatcher(this.#query.filter)), this.#query.sort),
  );
  readonly #models = $derived.by(() => modelsIn(this.#loaded));
  /** Where the last page that was read ended. */
  #lastRead: RequestRecord | null = null;
  /** What the store was asked for; another part of time, or another outcome, is another question. */
  #asked = '';
  #turn = 0;
  #isReading = false;
  #isStale = false;

  constructor(options: RequestListOptions) {
    this.#options = options;
    this.#pageSize = options.pageSize ?? 1000;
  }

  get query(): RequestQuery {
    return this.#query;
  }

  /** As the table shows them. */
  get rows(): readonly RequestRow[] {
    return this.#rows;
  }

  /** Rows among which the filters look. */
  get loadedCount(): number {
    return this.#loaded.length;
  }

  /** All that are kept, found or not. */
  get totalCount(): number {
    return this.#totalCount;
  }

  /** Whether there are others than those that are loaded: older ones, and in a range, later ones. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** False where they last only as long as the page. */
  get isPersistent(): boolean {
    return this.#isPersistent;
  }

  /** Why the last look failed; what was seen before stays. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** Id and name of every model that is found. */
  get models(): readonly (readonly [id: string, name: string])[] {
    return this.#models;
  }

  get isFiltered(): boolean {
    const { filter, window, range } = this.#query;
    return (
      window !== null ||
      range !== null ||
      Object.entries(filter).some(
        ([name, value]) => value !== NO_ROW_FILTER[name as keyof RowFilter],
      )
    );
  }

  /** Begins to look, and looks again whenever something was measured. Returns how to end that. */
  start(): () => void {
    const stop = this.#options.onChange(() => void this.#look());
    // A link to another part of time changes nothing but the address.
    const stopEffects = $effect.root(() => {
      $effect(() => {
        if (this.#question() !== this.#asked) untrack(() => void this.load());
      });
    });
    return () => {
      this.#turn += 1;
      stopEffects();
      stop();
    };
  }

  /** Reads the newest rows anew. */
  async load(): Promise<void> {
    const turn = ++this.#turn;
    this.#asked = this.#question();
    const [records, count] = await Promise.all([
      this.#read(null),
      this.#options.store.countRecords(),
    ]);
    if (turn !== this.#turn) return;
    this.#isLoaded = true;
    if (!this.#take(records)) return;
    this.#loaded = records.value.map(requestRow);
    this.#noteEnd(records.value);
    if (this.#take(count)) this.#totalCount = count.value;
  }

  async loadMore(): Promise<void> {
    const turn = this.#turn;
    const records = await this.#read(this.#lastRead);
    if (turn !== this.#turn || !this.#take(records)) return;
    const before = this.#loaded.length;
    this.#merge(records.value);
    this.#noteEnd(records.value);
    // The last one is read again, since others may have come in the same millisecond.
    this.#hasMore &&= this.#loaded.length > before;
  }

  filter(change: Partial<RowFilter>): void {
    this.#show({ filter: { ...this.#query.filter, ...change } });
  }

  showWindow(window: RequestQuery['window']): void {
    this.#show({ window, range: null });
  }

  clearFilter(): void {
    this.#show({ filter: NO_ROW_FILTER, window: null, range: null });
  }

  /** By this column; the same column again turns the order round. */
  sortBy(key: SortKey): void {
    const { sort } = this.#query;
    const isDescending = sort.key === key ? !sort.isDescending : !TEXT_KEYS.includes(key);
    this.#show({ sort: { key, isDescending } });
  }

  sort(sort: RequestQuery['sort']): void {
    this.#show({ sort });
  }

  /** The address that shows a request in detail, and else the same. */
  hrefOf(id: string): string {
    return this.#options.router.href('requests', formatRequestQuery({ ...this.#query, id }));
  }

  show(id: string | null): void {
    this.#show({ id });
  }

  #show(change: Partial<RequestQuery>): void {
    this.#options.router.replaceQuery(formatRequestQuery({ ...this.#query, ...change }));
  }

  #question(): string {
    const { window, range, filter } = this.#query;
    return JSON.stringify([window, range, filter.outcome]);
  }

  /** At most so many as a page has. @param last where the page before ended; null for the first */
  #read(last: RequestRecord | null): Promise<Result<readonly RequestRecord[]>> {
    const { store, host } = this.#options;
    const { window, range, filter } = this.#query;
    const limit = this.#pageSize;
    if (range !== null) {
      const fromMs = last?.endedAtEpochMs ?? range.fromMs;
      return store.endedRecords({ fromMs, toMs: range.toMs, limit });
    }
    return store.records({
      fromMs: window === null ? 0 : host.epochNow() - WINDOW_MS[window],
      toMs: last === null ? Number.MAX_SAFE_INTEGER : last.acceptedAtEpochMs + 1,
      limit,
      order: 'newest-first',
      ...(filter.outcome === null ? {} : { outcome: filter.outcome }),
    });
  }

  #noteEnd(page: readonly RequestRecord[]): void {
    this.#lastRead = page.at(-1) ?? null;
    this.#hasMore = page.length >= this.#pageSize;
  }

  /** Looks for what is new, and at what can still change. One look at a time. */
  async #look(): Promise<void> {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#takeStale()) await this.#readNews();
    this.#isReading = false;
  }

  #takeStale(): boolean {
    const isStale = this.#isStale;
    this.#isStale = false;
    return isStale;
  }

  async #readNews(): Promise<void> {
    const turn = this.#turn;
    const { store, host } = this.#options;
    const { range } = this.#query;
    const count = await store.countRecords();
    if (turn !== this.#turn || !this.#take(count)) return;
    const isDeleted = count.value < this.#totalCount;
    if (range !== null && range.toMs < host.epochNow() - LATE_MS && !isDeleted) {
      // What has ended by then has ended: nothing comes in any more.
      this.#totalCount = count.value;
      return;
    }
    // Deleted, or never seen: then they are read anew.
    if (range !== null || isDeleted || this.#loaded.length === 0) {
      return this.load();
    }
    const news = await store.records({
      fromMs: this.#changingSinceMs(),
      toMs: Number.MAX_SAFE_INTEGER,
      limit: this.#pageSize,
      order: 'newest-first',
    });
    if (turn !== this.#turn || !this.#take(news)) return;
    this.#totalCount = count.value;
    this.#merge(news.value);
  }

  #changingSinceMs(): number {
    let newestMs = 0;
    let activeMs = Infinity;
    for (const { acceptedAtEpochMs, outcome } of this.#loaded) {
      newestMs = Math.max(newestMs, acceptedAtEpochMs);
      if (outcome === 'active') activeMs = Math.min(activeMs, acceptedAtEpochMs);
    }
    return Math.min(newestMs - LATE_MS, activeMs);
  }

  #merge(records: readonly RequestRecord[]): void {
    const { window } = this.#query;
    const sinceMs = window === null ? 0 : this.#options.host.epochNow() - WINDOW_MS[window];
    this.#loaded = mergeRows(this.#loaded, records.map(requestRow)).filter(
      ({ acceptedAtEpochMs }) => acceptedAtEpochMs >= sinceMs,
    );
  }

  #take<T>(result: Result<T>): result is { readonly ok: true; readonly value: T } {
    // Known only once the store has answered.
    this.#isPersistent = this.#options.store.isPersistent;
    this.#failure = result.ok ? null : result.failure;
    return result.ok;
  }
}
