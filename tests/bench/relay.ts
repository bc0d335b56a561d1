/**
 * `npm run bench:relay`: how many alerts a second the relay accepts, each on the disk before it is acknowledged, beside
 * Alertmanager on the same machine in the same run, which keeps them in memory. The relay delivers meanwhile.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrInstallMonitoring } from '../../scripts/find-monitoring.mjs';
import { alertMessage, alertPost, fingerprintOf } from '../fixtures/alert-post.ts';
import { memoryOf, spawnRelay } from './relay-command.ts';
import { runLoad, type LoadResult } from './relay-load.ts';
import { median } from './support.ts';

const CONNECTIONS = 50;
const ROUNDS = 9;
/** Unmeasured: V8 compiles the relay's code until some 25,000 posts have come, and both fill their tables. */
const WARM_UP_ROUNDS = 5;
const POSTS_PER_ROUND = 4_000;
const MAX_ALERTS_PER_ROUND = 40_000;
const ALERTS_FOR_MEMORY = 100_000;
/** The least, what memory is measured with, and the most that Prometheus and the relay put into one post. */
const BATCHES = [1, 20, 64];
const BATCH = 20;
const IDLE_LOOK_MS = 300;
const MAX_IDLE_SHARE = 0.1;
const MAX_IDLE_LOOKS = 200;

interface Server {
  readonly name: string;
  readonly port: number;
  readonly child: ChildProcess;
  readonly request: (first: number, alerts: number) => string;
}

const folder = mkdtempSync(join(tmpdir(), 'shellwright-bench-'));
const children: ChildProcess[] = [];

