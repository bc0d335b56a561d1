/**
 * Alertmanager, by its API v2: what fires is repeated as Prometheus does it, so that it neither ends by itself nor gets
 * lost when Alertmanager restarts. Several addresses are the members of one cluster; each gets everything, and one that
 * answers is enough.
 */
import type { AlertMessage } from '../../src/contracts/alert.ts';
import type { FiringAlert } from '../alert-state.ts';
import { oneLine } from './alert-text.ts';
import { postJson } from './post-json.ts';
import type { Parcel, SendOutcome, Sink } from './sink.ts';

export interface AlertmanagerOptions {
  /** Without a trailing slash. */
  readonly urls: readonly string[];
  /** Of the form `Basic …` or `Bearer …`; null for none. */
  readonly authorization: string | null;
  readonly epochNow: () => number;
  readonly firing: () => readonly FiringAlert[];
  readonly deviceName: (client: string) => string | null;
  /** Told of firing alerts that are not repeated any more, as each was refused by itself. */
  readonly onLeftOut?: (alerts: number, answer: string) => void;
  readonly timeoutMs?: number;
  readonly repeatEveryMs?: number;
}

interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

const TIMEOUT_MS = 5_000;
const MAX_BATCH = 1_000;
/** Nobody waits for a message for so short a time, and a request costs as much as dozens of alerts. */
const GATHER_MS = 50;
const REPEAT_EVERY_MS = 60_000;
/** What is not repeated for so long has ended: four repetitions, as Prometheus has it. */
const HOLD_REPETITIONS = 4;
const TEST_LASTS_MS = 60_000;

export class AlertmanagerSink implements Sink {
  readonly name = 'alertmanager';
  readonly maxBatch = MAX_BATCH;
  readonly minIntervalMs = 0;
  readonly gatherMs = GATHER_MS;
  readonly isIdempotent = true;
  readonly upkeep: NonNullable<Sink['upkeep']>;
  readonly #options: AlertmanagerOptions;
  /** Refused when they were repeated alone. What a client sends next of the same alert is another object. */
  readonly #leftOut = new WeakSet<AlertMessage>();

  constructor(options: AlertmanagerOptions) {
    this.#options = options;
    this.upkeep = {
      everyMs: options.repeatEveryMs ?? REPEAT_EVERY_MS,
      run: () => this.#repeatFiring(),
    };
  }

  async send(parcels: readonly Parcel[]): Promise<SendOutcome> {
    const holdUntil = this.#holdUntil();
    const outcomes = await this.#post(
      parcels.map(({ alert, device }) => this.#postable(alert, device, holdUntil)),
    );
    return (
      outcomes.find(({ kind }) => kind === 'delivered') ??
      outcomes.find(({ kind }) => kind === 'failed') ??
      outcomes[0] ?? { kind: 'refused', answer: 'no address' }
    );
  }

  close(): void {
    // Nothing is held between attempts.
  }

  /** What is refused is tried in halves: one client's alert must not end those of everybody else. */
  async #repeatFiring(): Promise<void> {
    const { firing, onLeftOut } = this.#options;
    const holdUntil = this.#holdUntil();
    const parts = chunksOf(firing().filter(({ alert }) => !this.#leftOut.has(alert)));
    let isOpen: boolean | null = null;
    let leftOut = 0;
    let lastAnswer = '';
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const outcomes = await this.#repeat(part, holdUntil);
      if (outcomes.some(({ kind }) => kind === 'delivered')) continue;
      const refusal = outcomes.find(({ kind }) => kind === 'refused');
      // The next repetition is soon enough.
      if (refusal === undefined || !(isOpen ??= await this.#takesNone())) break;
      const [first] = part;
      if (part.length > 1) {
        const half = Math.ceil(part.length / 2);
        parts.unshift(part.slice(0, half), part.slice(half));
      } else if (first !== undefined) {
        this.#leftOut.add(first.alert);
        leftOut += 1;
        lastAnswer = refusal.answer;
      }
    }
    if (leftOut > 0) onLeftOut?.(leftOut, lastAnswer);
  }

  #repeat(firing: readonly FiringAlert[], holdUntil: string): Promise<readonly SendOutcome[]> {
    return this.#post(
      firing.map(({ alert, client }) =>
        this.#postable(alert, this.#options.deviceName(client), holdUntil),
      ),
    );
  }

  /** Whether a list without alerts is taken: where it is not, a refusal says nothing of the alerts. */
  async #takesNone(): Promise<boolean> {
    return (await this.#post([])).some(({ kind }) => kind === 'delivered');
  }

  /** What each address answers. */
  #post(alerts: readonly PostableAlert[]): Promise<readonly SendOutcome[]> {
    const { urls, authorization, epochNow, timeoutMs = TIMEOUT_MS } = this.#options;
    return Promise.all(
      urls.map((url) =>
        postJson({
          url: `${url}/api/v2/alerts`,
          body: alerts,
          ...(authorization === null ? {} : { headers: { Authorization: authorization } }),
          timeoutMs,
          epochNow,
        }),
      ),
    );
  }

  /** `holdUntil` is when what fires has ended, if nothing more is heard of it. */
  #postable(alert: AlertMessage, device: string | null, holdUntil: string): PostableAlert {
    const { labels, startsAt, summary, runbook, value, threshold, unit, n, link } = alert;
    return {
      labels: { ...labels, ...(device === null ? {} : { device }) },
      annotations: {
        summary: oneLine(summary, 1_000),
        ...(runbook === '' ? {} : { runbook: oneLine(runbook, 1_000) }),
        value: value === null ? 'no data' : String(value),
        threshold: String(threshold),
        unit,
        samples: String(n),
        state: alert.state,
      },
      startsAt,
      endsAt: alert.state === 'firing' ? holdUntil : this.#endOf(alert),
      ...(link === '' ? {} : { generatorURL: link }),
    };
  }

  #holdUntil(): string {
    const { epochNow, repeatEveryMs = REPEAT_EVERY_MS } = this.#options;
    return new Date(epochNow() + HOLD_REPETITIONS * repeatEveryMs).toISOString();
  }

  #endOf({ state, endsAt }: AlertMessage): string {
    const nowMs = this.#options.epochNow();
    const endsAtMs = state === 'test' ? nowMs + TEST_LASTS_MS : Date.parse(endsAt ?? '');
    return new Date(Number.isNaN(endsAtMs) ? nowMs : endsAtMs).toISOString();
  }
}

function chunksOf(firing: readonly FiringAlert[]): (readonly FiringAlert[])[] {
  const chunks: (readonly FiringAlert[])[] = [];
  for (let first = 0; first < firing.length; first += MAX_BATCH) {
    chunks.push(firing.slice(first, first + MAX_BATCH));
  }
  return chunks;
}
