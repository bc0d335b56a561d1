/** Puts the relay together from its configuration, listens, and ends in order: what was accepted is on the disk. */
import { mkdtempSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { isKnownClient } from './access.ts';
import { AlertRelay } from './alert-relay.ts';
import type { AlertState, FiringAlert } from './alert-state.ts';
import { createApp } from './app.ts';
import { systemClock, type Clock } from './clock.ts';
import { isLoopback, type RelayConfig } from './config.ts';
import { lockFolder, type InstanceLock } from './instance-lock.ts';
import { isKnownLink } from './known-link.ts';
import { createMetrics, type RelayMetrics } from './metrics.ts';
import { AlertmanagerSink } from './sinks/alertmanager.ts';
import { EmailSink } from './sinks/email.ts';
import type { Sink } from './sinks/sink.ts';
import { SlackSink } from './sinks/slack.ts';
import { Telemetry } from './telemetry.ts';
import { TokenFile } from './tokens.ts';

export interface ServerOptions {
  readonly config: RelayConfig;
  readonly log: Logger;
  readonly version: string;
  /** Folder of the built app; null for a relay without one. */
  readonly appFolder: string | null;
  /** `/`, or a sub-folder such as `/shellwright/`. */
  readonly base?: string;
  /** Whether a port that is taken makes way for the next free one. */
  readonly mayMovePort: boolean;
}

export interface RelayServer {
  /** Address of the app, with a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Where journals and tokens are. */
  readonly dataFolder: string;
  /** Requests under way get `graceMs` to end, 10 s if it is not given. Everything accepted is on the disk afterwards. */
  close(graceMs?: number): Promise<void>;
}

const PORTS_TO_TRY = 50;
const LOOK_ON_IPV6_MS = 500;
/** Requests and attempts that are under way get so long when the relay is told to stop. */
const STOP_WITHIN_MS = 10_000;
/** A signal that follows another so closely is the same one, told by somebody else. */
const REPEATED_SIGNAL_MS = 2_000;

/** @throws Error where the folder is in use, the port is taken, or a journal cannot be opened */
export async function startServer(options: ServerOptions): Promise<RelayServer> {
  const { config, log, version, base = '/' } = options;
  const clock = systemClock;
  const startedAtMs = clock.epochNow();
  const bornMs = clock.now();
  const uptimeSeconds = (): number => (clock.now() - bornMs) / 1000;
  const { dataFolder, lock } = await takeDataFolder(config, log);
  const tokens = new TokenFile(
    config.tokensFolder === config.dataFolder ? dataFolder : config.tokensFolder,
    (err) => log.error({ err }, 'The file of tokens cannot be read: no device is let in'),
  );
  // The tokens' names are needed for what the journal holds.
  tokens.list();
  let isStopping = false;
  const started: { relay: AlertRelay | null } = { relay: null };
  const metrics = metricsOf({
    relayNow: () => started.relay,
    tokens,
    clock,
    startedAtMs,
    uptimeSeconds,
  });
  const relay = await openRelay({ config, dataFolder, tokens, clock, log, metrics });
  started.relay = relay;
  const telemetry = await Telemetry.open({
    dataFolder,
    clock,
    log,
    onDropped: (reason, series) => metrics.telemetryDropped.inc({ reason }, series),
  });
  metrics.damagedLines.inc(relay.journal.damagedLines + telemetry.damagedLines);
  const app = await createApp({
    config,
    relay,
    telemetry,
    tokens,
    metrics,
    clock,
    log,
    version,
    startedAtMs,
    uptimeSeconds,
    isStopping: () => isStopping,
    app: options.appFolder === null ? null : { folder: options.appFolder },
    base,
  });
  const host = isLoopback(config.host) ? 'localhost' : config.host;
  let closing: Promise<void> | null = null;
  const close = async (graceMs = STOP_WITHIN_MS): Promise<void> => {
    isStopping = true;
    const cutOff = setTimeout(() => app.server.closeAllConnections(), graceMs);
    await app.close();
    clearTimeout(cutOff);
    await relay.stop();
    await telemetry.stop();
    lock.release();
  };
  let port: number;
  try {
    port = await listen(app, config, options.mayMovePort, log);
  } catch (error) {
    // Timers and sockets would keep the process alive.
    await close(0);
    throw error;
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}${base}`,
    port,
    dataFolder,
    close: (graceMs) => (closing ??= close(graceMs)),
  };
}

/**
 * Ends the process with code 0 once the server has closed, on SIGTERM and on Ctrl+C. Only somebody who has waited for a
 * while and signals again ends it at once.
 */
export function closeOnSignals(server: RelayServer, log: Logger): void {
  let stoppingSinceMs: number | null = null;
  const stop = (signal: NodeJS.Signals): void => {
    // Of one Ctrl+C the terminal tells everybody, npm and `npm start` tell it on: it comes up to three times.
    if (stoppingSinceMs !== null) {
      if (performance.now() - stoppingSinceMs > REPEATED_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppingSinceMs = performance.now();
    log.info({ signal }, 'Stopping');
    server.close().then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, 'Stopping failed');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
}

/** @throws Error where another relay has the folder that was asked for */
async function takeDataFolder(
  config: RelayConfig,
  log: Logger,
): Promise<{ readonly dataFolder: string; readonly lock: InstanceLock }> {
  const lock = await lockFolder(config.dataFolder);
  if (lock !== null) return { dataFolder: config.dataFolder, lock };
  if (config.isDataFolderChosen) {
    throw new Error('Another relay uses the folder of RELAY_DATA: each needs one of its own.');
  }
  const dataFolder = mkdtempSync(join(tmpdir(), 'shellwright-relay-'));
  log.warn('Another relay uses the usual folder: the journal of this one is in a temporary folder');
  const own = await lockFolder(dataFolder);
  if (own === null) throw new Error('A folder that was just made is in use.');
  return { dataFolder, lock: own };
}

function openRelay(parts: {
  readonly config: RelayConfig;
  readonly dataFolder: string;
  readonly tokens: TokenFile;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RelayMetrics;
}): Promise<AlertRelay> {
  const { config, dataFolder, tokens, clock, log, metrics } = parts;
  const deviceName = (client: string): string | null => tokens.nameOf(client);
  return AlertRelay.open({
    dataFolder,
    createSinks: (state) => createSinks({ config, clock, state, tokens, log, metrics }),
    clock,
    random: Math.random,
    log,
    alertsPerMinute: config.limits.alertsPerRoute,
    maxQueued: config.maxQueued,
    deviceName,
    isKnownLink: (link) => isKnownLink(link, config),
    observe: {
      accepted: (state, alerts) => metrics.alertsAccepted.inc({ state }, alerts),
      repeated: () => metrics.repeatedPosts.inc(),
      limited: () => metrics.rateLimited.inc({ limit: 'route' }),
      attempted: (sink, result, alerts) => metrics.deliveries.inc({ sink, result }, alerts),
      delivered: (sink, delayMs) =>
        metrics.deliverySeconds.observe({ sink }, Math.max(0, delayMs) / 1000),
      lost: (reason, alerts) => metrics.lostAlerts.inc({ reason }, alerts),
      journalSynced: (durationMs) => metrics.journalSeconds.observe(durationMs / 1000),
    },
  });
}

function createSinks(parts: {
  readonly config: RelayConfig;
  readonly clock: Clock;
  readonly state: AlertState;
  readonly tokens: TokenFile;
  readonly log: Logger;
  readonly metrics: RelayMetrics;
}): readonly Sink[] {
  const { config, clock, state, tokens, log, metrics } = parts;
  const { slack, email, alertmanager } = config;
  const epochNow = (): number => clock.epochNow();
  return [
    ...(slack === null ? [] : [new SlackSink({ ...slack, epochNow })]),
    ...(email === null ? [] : [new EmailSink(email)]),
    ...(alertmanager === null
      ? []
      : [
          new AlertmanagerSink({
            ...alertmanager,
            epochNow,
            firing: () => firingOfKnown(state, tokens, clock),
            deviceName: (client) => tokens.nameOf(client),
            onLeftOut: (alerts, answer) => {
              metrics.leftOutAlerts.inc(alerts);
              log.warn({ sink: 'alertmanager', alerts, answer }, 'Firing alerts are not repeated');
            },
          }),
        ]),
  ];
}

/** Nobody is left to say that the alert of a device whose token was revoked has ended. */
function firingOfKnown(
  state: Pick<AlertState, 'firing'>,
  tokens: TokenFile,
  clock: Clock,
): readonly FiringAlert[] {
  tokens.lookAgain(clock.now());
  return state.firing().filter(({ client }) => isKnownClient(client, tokens));
}

function metricsOf(parts: {
  readonly relayNow: () => AlertRelay | null;
  readonly tokens: TokenFile;
  readonly clock: Clock;
  readonly startedAtMs: number;
  readonly uptimeSeconds: () => number;
}): RelayMetrics {
  const { relayNow, tokens, clock, startedAtMs, uptimeSeconds } = parts;
  const perSink = <T>(read: (relay: AlertRelay, sink: AlertRelay['sinkNames'][number]) => T) => {
    const relay = relayNow();
    return new Map(relay?.sinkNames.map((sink) => [sink, read(relay, sink)]) ?? []);
  };
  return createMetrics({
    queueLength: () => perSink((relay, sink) => relay.queues.get(sink)?.length ?? 0),
    deadLetters: () => relayNow()?.deadLetters ?? new Map(),
    lastDeliveredAtMs: () =>
      perSink((relay, sink) => relay.queues.get(sink)?.lastDeliveredAtMs ?? null),
    firingAlerts: () => {
      const relay = relayNow();
      return relay === null ? 0 : firingOfKnown(relay.state, tokens, clock).length;
    },
    journalBytes: () => relayNow()?.journal.sizeBytes ?? 0,
    isJournalWritable: () => relayNow()?.journal.isWritable ?? false,
    uptimeSeconds,
    startedAtMs,
  });
}

async function listen(
  app: Awaited<ReturnType<typeof createApp>>,
  { host, port }: RelayConfig,
  mayMovePort: boolean,
  log: Logger,
): Promise<number> {
  await app.ready();
  for (let candidate = port; ; candidate++) {
    const mayMove = mayMovePort && candidate < port + PORTS_TO_TRY;
    const isElsewhereToo = host === '127.0.0.1' && (await isTakenOnIpv6(candidate));
    if (isElsewhereToo && mayMove) continue;
    try {
      await app.listen({ host, port: candidate });
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (isTaken && mayMove) continue;
      throw error;
    }
    if (isElsewhereToo)
      log.warn('Another program has this port on [::1]: localhost may lead there');
    return (app.server.address() as AddressInfo).port;
  }
}

/** Whether another program answers there: browsers take `localhost` for that address first. */
function isTakenOnIpv6(port: number): Promise<boolean> {
  if (port === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host: '::1', port, timeout: LOOK_ON_IPV6_MS });
    const settle = (isTaken: boolean): void => {
      socket.destroy();
      resolve(isTaken);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
