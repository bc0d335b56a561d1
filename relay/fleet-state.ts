/**
 * Sums over all pages since the relay began, made of journal entries. Of a page it keeps a hash of its id and the number
 * of its last post, so that a post that comes twice counts once, and both only while the page may still send.
 */
import type { HistogramData, SeriesKey } from '../src/contracts/rollup.ts';
import { edgesOf } from '../src/core/metrics/bucket-edges.ts';
import { Histogram } from '../src/core/metrics/histogram.ts';
import { metricOf } from '../src/core/metrics/rollup.ts';
import type { JournaledState } from './journal.ts';

export interface DeltaEntry {
  readonly kind: 'delta';
  /** Hash of the page's id. */
  readonly client: string;
  readonly sequence: number;
  readonly atMs: number;
  readonly counters: readonly (readonly [SeriesKey, number])[];
  readonly histograms: readonly (readonly [SeriesKey, HistogramData])[];
}

interface ClientEntry extends ClientState {
  readonly kind: 'client';
  readonly client: string;
}

interface SumEntry {
  readonly kind: 'sum';
  readonly series: SeriesKey;
  readonly value: number | HistogramData;
}

export type FleetEntry = DeltaEntry | ClientEntry | SumEntry;

interface ClientState {
  readonly sequence: number;
  readonly atMs: number;
}

/** Longer than an outbox keeps what it has not sent. */
const FORGET_CLIENT_MS = 48 * 3_600_000;
const MAX_CLIENTS = 100_000;
const MAX_SERIES = 10_000;
const KINDS = ['delta', 'client', 'sum'];

export class FleetState implements JournaledState<FleetEntry> {
  readonly #epochNow: () => number;
  #lastHeardMs: number | null = null;
  /** Those that were heard of longest ago come first. */
  readonly #clients = new Map<string, ClientState>();
  readonly #counters = new Map<SeriesKey, number>();
  readonly #histograms = new Map<SeriesKey, Histogram>();

  constructor(options: { readonly epochNow: () => number }) {
    this.#epochNow = options.epochNow;
  }

  /** 0 for a client that is not known. */
  lastSequenceOf(client: string): number {
    return this.#clients.get(client)?.sequence ?? 0;
  }

  get counters(): ReadonlyMap<SeriesKey, number> {
    return this.#counters;
  }

  get histograms(): ReadonlyMap<SeriesKey, Histogram> {
    return this.#histograms;
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** Wall clock: when any page was heard of last; null where none is known. */
  get lastHeardMs(): number | null {
    return this.#lastHeardMs;
  }

  /** A page that is known has said that it is there, and nothing to be added. */
  touch(client: string): void {
    const known = this.#clients.get(client);
    const atMs = this.#epochNow();
    this.#lastHeardMs = atMs;
    if (known !== undefined) this.#hear(client, { sequence: known.sequence, atMs });
  }

  /** Whether a series of this name has its place: it has one already, or there is room. */
  hasRoomFor(series: SeriesKey): boolean {
    const isKnown = this.#counters.has(series) || this.#histograms.has(series);
    return isKnown || this.#counters.size + this.#histograms.size < MAX_SERIES;
  }

  parse(line: unknown): FleetEntry | null {
    const isEntry =
      typeof line === 'object' &&
      line !== null &&
      'kind' in line &&
      KINDS.includes(String(line.kind));
    // Nobody but the relay writes this file, and a line is there as a whole or not at all.
    return isEntry ? (line as FleetEntry) : null;
  }

  apply(entry: FleetEntry): void {
    switch (entry.kind) {
      case 'delta':
        if (entry.sequence <= this.lastSequenceOf(entry.client)) return;
        for (const [series, increment] of entry.counters) this.#add(series, increment);
        for (const [series, data] of entry.histograms) this.#add(series, data);
        return this.#hear(entry.client, entry);
      case 'client':
        return this.#hear(entry.client, entry);
      case 'sum':
        this.#counters.delete(entry.series);
        this.#histograms.delete(entry.series);
        return this.#add(entry.series, entry.value);
      default:
        entry satisfies never;
    }
  }

  *snapshot(): Iterable<FleetEntry> {
    this.#forgetClients();
    for (const [series, value] of this.#counters) yield { kind: 'sum', series, value };
    for (const [series, histogram] of this.#histograms) {
      yield { kind: 'sum', series, value: histogram.toData() };
    }
    for (const [client, { sequence, atMs }] of this.#clients) {
      yield { kind: 'client', client, sequence, atMs };
    }
  }

  #add(series: SeriesKey, value: number | HistogramData): void {
    if (typeof value === 'number') {
      this.#counters.set(series, (this.#counters.get(series) ?? 0) + value);
      return;
    }
    const histogram = this.#histograms.get(series) ?? new Histogram(edgesOf(metricOf(series)));
    histogram.add(value);
    this.#histograms.set(series, histogram);
  }

  #hear(client: string, { sequence, atMs }: ClientState): void {
    this.#clients.delete(client);
    this.#clients.set(client, { sequence, atMs });
    this.#lastHeardMs = Math.max(this.#lastHeardMs ?? 0, atMs);
    this.#forgetClients();
  }

  #forgetClients(): void {
    const oldestMs = this.#epochNow() - FORGET_CLIENT_MS;
    for (const [client, { atMs }] of this.#clients) {
      if (this.#clients.size <= MAX_CLIENTS && atMs >= oldestMs) return;
      this.#clients.delete(client);
    }
  }
}
