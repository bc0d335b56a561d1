/** A whole relay without network: requests are injected, sinks are fakes, time stands still. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { onTestFinished } from 'vitest';
import { AlertRelay, type AlertRelayOptions } from '../../../../relay/alert-relay.ts';
import { createApp, type AppOptions } from '../../../../relay/app.ts';
import { readConfig } from '../../../../relay/config.ts';
import { isKnownLink } from '../../../../relay/known-link.ts';
import { createLog } from '../../../../relay/log.ts';
import { createMetrics } from '../../../../relay/metrics.ts';
import type { Sink } from '../../../../relay/sinks/sink.ts';
import { Telemetry } from '../../../../relay/telemetry.ts';
import { TokenFile } from '../../../../relay/tokens.ts';
import type { AlertPost } from '../../../../src/contracts/alert.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeSink } from './fake-sink.ts';
import { TestDisk } from './test-file.ts';

export interface TestRelayOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: FakeClock;
  readonly sinks?: readonly Sink[];
  readonly folder?: string;
  readonly disk?: TestDisk;
  readonly app?: AppOptions['app'];
  readonly base?: string;
  readonly relay?: Partial<AlertRelayOptions>;
}

export interface TestRelay {
  readonly app: FastifyInstance;
  readonly relay: AlertRelay;
  readonly clock: FakeClock;
  readonly sink: FakeSink;
  readonly disk: TestDisk;
  readonly tokens: TokenFile;
  readonly folder: string;
  readonly logged: string[];
  beginToStop(): void;
  /** Ends without a word, as a kill does; what is on the disk stays. */
  abandon(): void;
  request(options: InjectOptions): Promise<LightMyRequestResponse>;
  postAlerts(
    post: AlertPost,
    options?: { readonly key?: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<LightMyRequestResponse>;
}

/** Headers of a page that the relay serves. */
export const OWN_PAGE = { host: 'localhost:4173', origin: 'http://localhost:4173' } as const;

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-relay-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

let lastKey = 0;

export async function startTestRelay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const clock = options.clock ?? new FakeClock();
  const disk = options.disk ?? new TestDisk();
  const folder = options.folder ?? temporaryFolder();
  const config = readConfig({ RELAY_DATA: folder, ...options.environment }, folder);
  const logged: string[] = [];
  const log = createLog('debug', { write: (line) => void logged.push(line) });
  const sink = new FakeSink(() => clock.now());
  const tokens = new TokenFile(folder);
  const relay = await AlertRelay.open({
    dataFolder: folder,
    createSinks: () => options.sinks ?? [sink],
    clock,
    random: () => 0.5,
    log,
    alertsPerMinute: config.limits.alertsPerRoute,
    maxQueued: config.maxQueued,
    deviceName: (client) => tokens.nameOf(client),
    isKnownLink: (link) => isKnownLink(link, config),
    openFile: disk.open,
    ...options.relay,
  });
  const metrics = createMetrics({
    queueLength: () => new Map([...relay.queues].map(([name, { length }]) => [name, length])),
    deadLetters: () => relay.deadLetters,
    lastDeliveredAtMs: () => new Map(relay.sinkNames.map((name) => [name, null])),
    firingAlerts: () => relay.state.firing().length,
    journalBytes: () => relay.journal.sizeBytes,
    isJournalWritable: () => relay.journal.isWritable,
    uptimeSeconds: () => clock.now() / 1000,
    startedAtMs: clock.epochNow(),
  });
  const telemetry = await Telemetry.open({
    dataFolder: folder,
    clock,
    log,
    openFile: disk.open,
    onDropped: (reason, series) => metrics.telemetryDropped.inc({ reason }, series),
  });
  let isStopping = false;
  const app = await createApp({
    config,
    relay,
    telemetry,
    tokens,
    metrics,
    clock,
    log,
    version: '0.1.0',
    startedAtMs: clock.epochNow(),
    uptimeSeconds: () => clock.now() / 1000,
    isStopping: () => isStopping,
    app: options.app ?? null,
    ...(options.base === undefined ? {} : { base: options.base }),
  });
  onTestFinished(() => app.close());
  return {
    app,
    relay,
    clock,
    sink,
    disk,
    tokens,
    folder,
    logged,
    beginToStop: () => (isStopping = true),
    abandon() {
      // Nobody answers the queue's attempts any more, and nothing of them is written.
      sink.answer = () => new Promise(() => undefined);
      disk.roomBytes = 0;
    },
    request: (request) => app.inject(request),
    postAlerts: (post, { key, headers } = {}) =>
      app.inject({
        method: 'POST',
        url: `${options.base ?? '/'}v1/alerts`,
        headers: {
          ...OWN_PAGE,
          'content-type': 'application/json',
          'idempotency-key': key ?? `test-key-${++lastKey}`,
          ...headers,
        },
        payload: JSON.stringify(post),
      }),
  };
}
