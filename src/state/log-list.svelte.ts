/** The log lines of the Logs page: newest first, filtered by the store, live until they are paused. */
import { untrack } from 'svelte';
import type { Failure } from '../contracts/failure.ts';
import type { LogLine, StoredLogLine } from '../contracts/log-line.ts';
import { logFileName, logFileText } from '../core/format/log-text.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { BrowserHost } from './browser-host.ts';
import { formatLogFilter, parseLogFilter, type LogFilter } from './log-filter.ts';
import type { Router } from './router.svelte.ts';

export interface LogListOptions {
  readonly store: Pick<MonitorStore, 'logs'>;
  readonly onChange: (callback: () => void) => () => void;
  readonly router: Pick<Router, 'query' | 'replaceQuery'>;
  readonly host: Pick<BrowserHost, 'saveFile' | 'epochNow'>;
  /** Lines that are read at once; 200 unless a test wants fewer. */
  readonly pageSize?: number;
}

/** Lines that a live page keeps on screen, unless more have been asked for. */
const MAX_LIVE_LINES = 1000;
/** Lines of a file; about 10 MB. */
const MAX_FILE_LINES = 50_000;
const FILE_PAGE_LINES = 5000;

export class LogList {
  readonly #options: LogListOptions;
  readonly #pageSize: number;
  #lines = $state.raw<readonly StoredLogLine[]>([]);
  #hasOlder = $state.raw(false);
  #isLoaded = $state.raw(false);
  #isPaused = $state.raw(false);
  #failure = $state.raw<Failure | null>(null);
  readonly #filter = $derived.by(() => parseLogFilter(this.#options.router.query));
  #asked = '';
  #turn = 0;
  #isReading = false;
  #isStale = false;
  #maxLines = MAX_LIVE_LINES;

  constructor(options: LogListOptions) {
    this.#options = options;
    this.#pageSize = options.pageSize ?? 200;
  }

  get filter(): LogFilter {
    return this.#filter;
  }

  /** Newest first. */
  get lines(): readonly StoredLogLine[] {
    return this.#lines;
  }

  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isFiltered(): boolean {
    const { level, text, traceId } = this.#filter;
    return level !== 'debug' || text !== '' || traceId !== null;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  /** Begins to look, and looks again whenever there may be new lines. Returns how to end that. */
  start(): () => void {
    const stop = this.#options.onChange(() => {
      if (!this.#isPaused) void this.#look();
    });
    const stopEffects = $effect.root(() => {
      $effect(() => {
        if (JSON.stringify(this.#filter) !== this.#asked) untrack(() => void this.load());
      });
    });
    return () => {
      this.#turn += 1;
      stopEffects();
      stop();
    };
  }

  /** Reads the newest lines anew. */
  async load(): Promise<void> {
    const turn = ++this.#turn;
    this.#asked = JSON.stringify(this.#filter);
    this.#maxLines = MAX_LIVE_LINES;
    const read = await this.#options.store.logs({ ...this.#filter, ...this.#page(null) });
    if (turn !== this.#turn) return;
    this.#isLoaded = true;
    this.#failure = read.ok ? null : read.failure;
    if (!read.ok) return;
    this.#lines = read.value;
    this.#hasOlder = read.value.length >= this.#pageSize;
  }

  async loadOlder(): Promise<void> {
    const turn = this.#turn;
    const oldest = this.#lines.at(-1);
    if (oldest === undefined) return;
    const read = await this.#options.store.logs({ ...this.#filter, ...this.#page(oldest.id) });
    if (turn !== this.#turn) return;
    this.#failure = read.ok ? null : read.failure;
    if (!read.ok) return;
    this.#lines = [...this.#lines, ...read.value];
    this.#hasOlder = read.value.length >= this.#pageSize;
    // Whoever reads what is older does not want it to be dropped at the next new line.
    this.#maxLines = Math.max(this.#maxLines, this.#lines.length);
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Shows what came meanwhile, and goes on. */
  resume(): void {
    this.#isPaused = false;
    void this.load();
  }

  narrow(change: Partial<LogFilter>): void {
    this.#options.router.replaceQuery(formatLogFilter({ ...this.#filter, ...change }));
  }

  clearFilter(): void {
    this.narrow({ level: 'debug', text: '', traceId: null });
  }

  /** Saves every line that passes the filter, oldest first, as NDJSON. Returns how many there were; null on failure. */
  async download(): Promise<number | null> {
    const { store, host } = this.#options;
    const filter = this.#filter;
    const lines: LogLine[] = [];
    for (let beforeId: number | null = null; lines.length < MAX_FILE_LINES;) {
      const read = await store.logs({ ...filter, limit: FILE_PAGE_LINES, beforeId });
      if (!read.ok) {
        this.#failure = read.failure;
        return null;
      }
      lines.push(...read.value);
      beforeId = read.value.at(-1)?.id ?? null;
      if (read.value.length < FILE_PAGE_LINES) break;
    }
    host.saveFile(
      logFileName(host.epochNow()),
      logFileText(lines.reverse()),
      'application/x-ndjson',
    );
    return lines.length;
  }

  /** One look at a time; a change meanwhile is looked at afterwards. */
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
    const read = await this.#options.store.logs({ ...this.#filter, ...this.#page(null) });
    if (turn !== this.#turn || this.#isPaused) return;
    this.#failure = read.ok ? null : read.failure;
    if (!read.ok) return;
    const newestId = this.#lines[0]?.id ?? -1;
    const news = read.value.filter(({ id }) => id > newestId);
    // More came than are read at once, or all were deleted: what is shown would have a hole.
    const isApart = news.length === read.value.length && news.length > 0;
    // Lines that were in memory only have lower ids since they are on the disk.
    const isMoved = (read.value[0]?.id ?? -1) < newestId;
    if (isApart || isMoved) {
      this.#lines = read.value;
      this.#hasOlder = read.value.length >= this.#pageSize;
    } else if (news.length > 0) {
      const lines = [...news, ...this.#lines];
      this.#hasOlder ||= lines.length > this.#maxLines;
      this.#lines = lines.slice(0, this.#maxLines);
    }
  }

  #page(beforeId: number | null): { readonly limit: number; readonly beforeId: number | null } {
    return { limit: this.#pageSize, beforeId };
  }
}
