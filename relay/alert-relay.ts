/**
 * From an accepted post to every sink: written to the journal first, then queued, and each step of the way written too,
 * so that a relay that is killed at any moment goes on where it was.
 */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { AlertMessage, AlertPost } from '../src/contracts/alert.ts';
import type { AlertReceipt, SinkName } from '../src/contracts/relay.ts';
import type { Client } from './access.ts';
import {
  AlertState,
  lineOfPost,
  type AlertEntry,
  type PostEntry,
  type ProgressEntry,
  type Unit,
} from './alert-state.ts';
import type { Clock } from './clock.ts';
import { DeliveryQueue, type QueuedParcel } from './delivery.ts';
import { Journal, JournalError, type AppendFile } from './journal.ts';
import type { RelayLog } from './log.ts';
import { receivedAlerts } from './received-alert.ts';
import { RefusalError } from './refusal.ts';
import type { Sink } from './sinks/sink.ts';
import { TokenBucket } from './token-bucket.ts';

export interface AlertRelayOptions {
  readonly dataFolder: string;
  /** Called once with what fires, which some sinks repeat. */
  readonly createSinks: (state: AlertState) => readonly Sink[];
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: RelayLog;
  readonly alertsPerMinute: number;
  readonly deviceName: (client: string) => string | null;
  readonly isKnownLink: (link: string) => boolean;
  /** Alerts that may wait for one sink. */
  readonly maxQueued: number;
  readonly openFile?: (path: string) => Promise<AppendFile>;
  readonly compactFromBytes?: number;
  readonly observe?: Partial<AlertObserver>;
}

/** What is counted. */
export interface AlertObserver {
  accepted(state: AlertMessage['state'], alerts: number): void;
  repeated(): void;
  limited(): void;
  attempted(sink: SinkName, result: 'delivered' | 'failed' | 'refused', alerts: number): void;
  delivered(sink: SinkName, delayMs: number): void;
  lost(reason: 'dead_letter_overflow', alerts: number): void;
  journalSynced(durationMs: number): void;
}

export interface Acceptance {
  readonly receipt: AlertReceipt;
  readonly isRepeat: boolean;
}

export interface ReceivedPost {
  readonly client: Client;
  readonly idempotencyKey: string;
  readonly post: AlertPost;
  /** The body as it arrived; null for a post that the relay has made. */
  readonly bodyText: string | null;
}

const RETRY_JOURNAL_SECONDS = 10;
const RETRY_QUEUE_SECONDS = 60;
const RETRY_UNCONFIGURED_SECONDS = 300;

export class AlertRelay {
  readonly #options: AlertRelayOptions;
  readonly #state: AlertState;
  readonly #journal: Journal<AlertEntry>;
  readonly #queues: ReadonlyMap<SinkName, DeliveryQueue>;
  readonly #sinks: readonly Sink[];
  readonly #sinkNames: readonly SinkName[];
  /** One list for each route, which all receipts share. */
  readonly #routes: ReadonlyMap<string, readonly SinkName[]>;
  readonly #limits: ReadonlyMap<SinkName, TokenBucket>;
  /** By key, what is being written at this moment. */
  readonly #inFlight = new Map<
    string,
    { readonly body: string; readonly done: Promise<AlertReceipt> }
  >();

  /** By unit, the last progress that the disk did not take: as many as there are alerts under way, at most. */
  readonly #missed = new Map<string, ProgressEntry>();
  /** Dead letters are settled one request after the other, or two of them would send the same. */
  #settling: Promise<unknown> = Promise.resolve();