function post(path: string, body: string, headers = ''): string {
  return (
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

function run(path: string, parameters: readonly string[], environment = {}): ChildProcess {
  const child = spawn(path, parameters, {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child;
}

async function untilReady(url: string): Promise<void> {
  while (
    !(await fetch(url).then(
      (r) => r.ok,
      () => false,
    ))
  ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function startAlertmanager(): Promise<Server> {
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
  const port = await freePort();
  const child = run(findOrInstallMonitoring().alertmanager, [
    `--config.file=${config}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
    '--log.level=error',
  ]);
  await untilReady(`http://127.0.0.1:${port}/-/ready`);
  const request = (first: number, alerts: number): string => {
    const list = Array.from({ length: alerts }, (_, index) => {
      const { labels, summary, startsAt, link, runbook } = alertMessage();
      return {
        labels: { ...labels, number: String(first + index) },
        annotations: { summary, runbook },
        startsAt,
        generatorURL: link,
      };
    });
    return post('/api/v2/alerts', JSON.stringify(list));
  };
  return { name: 'Alertmanager', port, child, request };
}

/** The relay, with an Alertmanager that takes everything at once as its destination. */
async function startRelay(): Promise<Server> {
  const sink = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  sink.unref();
  const port = await freePort();
  const child = spawnRelay(
    {
      PORT: String(port),
      RELAY_DATA: join(folder, 'relay'),
      RELAY_LOG_LEVEL: 'error',
      RELAY_ALERTS_PER_ROUTE: '10000000',
      RELAY_REQUESTS_PER_ADDRESS: '10000000',
      RELAY_MAX_QUEUED: '1000000',
      ALERTMANAGER_URL: `http://127.0.0.1:${(sink.address() as AddressInfo).port}`,
    },
    ['ignore', 'ignore', 'inherit'],
  );
  children.push(child);
  await untilReady(`http://127.0.0.1:${port}/health`);
  const request = (first: number, alerts: number): string => {
    const list = Array.from({ length: alerts }, (_, index) => {
      const { labels } = alertMessage();
      const fingerprint = fingerprintOf(first + index);
      return alertMessage({ fingerprint, labels: { ...labels, number: String(first + index) } });
    });
    const headers = `Origin: http://localhost\r\nIdempotency-Key: alerts-from-${first}\r\n`;
    return post('/v1/alerts', JSON.stringify(alertPost({ alerts: list })), headers);
  };
  return { name: 'relay', port, child, request };
}

/** Neither works off what came in the round before, at the cost of the other. */
async function untilIdle(servers: readonly Server[]): Promise<void> {
  for (let looks = 0; looks < MAX_IDLE_LOOKS; looks++) {
    const before = servers.map(({ child }) => cpuSeconds(child));
    await new Promise((resolve) => setTimeout(resolve, IDLE_LOOK_MS));
    const busy = servers.some(
      ({ child }, index) =>
        cpuSeconds(child) - (before[index] ?? 0) > (MAX_IDLE_SHARE * IDLE_LOOK_MS) / 1000,
    );
    if (!busy) return;
  }
  throw new Error('A server was still at work a minute after its round');
}

/** Of user and system together, as /proc/PID/stat has it in hundredths of a second. */
function cpuSeconds({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function harmonicMean(values: readonly number[]): number {
  return values.length / values.reduce((sum, value) => sum + 1 / value, 0);
}

function p99(latenciesMs: readonly number[]): number {
  return latenciesMs[Math.ceil(0.99 * latenciesMs.length) - 1] ?? NaN;
}

/** @throws Error where anything was refused */
function requireAccepted(name: string, { byStatus }: LoadResult): void {
  for (const [status, count] of byStatus) {
    if (status !== 200 && status !== 202) throw new Error(`${name}: ${count} answers of ${status}`);
  }
}

async function measure(servers: readonly Server[], alerts: number): Promise<void> {
  const rates = new Map<string, number[]>();
  const tails = new Map<string, number[]>();
  // One after the other in each round, so that whatever else the machine does hits all of them.
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const server of servers) {
      const start = numbers.get(server.name) ?? 0;
      const posts = Math.min(POSTS_PER_ROUND, Math.ceil(MAX_ALERTS_PER_ROUND / alerts));
      numbers.set(server.name, start + posts * alerts);
      // Made before, since whoever makes them takes part of the machine.
      const requests = Array.from({ length: posts }, (_, number) =>
        server.request(start + number * alerts, alerts),
      );
      await untilIdle(servers);
      const result = await runLoad({
        port: server.port,
        connections: CONNECTIONS,
        requests: posts,
        request: (number) => requests[number] ?? '',
      });
      requireAccepted(server.name, result);
      if (round < 0) continue;
      const rate = (posts * alerts) / result.seconds;
      rates.set(server.name, [...(rates.get(server.name) ?? []), rate]);
      tails.set(server.name, [...(tails.get(server.name) ?? []), p99(result.latenciesMs)]);
    }
  }
  console.log(
    `\n${alerts} alert${alerts === 1 ? '' : 's'} a post, ${CONNECTIONS} connections, medians of ${ROUNDS}:`,
  );
  for (const { name } of servers) {
    const rate = Math.round(median(rates.get(name) ?? []));
    // Of the time that all of them took: a median leaves out what slow rounds cost.
    const overall = Math.round(harmonicMean(rates.get(name) ?? []));
    const each = (rates.get(name) ?? []).map((value) => Math.round(value)).join(', ');
    console.log(
      `  ${name.padEnd(13)} ${rate} alerts/s (${each}; ${overall} over all), p99 ${median(tails.get(name) ?? []).toFixed(1)} ms`,
    );
  }
}

async function measureMemory(make: () => Promise<Server>): Promise<void> {
  const server = await make();
  const { residentMb: before } = await memoryOf(server.port);
  const result = await runLoad({
    port: server.port,
    connections: CONNECTIONS,
    requests: ALERTS_FOR_MEMORY / BATCH,
    request: (number) => server.request(number * BATCH, BATCH),
  });
  requireAccepted(server.name, result);
  const { residentMb: after } = await memoryOf(server.port);
  console.log(
    `  ${server.name.padEnd(13)} ${before.toFixed(0)} MB at the start, ${after.toFixed(0)} MB after ${ALERTS_FOR_MEMORY} alerts`,
  );
  await end(server.child);
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const numbers = new Map<string, number>();
try {
  const version = spawnSync(findOrInstallMonitoring().alertmanager, ['--version'], {
    encoding: 'utf8',
  });
  console.log(/version \S+/.exec(version.stdout + version.stderr)?.[0] ?? '', 'of Alertmanager');
  const servers = [await startAlertmanager(), await startRelay()];
  for (const alerts of BATCHES) await measure(servers, alerts);
  for (const { child } of servers) await end(child);
  rmSync(join(folder, 'relay'), { recursive: true, force: true });
  console.log('\nMemory:');
  await measureMemory(startAlertmanager);
  await measureMemory(startRelay);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
