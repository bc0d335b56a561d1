/**
 * Everything that the relay knows of alerts, made of journal entries: which posts it has taken, how far each alert is
 * on its way to each sink, which idempotency keys were used, and what fires at the moment.
 */
import type { AlertMessage, AlertPost } from '../src/contracts/alert.ts';
import type { AlertReceipt, DeliveryEntry, SinkName } from '../src/contracts/relay.ts';
import type { JournaledState } from './journal.ts';

export type UnitStatus = DeliveryEntry['status'];

/** One alert of a post on its way to one sink. */
export interface Unit {
  readonly alert: number;
  readonly sink: SinkName;
  readonly status: UnitStatus;
  readonly attempts: number;
  readonly answer: string;
  /** An attempt began whose end is not known: the sink may have it already. */
  readonly isUncertain: boolean;
  readonly finishedAtMs: number | null;
  /** When the operator had it tried anew, last. */
  readonly retriedAtMs?: number | undefined;
}

export interface PostEntry {
  readonly kind: 'post';
  readonly post: number;
  /** Who sent it: `same-origin`, `admin`, or the id of a token. */
  readonly client: string;
  /** Hash over client and idempotency key. */
  readonly key: string;
  /** Hash over the body. */
  readonly body: string;
  readonly atMs: number;
  /** How far the sender's clock is ahead; its times in `alerts` are corrected. */
  readonly skewMs: number;
  readonly alerts: readonly AlertMessage[];
  /** Each alert goes to each of them. */
  readonly sinks: readonly SinkName[];
  /** How far each is; not there for a post that was just accepted. */
  readonly units?: readonly Unit[];
}

/** A post of which nothing had to be corrected, as the journal has it: with the body that came instead of its alerts. */
interface GivenPostEntry extends Omit<PostEntry, 'alerts'> {
  readonly given: AlertPost;
}

/** What has happened to units of one sink. */
export interface ProgressEntry {
  readonly kind: 'progress';
  readonly sink: SinkName;
  readonly units: readonly (readonly [post: number, alert: number])[];
  readonly change: Omit<Unit, 'alert' | 'sink'>;
}

/** A used key, as snapshots had them one by one. */
interface KeyEntry extends KeyState {
  readonly kind: 'key';
  readonly key: string;
}

/** Used keys, oldest first, of posts that went to the same sinks. There are so many that each must be short. */
interface KeysEntry {
  readonly kind: 'keys';
  readonly sinks: readonly SinkName[];
  readonly keys: readonly (readonly [
    key: string,
    body: string,
    atMs: number,
    post: number,
    accepted: number,
  ])[];
}

/** The numbers below are taken. */
interface NextPostEntry {
  readonly kind: 'next-post';
  readonly post: number;
}

/** Nothing fires but what follows. */
interface FiringNoneEntry {
  readonly kind: 'firing-none';
}

interface FiringEntry extends FiringAlert {
  readonly kind: 'firing';
}

export type AlertEntry =
  PostEntry | ProgressEntry | KeyEntry | KeysEntry | NextPostEntry | FiringNoneEntry | FiringEntry;

interface KeyState {
  readonly body: string;
  readonly atMs: number;
  readonly receipt: AlertReceipt;
}

export interface FiringAlert {
  readonly client: string;
  readonly alert: AlertMessage;
  readonly atMs: number;
}

export interface AlertStateOptions {
  readonly epochNow: () => number;
  readonly keepKeysMs?: number;
  readonly maxKeys?: number;
  /** Posts of which every delivery is finished, kept for the delivery log. */
  readonly maxFinishedPosts?: number;
  /** Deliveries of these posts. */
  readonly maxFinishedUnits?: number;
  /** Alerts that no sink took; above it the oldest are given up. */
  readonly maxDead?: number;
  readonly onDeadGivenUp?: (alerts: number) => void;
}

export interface DeliveryFilter {
  /** Only what this client has sent; null for all. */
  readonly client: string | null;
  readonly post?: number | undefined;
  readonly fingerprint?: string | undefined;
  readonly status?: UnitStatus | undefined;
  readonly limit: number;
}

/** Longer than an outbox keeps an alert, or a late repetition would count as new. */
const KEEP_KEYS_MS = 72 * 3_600_000;
const MAX_KEYS = 250_000;
const KEYS_PER_ENTRY = 500;
const LOOK_AT_KEYS_EVERY_MS = 60_000;
const MAX_FINISHED_POSTS = 2_000;
const MAX_FINISHED_UNITS = 5_000;
const MAX_DEAD = 10_000;
const MAX_FIRING = 10_000;
/** A page that has not spoken of its alert for so long is gone. */
const FIRING_FORGOTTEN_MS = 24 * 3_600_000;