  private constructor(
    options: AlertRelayOptions,
    state: AlertState,
    journal: Journal<AlertEntry>,
    sinks: readonly Sink[],
  ) {
    this.#options = options;
    this.#state = state;
    this.#journal = journal;
    this.#sinks = sinks;
    this.#sinkNames = sinks.map(({ name }) => name);
    this.#routes = new Map<string, readonly SinkName[]>([
      ...this.#sinkNames.map((name) => [name, [name]] as const),
      ['default', this.#sinkNames],
    ]);
    this.#queues = new Map(sinks.map((sink) => [sink.name, this.#createQueue(sink)]));
    this.#limits = new Map(
      sinks.map(({ name }) => [
        name,
        new TokenBucket({ perMinute: options.alertsPerMinute, now: () => options.clock.now() }),
      ]),
    );
  }

  /** Replays the journal and goes on with what it holds. */
  static async open(options: AlertRelayOptions): Promise<AlertRelay> {
    const { clock, log, observe, openFile, compactFromBytes } = options;
    let isReplaying = true;
    const state = new AlertState({
      epochNow: () => clock.epochNow(),
      onDeadGivenUp: (alerts) => {
        // Those were counted when it happened.
        if (isReplaying) return;
        observe?.lost?.('dead_letter_overflow', alerts);
        log.error({ alerts }, 'Too many dead letters: the oldest were given up');
      },
    });
    const journal = await Journal.open({
      path: join(options.dataFolder, 'alerts.ndjson'),
      state,
      ...(openFile === undefined ? {} : { openFile }),
      ...(compactFromBytes === undefined ? {} : { compactFromBytes }),
      onSync: (durationMs) => observe?.journalSynced?.(durationMs),
      onCompactionFailed: (err) => log.error({ err }, 'The journal could not be rewritten'),
    });
    isReplaying = false;
    if (journal.damagedLines > 0) {
      log.error({ lines: journal.damagedLines }, 'The journal has lines that cannot be read');
    }
    const relay = new AlertRelay(options, state, journal, options.createSinks(state));
    relay.#resume();
    return relay;
  }

  get sinkNames(): readonly SinkName[] {
    return this.#sinkNames;
  }

  get state(): Pick<AlertState, 'deliveries' | 'firing' | 'deadCount' | 'keyCount'> {
    return this.#state;
  }

  /** How many alerts each sink did not take, those of sinks that are no longer configured included. */
  get deadLetters(): ReadonlyMap<SinkName, number> {
    const names = new Set([...this.#sinkNames, ...this.#state.deadSinks]);
    return new Map([...names].map((name) => [name, this.#state.deadCount(name)]));
  }

  get journal(): Pick<Journal<never>, 'sizeBytes' | 'isWritable' | 'damagedLines'> {
    return this.#journal;
  }

  get queues(): ReadonlyMap<
    SinkName,
    Pick<DeliveryQueue, 'length' | 'lastDeliveredAtMs' | 'lastAnswer' | 'failuresInARow'>
  > {
    return this.#queues;
  }

  /** Whether the journal can be written; tries the disk where it has failed before. */
  async probeJournal(): Promise<boolean> {
    const isWritable = await this.#journal.probe();
    if (isWritable) await this.#writeMissed();
    return isWritable;
  }

  /** The sinks of a route: `default` is all of them, and each has one of its own. null for no such route. */
  routeTo(route: string): readonly SinkName[] | null {
    return this.#routes.get(route) ?? null;
  }

  /**
   * Resolves when the post is on the disk.
   * @throws RefusalError for a post that cannot be taken
   */
  async accept(received: ReceivedPost): Promise<Acceptance> {
    const { client, idempotencyKey, bodyText, post } = received;
    const sinks = this.routeTo(post.route);
    if (sinks === null) throw new RefusalError('relay/unknown-route');
    const key = hash('sha256', `${client.id} ${idempotencyKey}`, 'base64url');
    const body = hash('sha256', bodyText ?? '', 'base64url');
    const known = this.#state.keyOf(key);
    const pending = this.#inFlight.get(key);
    if (known !== null || pending !== undefined) {
      if ((known ?? pending)?.body !== body) throw new RefusalError('relay/key-reused');
      const receipt = known?.receipt ?? (await pending?.done);
      if (receipt === undefined) throw new RefusalError('relay/unexpected');
      this.#options.observe?.repeated?.();
      return { receipt, isRepeat: true };
    }
    this.#requireRoom(sinks, post.alerts.length);
    const done = this.#take(received, { key, body }, sinks);
    this.#inFlight.set(key, { body, done });
    try {
      return { receipt: await done, isRepeat: false };
    } finally {
      this.#inFlight.delete(key);
    }
  }

  /** Puts dead letters back into their queues, or gives them up. Returns how many. */
  settleDead(what: 'retry' | 'discard', only: number | null): Promise<number> {
    const done = this.#settling.then(() => this.#settleAll(what, only));
    this.#settling = done.catch(() => undefined);
    return done;
  }

  /** Ends the attempts that are under way, writes what is known, and takes nothing more. */
  async stop(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.stop()));
    for (const sink of this.#sinks) sink.close();
    await this.#writeMissed();
    await this.#journal.close();
  }

  async #settleAll(what: 'retry' | 'discard', only: number | null): Promise<number> {
    const dead = [...this.#state.dead()].filter(({ post }) => only === null || post.post === only);
    let settled = 0;
    for (const { post, unit } of dead) {
      if (await this.#settleUnit(what, post, unit)) settled += 1;
    }
    return settled;
  }

  async #settleUnit(
    what: 'retry' | 'discard',
    post: PostEntry,
    { alert, sink }: Unit,
  ): Promise<boolean> {
    const isRetry = what === 'retry';
    if (isRetry && !this.#queues.has(sink)) return false;
    const unit = this.#state.unitOf(post.post, alert, sink);
    // Writing takes time, in which the oldest may have been given up.
    if (unit?.status !== 'dead') return false;
    const { attempts, answer, isUncertain } = unit;
    const nowMs = this.#options.clock.epochNow();
    await this.#journal.append({
      kind: 'progress',
      sink,
      units: [[post.post, alert]],
      change: {
        status: isRetry ? 'queued' : 'discarded',
        attempts,
        answer,
        isUncertain,
        finishedAtMs: isRetry ? null : nowMs,
        ...(isRetry ? { retriedAtMs: nowMs } : {}),
      },
    });
    if (isRetry) this.#enqueue(post, { ...unit, retriedAtMs: nowMs });
    return true;
  }

  #requireRoom(sinks: readonly SinkName[], alerts: number): void {
    if (sinks.length === 0) {
      throw new RefusalError('relay/no-destination', {
        retryAfterSeconds: RETRY_UNCONFIGURED_SECONDS,
      });
    }
    const { maxQueued } = this.#options;
    for (const sink of sinks) {
      if ((this.#queues.get(sink)?.length ?? 0) + alerts > maxQueued) {
        throw new RefusalError('relay/queue-full', { retryAfterSeconds: RETRY_QUEUE_SECONDS });
      }
    }
    let waitSeconds = 0;
    for (const sink of sinks) {
      waitSeconds = Math.max(waitSeconds, this.#limits.get(sink)?.secondsUntil(alerts) ?? 0);
    }
    if (waitSeconds > 0) {
      this.#options.observe?.limited?.();
      throw new RefusalError('relay/too-many-requests', { retryAfterSeconds: waitSeconds });
    }
    for (const sink of sinks) this.#limits.get(sink)?.take(alerts);
  }

  async #take(
    { client, post, bodyText }: ReceivedPost,
    { key, body }: Pick<PostEntry, 'key' | 'body'>,
    sinks: readonly SinkName[],
  ): Promise<AlertReceipt> {
    const atMs = this.#options.clock.epochNow();
    const { skewMs, alerts, areAsGiven } = receivedAlerts(post, atMs, this.#options.isKnownLink);
    const entry: PostEntry = {
      kind: 'post',
      post: this.#state.takePostNumber(),
      client: client.id,
      key,
      body,
      atMs,
      skewMs,
      alerts,
      sinks,
    };
    try {
      await this.#journal.append(entry, lineOfPost(entry, areAsGiven ? bodyText : null));
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#options.log.error(
        { err: error },
        'An alert was not taken: the journal cannot be written',
      );
      throw new RefusalError('relay/journal-unwritable', {
        retryAfterSeconds: RETRY_JOURNAL_SECONDS,
      });
    }
    void this.#writeMissed();
    for (const [state, alerts] of countByState(entry.alerts)) {
      this.#options.observe?.accepted?.(state, alerts);
    }
    for (const sink of entry.sinks) {
      for (let alert = 0; alert < entry.alerts.length; alert++) {
        this.#enqueue(entry, { sink, alert, attempts: 0, isUncertain: false });
      }
    }
    const receipt = this.#state.keyOf(entry.key)?.receipt;
    if (receipt === undefined) throw new Error('An applied post has no receipt');
    return receipt;
  }

  #resume(): void {
    for (const { post, unit } of this.#state.queued()) {
      if (this.#queues.has(unit.sink)) {
        this.#enqueue(post, unit);
        continue;
      }
      void this.#note(unit.sink, [[post.post, unit.alert]], {
        ...unit,
        status: 'dead',
        answer: 'the sink is no longer configured',
        finishedAtMs: this.#options.clock.epochNow(),
      });
    }
  }

  #enqueue(
    post: Omit<PostEntry, 'sinks' | 'units'>,
    unit: Pick<Unit, 'alert' | 'sink' | 'attempts' | 'isUncertain' | 'retriedAtMs'>,
  ): void {
    const alert = post.alerts[unit.alert];
    if (alert === undefined) return;
    this.#queues.get(unit.sink)?.add({
      id: `${post.post}-${unit.alert}`,
      post: post.post,
      index: unit.alert,
      alert,
      device: this.#options.deviceName(post.client),
      skewMs: post.skewMs,
      acceptedAtMs: post.atMs,
      // The day of trying begins anew.
      triedSinceMs: unit.retriedAtMs ?? post.atMs,
      attempts: unit.attempts,
      mayBeRepeat: unit.isUncertain,
      isPartlySent: false,
    });
  }

  #createQueue(sink: Sink): DeliveryQueue {
    const { clock, random, observe } = this.#options;
    return new DeliveryQueue({
      sink,
      clock,
      random,
      onAttempt: async (parcels) => {
        await this.#noteAll(sink.name, parcels, (parcel) => ({
          status: 'queued',
          attempts: parcel.attempts + 1,
          answer: '',
          isUncertain: true,
          finishedAtMs: null,
        }));
      },
      onFailed: (parcels, answer) => {
        observe?.attempted?.(sink.name, 'failed', parcels.length);
        this.#options.log.warn(
          { sink: sink.name, answer, alerts: parcels.length },
          'A delivery failed',
        );
        void this.#noteAll(sink.name, parcels, ({ attempts, mayBeRepeat, isPartlySent }) => ({
          status: 'queued',
          attempts,
          answer,
          isUncertain: mayBeRepeat || isPartlySent,
          finishedAtMs: null,
        }));
      },
      onFinished: (parcels, status, answer) => {
        this.#finish(sink.name, parcels, status, answer);
      },
    });
  }

  #finish(
    sink: SinkName,
    parcels: readonly QueuedParcel[],
    status: 'delivered' | 'dead',
    answer: string,
  ): void {
    const { clock, observe, log } = this.#options;
    const nowMs = clock.epochNow();
    observe?.attempted?.(sink, status === 'delivered' ? 'delivered' : 'refused', parcels.length);
    if (status === 'delivered') {
      for (const { acceptedAtMs } of parcels) observe?.delivered?.(sink, nowMs - acceptedAtMs);
      log.info({ sink, alerts: parcels.length, answer }, 'Delivered');
    } else {
      log.error({ sink, alerts: parcels.length, answer }, 'Not delivered, and not tried again');
    }
    void this.#noteAll(sink, parcels, ({ attempts, mayBeRepeat, isPartlySent }) => ({
      status,
      attempts,
      answer,
      isUncertain: mayBeRepeat || (status === 'dead' && isPartlySent),
      finishedAtMs: nowMs,
    }));
  }

  /** One entry for all parcels that are told the same of, which is mostly all of them. */
  async #noteAll(
    sink: SinkName,
    parcels: readonly QueuedParcel[],
    changeOf: (parcel: QueuedParcel) => ProgressEntry['change'],
  ): Promise<void> {
    const groups = new Map<
      string,
      { change: ProgressEntry['change']; units: [number, number][] }
    >();
    for (const parcel of parcels) {
      const id = `${parcel.attempts} ${parcel.mayBeRepeat} ${parcel.isPartlySent}`;
      let group = groups.get(id);
      if (group === undefined) groups.set(id, (group = { change: changeOf(parcel), units: [] }));
      group.units.push([parcel.post, parcel.index]);
    }
    await Promise.all(
      [...groups.values()].map(({ change, units }) => this.#note(sink, units, change)),
    );
  }

  /**
   * Writes progress down, later if the disk does not take it now. What was not written when the relay is killed costs no
   * alert: it is delivered once more.
   */
  async #note(
    sink: SinkName,
    units: ProgressEntry['units'],
    change: ProgressEntry['change'],
  ): Promise<void> {
    const { status, attempts, answer, isUncertain, finishedAtMs } = change;
    const entry: ProgressEntry = {
      kind: 'progress',
      sink,
      units,
      change: { status, attempts, answer, isUncertain, finishedAtMs },
    };
    try {
      await this.#journal.append(entry);
    } catch (err) {
      this.#options.log.error({ err, sink }, 'Progress was not written to the journal');
      for (const unit of units) {
        this.#missed.set(missedId(sink, unit), { ...entry, units: [unit] });
      }
      return;
    }
    if (this.#missed.size === 0) return;
    for (const unit of units) this.#missed.delete(missedId(sink, unit));
    void this.#writeMissed();
  }

  /** Never rejects: what fails again is kept. */
  async #writeMissed(): Promise<void> {
    if (this.#missed.size === 0) return;
    const missed = [...this.#missed];
    this.#missed.clear();
    await Promise.all(
      missed.map(async ([id, entry]) => {
        try {
          await this.#journal.append(entry);
        } catch {
          if (!this.#missed.has(id)) this.#missed.set(id, entry);
        }
      }),
    );
  }
}

function missedId(sink: SinkName, [post, alert]: ProgressEntry['units'][number]): string {
  return `${sink} ${post} ${alert}`;
}

function countByState(alerts: readonly AlertMessage[]): ReadonlyMap<AlertMessage['state'], number> {
  const counts = new Map<AlertMessage['state'], number>();
  for (const { state } of alerts) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}
