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

  constructor(options: AlertmanagerOptions) {
    this.#options = options;
    this.upkeep = {
      everyMs: options.repeatEveryMs ?? REPEAT_EVERY_MS,
      run: () => this.#repeatFiring(),
    };
  }

  send(parcels: readonly Parcel[]): Promise<SendOutcome> {
    const holdUntil = this.#holdUntil();
    return this.#post(parcels.map(({ alert, device }) => this.#postable(alert, device, holdUntil)));
  }

  close(): void {
    // Nothing is held between attempts.
  }

  async #repeatFiring(): Promise<void> {
    const { firing, deviceName } = this.#options;
    const holdUntil = this.#holdUntil();
    const alerts = firing().map(({ alert, client }) =>
      this.#postable(alert, deviceName(client), holdUntil),
    );
    for (let first = 0; first < alerts.length; first += MAX_BATCH) {
      const { kind } = await this.#post(alerts.slice(first, first + MAX_BATCH));
      // The next repetition is soon enough.
      if (kind !== 'delivered') return;
    }
  }

  async #post(alerts: readonly PostableAlert[]): Promise<SendOutcome> {
    const { urls, authorization, epochNow, timeoutMs = TIMEOUT_MS } = this.#options;
    const outcomes = await Promise.all(
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
    return (
      outcomes.find(({ kind }) => kind === 'delivered') ??
      outcomes.find(({ kind }) => kind === 'failed') ??
      outcomes[0] ?? { kind: 'refused', answer: 'no address' }
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
