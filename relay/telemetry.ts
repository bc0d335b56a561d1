/**
 * Counts of pages, added up to the fleet's series. A post counts once, however often it arrives; what it holds is
 * checked against the table of metrics, and the page's id goes no further than to a hash.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TelemetryGauges, TelemetryReceipt, TelemetryRow } from '../src/contracts/relay.ts';
import { OUTCOMES } from '../src/contracts/request-record.ts';
import { readHistogram } from '../src/core/export/read-rollups.ts';
import { FieldReader, InvalidField } from '../src/core/json/field-reader.ts';
import type { Clock } from './clock.ts';
import { FleetGauges } from './fleet-gauges.ts';
import { fleetSeries, OpenLabelValues, type DropReason } from './fleet-series.ts';
import { FleetState, type DeltaEntry, type FleetEntry } from './fleet-state.ts';
import { writeFleetText } from './fleet-text.ts';
import { Journal, JournalError, type AppendFile } from './journal.ts';
import type { RelayLog } from './log.ts';
import { RefusalError } from './refusal.ts';

export interface TelemetryOptions {
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: RelayLog;
  readonly openFile?: (path: string) => Promise<AppendFile>;
  readonly compactFromBytes?: number;
  readonly onDropped?: (reason: DropReason | 'too_many_series', series: number) => void;
}

export interface TelemetryAcceptance {
  readonly receipt: TelemetryReceipt;
  /** `gap`: posts before it never arrived. `alive`: it had nothing to be counted. */
  readonly result: 'accepted' | 'repeated' | 'gap' | 'alive';
}

interface ParsedPost {
  readonly clientId: string;
  readonly sequence: number;
  readonly rows: readonly TelemetryRow[];
  readonly gauges: TelemetryGauges | null;
}

const MAX_ROWS = 500;
const MAX_SERIES_PER_ROW = 500;
/** Hashes of pages that are gone leave the disk with it. */
const COMPACT_EVERY_MS = 12 * 3_600_000;
/** So that one browser cannot outweigh a fleet by more than it could ask for. */
const MAX_ACTIVE = 100_000;
/** So that no sum leaves the numbers that are exact. */
const MAX_INCREMENT = 1e9;

export class Telemetry {
  readonly #options: TelemetryOptions;
  readonly #state: FleetState;
  readonly #journal: Journal<FleetEntry>;
  readonly #gauges: FleetGauges;
  readonly #openValues = new OpenLabelValues();
  /** By client, the post that is being written at this moment. */
  readonly #inFlight = new Map<string, Promise<unknown>>();
  #cancelCompaction: () => void = () => undefined;

  private constructor(options: TelemetryOptions, state: FleetState, journal: Journal<FleetEntry>) {
    this.#options = options;
    this.#state = state;
    this.#journal = journal;
    this.#gauges = new FleetGauges(() => options.clock.now());
    for (const series of state.counters.keys()) this.#openValues.keepApartAsIn(series);
    for (const series of state.histograms.keys()) this.#openValues.keepApartAsIn(series);
    this.#compactLater();
  }

  static async open(options: TelemetryOptions): Promise<Telemetry> {
    const { clock, log, dataFolder, openFile, compactFromBytes } = options;
    const state = new FleetState({ epochNow: () => clock.epochNow() });
    const journal = await Journal.open<FleetEntry>({
      path: join(dataFolder, 'telemetry.ndjson'),
      state,
      ...(openFile === undefined ? {} : { openFile }),
      ...(compactFromBytes === undefined ? {} : { compactFromBytes }),
      onCompactionFailed: (err) => log.error({ err }, 'The journal could not be rewritten'),
    });
    return new Telemetry(options, state, journal);
  }

  get damagedLines(): number {
    return this.#journal.damagedLines;
  }

  /** Whether the journal can be written; tries the disk where it has failed before. */
  probeJournal(): Promise<boolean> {
    return this.#journal.probe();
  }

