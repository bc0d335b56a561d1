/**
 * Evaluates the rules every 15 seconds and after changes, by one page of the site at a time, however many are open. The
 * outcome is written as one with what is to be told; a page that ends before that has decided nothing.
 */
import type { AlertRule } from '../contracts/alert.ts';
import type { AlertRecord, OutboxEntry } from '../contracts/alert-record.ts';
import type { SinkName } from '../contracts/relay.ts';
import { priorityOf, toMessage, toPosts } from '../core/alerts/alert-message.ts';
import { builtInRules, rulesWith } from '../core/alerts/built-in-rules.ts';
import { evaluateRules, type Evaluation } from '../core/alerts/evaluate-rules.ts';
import { parseAlertRule } from '../core/alerts/parse-rule.ts';
import { readMeasure } from '../core/alerts/read-measure.ts';
import type { Objective } from '../core/metrics/dashboard-shape.ts';
import type { AlertBook, AlertStore } from '../store/alert-port.ts';
import type { AlertRows } from './alert-rows.ts';
import type { Log } from './monitor-access.ts';
import { sizeOf } from './relay-request.ts';

export interface AlertRunnerOptions {
  readonly store: Pick<AlertStore, 'book' | 'decide'>;
  readonly rows: Pick<AlertRows, 'read'>;
  readonly objectives: () => readonly Objective[];
  /** Name of this browser in labels. */
  readonly instance: () => string;
  /** Address of the page without its fragment. */
  readonly pageUrl: string;
  readonly version: string;
  readonly epochNow: () => number;
  readonly newId: () => string;
  readonly log: Log;
  /** Whether anybody could take a post; without, nothing is put into the outbox. */
  readonly mayQueue: () => boolean;
  /** Whether the relay passes on to an Alertmanager, which is told again what still fires. */
  readonly mayRepeat: () => boolean;
  /** What was decided is on the disk. */
  readonly onDecided: (
    announcements: readonly AlertRecord[],
    queued: readonly OutboxEntry[],
  ) => void;
}

export const EVALUATE_EVERY_MS = 15_000;
/**
 * Often enough for a relay, which forgets after a day what it hears no more of, and seldom: of several relays each that has
 * heard of an alert goes on repeating it, though another hears of its end.
 */
const REPEAT_EVERY_MS = 6 * 3_600_000;
/** It is people who are told once. */
const REPEAT_ROUTE: SinkName = 'alertmanager';
/** Where nothing happens, what stands on the disk may be so old. */
const WRITE_AT_LEAST_EVERY_MS = 60_000;

export class AlertRunner {
  readonly #options: AlertRunnerOptions;
  #isRunning = false;
  #isAskedFor = false;
  #writtenAtMs = -Infinity;
  /** By alert, when the relay was told of it again. */
  #repeatedAtMs: ReadonlyMap<string, number> = new Map();

  constructor(options: AlertRunnerOptions) {
    this.#options = options;
  }

  /** Never rejects. A call while another runs has it run once more. */
  async evaluate(): Promise<void> {
    this.#isAskedFor = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#isAskedFor) {
        this.#isAskedFor = false;
        await this.#evaluate();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #evaluate(): Promise<void> {
    const { store, rows, objectives, instance, epochNow, newId } = this.#options;
    const [book, source] = await Promise.all([store.book(), rows.read(epochNow())]);
    // What cannot be read now is looked at the next time; meanwhile, what fires goes on firing.
    if (!book.ok || !source.ok) return;
    const nowMs = epochNow();
    const evaluation = evaluateRules({
      rules: rulesOf(book.value.editedRules, objectives()),
      statuses: book.value.statuses,
      firing: book.value.firing,
      silences: book.value.silences,
      read: (rule) => readMeasure(rule, source.value, nowMs),
      nowMs,
      instance: instance(),
      newId,
    });
    if (this.#isOldNews(book.value, evaluation, nowMs)) return;
    const repeats = this.#repeatsOf(book.value.firing, evaluation, nowMs);
    const outbox = [
      ...this.#posts(evaluation.announcements, nowMs),
      ...this.#posts(repeats, nowMs).map(asRepeat),
    ];
    const decided = await store.decide({
      revision: book.value.revision,
      statuses: evaluation.statuses,
      alerts: evaluation.alerts,
      outbox,
    });
    // Where another page was first, it has told what there was to tell.
    if (!decided.ok || !decided.value) return;
    this.#writtenAtMs = nowMs;
    this.#noteRepeats(evaluation.alerts, repeats, nowMs);
    this.#log(evaluation);
    this.#options.onDecided(evaluation.announcements, outbox);
  }

  #posts(announcements: readonly AlertRecord[], nowMs: number): readonly OutboxEntry[] {
    const { pageUrl, version, mayQueue, newId } = this.#options;
    if (announcements.length === 0 || !mayQueue()) return [];
    const context = { pageUrl, version, nowMs };
    const messages = announcements.map((alert) => toMessage(alert, context));
    return toPosts(messages, context).map((post) => ({
      id: newId(),
      priority: priorityOf(post),
      createdAtMs: nowMs,
      sizeBytes: sizeOf(post),
      post,
      attempts: 0,
      dueAtMs: nowMs,
      leasedUntilMs: 0,
    }));
  }