const KINDS = ['post', 'progress', 'key', 'keys', 'next-post', 'firing-none', 'firing'];

interface PostState extends PostEntry {
  units: Unit[];
  open: number;
}

export class AlertState implements JournaledState<AlertEntry> {
  readonly #options: Required<AlertStateOptions>;
  readonly #posts = new Map<number, PostState>();
  /** Posts without open deliveries, oldest first. */
  readonly #finished = new Set<number>();
  #finishedUnits = 0;
  /** Posts with dead deliveries and no open ones, oldest first. */
  readonly #deadPosts = new Set<number>();
  /** Oldest first. */
  readonly #keys = new Map<string, KeyState>();
  #keysLookedAtMs = -Infinity;
  readonly #firing = new Map<string, FiringAlert>();
  readonly #dead = new Map<SinkName, number>();
  #nextPost = 1;

  constructor(options: AlertStateOptions) {
    this.#options = {
      keepKeysMs: KEEP_KEYS_MS,
      maxKeys: MAX_KEYS,
      maxFinishedPosts: MAX_FINISHED_POSTS,
      maxFinishedUnits: MAX_FINISHED_UNITS,
      maxDead: MAX_DEAD,
      onDeadGivenUp: () => undefined,
      ...options,
    };
  }

  /** A number that no post has had; it counts as used from now on. */
  takePostNumber(): number {
    return this.#nextPost++;
  }

  keyOf(key: string): KeyState | null {
    return this.#keys.get(key) ?? null;
  }

  deadCount(sink: SinkName): number {
    return this.#dead.get(sink) ?? 0;
  }

  /** Sinks that have, or had, units that they did not take. */
  get deadSinks(): readonly SinkName[] {
    return [...this.#dead.keys()];
  }

  get keyCount(): number {
    return this.#keys.size;
  }

  /** Units that wait for delivery, oldest first. */
  *queued(): Iterable<{ readonly post: PostEntry; readonly unit: Unit }> {
    for (const post of this.#posts.values()) {
      for (const unit of post.units) if (unit.status === 'queued') yield { post, unit };
    }
  }

  /** Units that no sink took, oldest first. */
  *dead(): Iterable<{ readonly post: PostEntry; readonly unit: Unit }> {
    for (const post of this.#posts.values()) {
      for (const unit of post.units) if (unit.status === 'dead') yield { post, unit };
    }
  }

  /** null for one that is no longer known. */
  unitOf(post: number, alert: number, sink: SinkName): Unit | null {
    const units = this.#posts.get(post)?.units ?? [];
    return units.find((unit) => unit.alert === alert && unit.sink === sink) ?? null;
  }

  /** What fires by the last word of each client, without what nobody has spoken of for a day. */
  firing(): readonly FiringAlert[] {
    const oldestMs = this.#options.epochNow() - FIRING_FORGOTTEN_MS;
    for (const [id, { atMs }] of this.#firing) if (atMs < oldestMs) this.#firing.delete(id);
    return [...this.#firing.values()];
  }

  /** Newest first. */
  deliveries(filter: DeliveryFilter): readonly DeliveryEntry[] {
    const found: DeliveryEntry[] = [];
    for (const post of [...this.#posts.values()].reverse()) {
      if (filter.post !== undefined && post.post !== filter.post) continue;
      if (filter.client !== null && post.client !== filter.client) continue;
      for (const unit of post.units) {
        const alert = post.alerts[unit.alert];
        if (alert === undefined) continue;
        if (filter.fingerprint !== undefined && alert.fingerprint !== filter.fingerprint) continue;
        if (filter.status !== undefined && unit.status !== filter.status) continue;
        if (found.length === filter.limit) return found;
        found.push(toDelivery(post, alert, unit));
      }
    }
    return found;
  }

  parse(line: unknown): AlertEntry | null {
    const isEntry =
      typeof line === 'object' &&
      line !== null &&
      'kind' in line &&
      KINDS.includes(String(line.kind));
    // Nobody but the relay writes this file, and a line is there as a whole or not at all.
    if (!isEntry) return null;
    const { given, ...entry } = line as GivenPostEntry | (AlertEntry & { readonly given?: never });
    return (given === undefined ? entry : { ...entry, alerts: given.alerts }) as AlertEntry;
  }

  apply(entry: AlertEntry): void {
    switch (entry.kind) {
      case 'post':
        return this.#applyPost(entry);
      case 'progress':
        return this.#applyProgress(entry);
      case 'key':
        return this.#rememberKey(entry.key, entry);
      case 'keys':
        for (const [key, body, atMs, post, accepted] of entry.keys) {
          this.#rememberKey(key, { body, atMs, receipt: { post, accepted, sinks: entry.sinks } });
        }
        return;
      case 'next-post':
        this.#nextPost = Math.max(this.#nextPost, entry.post);
        return;
      case 'firing-none':
        return this.#firing.clear();
      case 'firing':
        this.#firing.set(firingId(entry.client, entry.alert), entry);
        return;
      default:
        entry satisfies never;
    }
  }

  *snapshot(): Iterable<AlertEntry> {
    yield { kind: 'next-post', post: this.#nextPost };
    yield* keysEntries(this.#keys);
    for (const post of this.#posts.values()) {
      const { kind, post: number, client, key, body, atMs, skewMs, alerts, sinks, units } = post;
      yield { kind, post: number, client, key, body, atMs, skewMs, alerts, sinks, units };
    }
    // A post that is kept for the log must not bring back what has resolved since.
    yield { kind: 'firing-none' };
    for (const { client, alert, atMs } of this.firing()) {
      yield { kind: 'firing', client, alert, atMs };
    }
  }

  #applyPost(entry: PostEntry): void {
    if (this.#posts.has(entry.post)) return;
    this.#nextPost = Math.max(this.#nextPost, entry.post + 1);
    const units = [...unitsOf(entry)];
    const open = units.filter(({ status }) => status === 'queued').length;
    this.#posts.set(entry.post, { ...entry, units, open });
    for (const { status, sink } of units) if (status === 'dead') this.#countDead(sink, 1);
    this.#rememberKey(entry.key, {
      body: entry.body,
      atMs: entry.atMs,
      receipt: receiptOf(entry),
    });
    for (const alert of entry.alerts) this.#noteFiring(entry, alert);
    if (open === 0) this.#retire(entry.post);
  }

  #applyProgress({ sink, units, change }: ProgressEntry): void {
    for (const [number, alert] of units) {
      const post = this.#posts.get(number);
      const at = post?.units.findIndex((unit) => unit.alert === alert && unit.sink === sink) ?? -1;
      const before = post?.units[at];
      if (post === undefined || before === undefined) continue;
      // Field by field and not by spreading, which costs more: it is done for each alert and delivery.
      const { status, attempts, answer, isUncertain, finishedAtMs } = change;
      const retriedAtMs = change.retriedAtMs ?? before.retriedAtMs;
      post.units[at] = {
        alert,
        sink,
        status,
        attempts,
        answer,
        isUncertain,
        finishedAtMs,
        retriedAtMs,
      };
      const deadMore = Number(change.status === 'dead') - Number(before.status === 'dead');
      if (deadMore !== 0) this.#countDead(sink, deadMore);
      post.open += Number(change.status === 'queued') - Number(before.status === 'queued');
      if (post.open === 0) this.#retire(number);
      else this.#reopen(number);
    }
  }

  #noteFiring({ client, atMs }: PostEntry, alert: AlertMessage): void {
    if (alert.state === 'test') return;
    const id = firingId(client, alert);
    this.#firing.delete(id);
    if (alert.state === 'firing') this.#firing.set(id, { client, alert, atMs });
    for (const old of oldestBeyond(this.#firing, MAX_FIRING)) this.#firing.delete(old);
  }

  #rememberKey(key: string, { body, atMs, receipt }: KeyState): void {
    this.#keys.set(key, { body, atMs, receipt });
    for (const old of oldestBeyond(this.#keys, this.#options.maxKeys)) this.#keys.delete(old);
    this.#forgetOldKeys();
  }

  /** Not for each post: whoever looks at the first key passes over those that were deleted in front of it. */
  #forgetOldKeys(): void {
    const nowMs = this.#options.epochNow();
    // Also where the clock was set back.
    if (Math.abs(nowMs - this.#keysLookedAtMs) < LOOK_AT_KEYS_EVERY_MS) return;
    this.#keysLookedAtMs = nowMs;
    for (const [old, { atMs }] of this.#keys) {
      if (atMs >= nowMs - this.#options.keepKeysMs) return;
      this.#keys.delete(old);
    }
  }

  #countDead(sink: SinkName, change: number): void {
    this.#dead.set(sink, this.deadCount(sink) + change);
  }

  /** Keeps dead letters until somebody has dealt with them, and of the others the newest. */
  #retire(number: number): void {
    this.#reopen(number);
    if (this.#deadOf(number) > 0) this.#deadPosts.add(number);
    else {
      this.#finished.add(number);
      this.#finishedUnits += this.#unitsOf(number);
    }
    this.#forgetFinished();
    while (sum(this.#dead.values()) > this.#options.maxDead && this.#deadPosts.size > 0) {
      this.#giveUpOn(first(this.#deadPosts) ?? 0);
    }
  }

  /** What has deliveries to come is kept anyway. */
  #reopen(number: number): void {
    if (this.#finished.delete(number)) this.#finishedUnits -= this.#unitsOf(number);
    this.#deadPosts.delete(number);
  }

  /** The oldest, in one go for a tenth of them, as `oldestBeyond`. */
  #forgetFinished(): void {
    const { maxFinishedPosts, maxFinishedUnits } = this.#options;
    const isMore = (factor: number): boolean =>
      this.#finished.size > factor * maxFinishedPosts ||
      this.#finishedUnits > factor * maxFinishedUnits;
    if (!isMore(1.1)) return;
    for (const number of this.#finished) {
      if (!isMore(1)) return;
      this.#reopen(number);
      this.#posts.delete(number);
    }
  }

  #giveUpOn(number: number): void {
    this.#options.onDeadGivenUp(this.#deadOf(number));
    for (const { status, sink } of this.#posts.get(number)?.units ?? []) {
      if (status === 'dead') this.#countDead(sink, -1);
    }
    this.#deadPosts.delete(number);
    this.#posts.delete(number);
  }

  #unitsOf(number: number): number {
    return this.#posts.get(number)?.units.length ?? 0;
  }

  #deadOf(number: number): number {
    return this.#posts.get(number)?.units.filter(({ status }) => status === 'dead').length ?? 0;
  }
}

/**
 * The line of a new post for the journal, which `parse` reads back. `given` is the body that came, valid JSON of a valid
 * post, if its alerts are those of the entry: writing them anew costs a twelfth of what the relay does for a post.
 */
export function lineOfPost(entry: PostEntry, given: string | null): string {
  // Between its tokens JSON may have the end of a line.
  if (given === null || given.includes('\n')) return JSON.stringify(entry);
  const rest = JSON.stringify({ ...entry, alerts: undefined });
  return `${rest.slice(0, -1)},"given":${given}}`;
}

/** As the entry says, else at the beginning of the way. */
export function unitsOf({ alerts, sinks, units }: PostEntry): readonly Unit[] {
  return units ?? sinks.flatMap((sink) => alerts.map((_, alert) => newUnit(alert, sink)));
}

function newUnit(alert: number, sink: SinkName): Unit {
  return {
    alert,
    sink,
    status: 'queued',
    attempts: 0,
    answer: '',
    isUncertain: false,
    finishedAtMs: null,
    retriedAtMs: undefined,
  };
}

function receiptOf(entry: PostEntry): AlertReceipt {
  return {
    post: entry.post,
    accepted: entry.alerts.length,
    sinks: entry.sinks,
  };
}

/** The same alert of two devices is two alerts. */
function firingId(client: string, alert: AlertMessage): string {
  return `${client} ${alert.fingerprint}`;
}

/** A new entry begins with other sinks; nearly always these are one and the same list. */
function* keysEntries(known: ReadonlyMap<string, KeyState>): Iterable<KeysEntry> {
  let sinks: readonly SinkName[] = [];
  let keys: KeysEntry['keys'][number][] = [];
  for (const [key, { body, atMs, receipt }] of known) {
    if (keys.length === KEYS_PER_ENTRY || !areSame(receipt.sinks, sinks)) {
      if (keys.length > 0) yield { kind: 'keys', sinks, keys };
      ({ sinks } = receipt);
      keys = [];
    }
    keys.push([key, body, atMs, receipt.post, receipt.accepted]);
  }
  if (keys.length > 0) yield { kind: 'keys', sinks, keys };
}

function areSame(a: readonly SinkName[], b: readonly SinkName[]): boolean {
  return a === b || (a.length === b.length && a.every((sink, index) => sink === b[index]));
}

function toDelivery(post: PostState, alert: AlertMessage, unit: Unit): DeliveryEntry {
  return {
    post: post.post,
    fingerprint: alert.fingerprint,
    alertname: alert.labels.alertname,
    state: alert.state,
    sink: unit.sink,
    status: unit.status,
    attempts: unit.attempts,
    answer: unit.answer,
    mayBeRepeated: unit.isUncertain,
    acceptedAt: new Date(post.atMs).toISOString(),
    finishedAt: unit.finishedAtMs === null ? null : new Date(unit.finishedAtMs).toISOString(),
  };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/**
 * The oldest keys of a map or set that holds more than it should, none before it holds a tenth more: what was deleted at
 * the front is passed over each time, until V8 makes a new table.
 */
function oldestBeyond<T>(
  known: ReadonlyMap<T, unknown> | ReadonlySet<T>,
  max: number,
): readonly T[] {
  if (known.size <= 1.1 * max) return [];
  const oldest: T[] = [];
  for (const key of known.keys()) {
    if (known.size - oldest.length <= max) break;
    oldest.push(key);
  }
  return oldest;
}

function first<T>(values: Iterable<T>): T | undefined {
  for (const value of values) return value;
  return undefined;
}