  /** All series of the fleet, in the text format of Prometheus. */
  text(): string {
    return writeFleetText(this.#state, this.#gauges.read());
  }

  /**
   * Resolves when the post is counted, and on the disk.
   * @throws RefusalError for a post that cannot be taken
   */
  async accept(body: unknown): Promise<TelemetryAcceptance> {
    const post = parsePost(body);
    const client = createHash('sha256').update(post.clientId).digest('base64url').slice(0, 22);
    // One after the other, so that of two copies at once the second is told from the first.
    while (this.#inFlight.has(client)) await this.#inFlight.get(client);
    const last = this.#state.lastSequenceOf(client);
    this.#gauges.hear(client, post.gauges);
    if (post.rows.length === 0) {
      this.#state.touch(client);
      return { receipt: { sequence: last, isRepeat: false }, result: 'alive' };
    }
    if (post.sequence <= last) {
      this.#state.touch(client);
      return { receipt: { sequence: last, isRepeat: true }, result: 'repeated' };
    }
    const writing = this.#journal.append(this.#entryOf(post, client));
    this.#inFlight.set(
      client,
      writing.catch(() => undefined),
    );
    try {
      await writing;
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      throw new RefusalError('relay/journal-unwritable', { retryAfterSeconds: 10 });
    } finally {
      this.#inFlight.delete(client);
    }
    return {
      receipt: { sequence: post.sequence, isRepeat: false },
      result: post.sequence > last + 1 ? 'gap' : 'accepted',
    };
  }

  async stop(): Promise<void> {
    this.#cancelCompaction();
    await this.#journal.close();
  }

  #compactLater(): void {
    this.#cancelCompaction = this.#options.clock.after(COMPACT_EVERY_MS, () => {
      void this.#journal.compact();
      this.#compactLater();
    });
  }

  #entryOf(post: ParsedPost, client: string): DeltaEntry {
    const counters: [string, number][] = [];
    const histograms: [string, TelemetryRow['histograms'][string]][] = [];
    for (const row of post.rows) {
      for (const [key, increment] of Object.entries(row.counters)) {
        const series = this.#seriesOf(key, 'counter', row);
        if (series !== null) counters.push([series, increment]);
      }
      for (const [key, data] of Object.entries(row.histograms)) {
        const series = this.#seriesOf(key, 'histogram', row);
        if (series !== null) histograms.push([series, data]);
      }
    }
    const atMs = this.#options.clock.epochNow();
    return { kind: 'delta', client, sequence: post.sequence, atMs, counters, histograms };
  }

  #seriesOf(key: string, type: 'counter' | 'histogram', row: TelemetryRow): string | null {
    const found = fleetSeries(key, type, row, this.#openValues);
    if ('series' in found && this.#state.hasRoomFor(found.series)) return found.series;
    this.#options.onDropped?.('dropped' in found ? found.dropped : 'too_many_series', 1);
    return null;
  }
}

/** @throws RefusalError that names the field */
function parsePost(body: unknown): ParsedPost {
  try {
    const post = new FieldReader(body, '');
    post.only('schemaVersion', 'clientId', 'sequence', 'rows', 'gauges');
    post.at('schemaVersion').require(post.at('schemaVersion').count() === 1, 'is not 1');
    return {
      clientId: post.at('clientId').matching(/^[\w-]{16,64}$/, 'is no random id'),
      sequence: post.at('sequence').positive(),
      rows: post.at('rows').list(readRow, MAX_ROWS),
      gauges: post.has('gauges') ? readGauges(post.at('gauges')) : null,
    };
  } catch (error) {
    if (!(error instanceof InvalidField)) throw error;
    throw new RefusalError('relay/invalid-request', { field: error.field.slice(0, 80) || 'body' });
  }
}

function readGauges(gauges: FieldReader): TelemetryGauges {
  gauges.only('activeRequests', 'memoryUsedRatio');
  const active = gauges.at('activeRequests');
  const activeRequests = active.count();
  active.require(activeRequests <= MAX_ACTIVE, 'is too large');
  const memoryUsedRatio = gauges.at('memoryUsedRatio').orNull((ratio) => ratio.number(0, 1));
  return { activeRequests, memoryUsedRatio };
}

function readRow(row: FieldReader): TelemetryRow {
  row.only('model', 'backend', 'outcome', 'counters', 'histograms');
  return {
    model: row.at('model').text(200),
    backend: row.at('backend').oneOf(['webgpu', 'wasm', 'none']),
    outcome: row.at('outcome').oneOf([...OUTCOMES, 'accepted', 'none']),
    counters: row.at('counters').map((field) => {
      const increment = field.count();
      field.require(increment <= MAX_INCREMENT, 'is too large');
      return increment;
    }, MAX_SERIES_PER_ROW),
    histograms: row.at('histograms').map((field, key) => {
      const data = readHistogram(field, key);
      field.at('count').require(data.count <= MAX_INCREMENT, 'is too large');
      const isExact = Math.abs(data.sumMicros) <= MAX_INCREMENT * 1e6;
      field.at('sumMicros').require(isExact, 'is too large');
      return data;
    }, MAX_SERIES_PER_ROW),
  };
}