  /** What has been firing for long since anybody was told of it. */
  #repeatsOf(
    firing: readonly AlertRecord[],
    { alerts, announcements }: Evaluation,
    nowMs: number,
  ): readonly AlertRecord[] {
    const now = new Map([...firing, ...alerts].map((alert) => [alert.id, alert]));
    for (const { id } of announcements) now.delete(id);
    const due = [...now.values()].filter(({ id, state, announced, firedAtMs }) => {
      // Also where the clock was set back.
      const sinceMs = Math.abs(nowMs - (this.#repeatedAtMs.get(id) ?? firedAtMs));
      return state === 'firing' && announced === 'firing' && sinceMs >= REPEAT_EVERY_MS;
    });
    return due.length > 0 && this.#options.mayRepeat() ? due : [];
  }

  /** Without alerts that have ended. */
  #noteRepeats(
    changed: readonly AlertRecord[],
    repeats: readonly AlertRecord[],
    nowMs: number,
  ): void {
    const ended = new Set(changed.filter(({ state }) => state !== 'firing').map(({ id }) => id));
    this.#repeatedAtMs = new Map([
      ...[...this.#repeatedAtMs].filter(([id]) => !ended.has(id)),
      ...repeats.map(({ id }) => [id, nowMs] as const),
    ]);
  }

  /** Whether nothing but the time of the evaluation would be written. */
  #isOldNews({ statuses }: AlertBook, evaluation: Evaluation, nowMs: number): boolean {
    const sinceMs = nowMs - this.#writtenAtMs;
    if (sinceMs < 0 || sinceMs >= WRITE_AT_LEAST_EVERY_MS) return false;
    if (evaluation.alerts.length > 0) return false;
    if (statuses.length !== evaluation.statuses.length) return false;
    const before = new Map(statuses.map((status) => [status.ruleId, status]));
    return evaluation.statuses.every((status) => {
      const known = before.get(status.ruleId);
      return status.state === 'inactive'
        ? known?.state === 'inactive' && known.hasData === status.hasData
        : false;
    });
  }

  #log({ announcements, alerts }: Evaluation): void {
    const { log } = this.#options;
    for (const { ruleId, state, labels, value, threshold, n } of announcements) {
      if (state !== 'firing') log('info', 'alerts', 'alert ended', { rule: ruleId, state });
      else {
        const { severity } = labels;
        log('warn', 'alerts', 'alert fired', { rule: ruleId, severity, value, threshold, n });
      }
    }
    for (const { ruleId, state, mutedBy, announced } of alerts) {
      if (state === 'firing' && announced === 'nothing' && mutedBy !== null) {
        log('debug', 'alerts', 'alert muted', { rule: ruleId, by: mutedBy.kind });
      }
    }
  }
}

/** Of all posts the one that can best be done without. */
function asRepeat(entry: OutboxEntry): OutboxEntry {
  return { ...entry, priority: 0, post: { ...entry.post, route: REPEAT_ROUTE } };
}

/** All rules that hold; what another version has stored and this one cannot read is left out. */
export function rulesOf(
  edited: readonly unknown[],
  objectives: readonly Objective[],
): readonly AlertRule[] {
  const readable = edited.flatMap((rule) => {
    const parsed = parseAlertRule(rule);
    return parsed.ok ? [parsed.value] : [];
  });
  return rulesWith(builtInRules(objectives), readable);
}
