/** One request in detail: its record, its trace, its log lines, and its content where the history still has it. */
import type { Failure } from '../contracts/failure.ts';
import type { HistoryEntry } from '../contracts/history.ts';
import type { StoredLogLine } from '../contracts/log-line.ts';
import type { RequestRecord } from '../contracts/request-record.ts';
import { requestTrace, type RequestTrace } from '../core/trace/request-trace.ts';
import { traceIdOf } from '../core/trace/trace-ids.ts';
import type { MonitorStore } from '../store/monitor-port.ts';
import type { HistoryList } from './history-list.svelte.ts';

export interface RequestDetailOptions {
  readonly id: string;
  readonly store: Pick<MonitorStore, 'record' | 'logs'>;
  readonly history: Pick<HistoryList, 'entry'>;
  readonly onChange: (callback: () => void) => () => void;
}

/** One request has a handful of lines. */
const MAX_LINES = 200;

export class RequestDetail {
  readonly #options: RequestDetailOptions;
  #record = $state.raw<RequestRecord | null>(null);
  #lines = $state.raw<readonly StoredLogLine[]>([]);
  #entry = $state.raw<HistoryEntry | null>(null);
  #isLoaded = $state.raw(false);
  #failure = $state.raw<Failure | null>(null);
  readonly #trace = $derived.by(() => (this.#record === null ? null : requestTrace(this.#record)));
  #turn = 0;

  constructor(options: RequestDetailOptions) {
    this.#options = options;
  }

  /** null until it is read, and where there is none with this id. */
  get record(): RequestRecord | null {
    return this.#record;
  }

  get trace(): RequestTrace | null {
    return this.#trace;
  }

  /** Oldest first. */
  get lines(): readonly StoredLogLine[] {
    return this.#lines;
  }

  /** null where the history does not have it any more, or never had. */
  get entry(): HistoryEntry | null {
    return this.#entry;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  /** Reads, and reads again whenever something was measured. Returns how to end that. */
  start(): () => void {
    void this.load();
    const stop = this.#options.onChange(() => void this.load());
    return () => {
      this.#turn += 1;
      stop();
    };
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    const { id, store, history } = this.#options;
    const [record, lines, entry] = await Promise.all([
      store.record(id),
      store.logs({
        level: 'debug',
        text: '',
        traceId: traceIdOf(id),
        limit: MAX_LINES,
        beforeId: null,
      }),
      history.entry(id),
    ]);
    if (turn !== this.#turn) return;
    this.#isLoaded = true;
    this.#entry = entry;
    if (lines.ok) this.#lines = lines.value.toReversed();
    this.#failure = record.ok ? null : record.failure;
    if (record.ok) this.#record = record.value;
  }

  /** Record and trace as JSON, without content. */
  toJson(): string {
    return JSON.stringify({ record: this.#record, trace: this.#trace }, null, 2);
  }
}
