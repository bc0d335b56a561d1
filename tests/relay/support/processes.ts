/** Programs that a test starts and that end with it: the relay, Alertmanager, Prometheus. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findOrInstallMonitoring } from '../../../scripts/find-monitoring.mjs';

const root = join(import.meta.dirname, '..', '..', '..');

export interface RelayProcess {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** Everything that it has written to its output and its errors. */
  output(): string;
  kill(
    signal: 'SIGKILL' | 'SIGTERM',
  ): Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-relay-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** `npm run relay` without npm. Resolves when it listens. @throws Error with its output where it ends before that */
export async function startRelay(
  environment: Readonly<Record<string, string>>,
): Promise<RelayProcess> {
  const child = spawn(process.execPath, [join(root, 'relay', 'cli.ts')], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const port = await new Promise<number>((resolve, reject) => {
    const listen = (bytes: Buffer): void => {
      output += bytes.toString();
      const found = /"port":(\d+),"msg":"Listening"/.exec(output)?.[1];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', () => reject(new Error(`The relay ended: ${output}`)));
  });
  return {
    url: `http://localhost:${port}`,
    port,
    child,
    output: () => output,
    async kill(signal) {
      child.kill(signal);
      const [code, by] = (await ended) as [number | null, string | null];
      return { code, signal: by };
    },
  };
}

export interface AlertmanagerOptions {
  /** Where its notifications go. */
  readonly webhookUrl?: string;
  readonly port?: number;
  /** Addresses of the cluster's members, this one's first. */
  readonly cluster?: readonly string[];
}

export interface AlertmanagerProcess {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Resolves when it is ready. */
export async function startAlertmanager(
  options: AlertmanagerOptions = {},
): Promise<AlertmanagerProcess> {
  const folder = temporaryFolder();
  const config = join(folder, 'alertmanager.yml');
  const webhooks =
    options.webhookUrl === undefined
      ? ''
      : `    webhook_configs:\n      - url: '${options.webhookUrl}'\n        send_resolved: true\n`;
  writeFileSync(
    config,
    'route:\n  receiver: test\n  group_by: [alertname]\n  group_wait: 200ms\n  group_interval: 500ms\n' +
      `receivers:\n  - name: test\n${webhooks}`,
  );
  const port = options.port ?? (await freePort());
  const [own, ...peers] = options.cluster ?? [];
  const stop = await startProgram(
    findOrInstallMonitoring().alertmanager,
    [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--cluster.listen-address=${own ?? ''}`,
      ...peers.map((peer) => `--cluster.peer=${peer}`),
    ],
    `http://127.0.0.1:${port}/-/ready`,
  );
  return { url: `http://127.0.0.1:${port}`, port, stop };
}

/** Prometheus with this configuration, by its address. Resolves when it is ready. */
export async function startPrometheus(
  config: string,
  flags: readonly string[] = [],
): Promise<string> {
  const folder = temporaryFolder();
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, config);
  const port = await freePort();
  await startProgram(
    findOrInstallMonitoring().prometheus,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...flags,
    ],
    `http://127.0.0.1:${port}/-/ready`,
  );
  return `http://127.0.0.1:${port}`;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Returns what stops it. @throws Error with its errors where it ends before it is ready */
async function startProgram(
  path: string,
  parameters: readonly string[],
  readyUrl: string,
): Promise<() => Promise<void>> {
  const child = spawn(path, parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(stop);
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => (errors = (errors + bytes.toString()).slice(-4_000)));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${path} ended: ${errors}`);
    const isReady = await fetch(readyUrl).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return stop;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
