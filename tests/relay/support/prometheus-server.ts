/** A Prometheus that a test starts on data of its own, and what is asked of it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findOrInstallMonitoring } from '../../../scripts/find-monitoring.mjs';

/** Value by series of an instant query; the key has the labels sorted by name. */
export type Answer = ReadonlyMap<string, number>;

export interface PrometheusServer {
  readonly url: string;
  query(expression: string, atEpochMs: number): Promise<Answer>;
}

/** Gone when the test is. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-prometheus-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @returns what it prints. @throws Error with what it says where it fails */
export function promtool(parameters: readonly string[], input = ''): string {
  return execFileSync(findOrInstallMonitoring().promtool, parameters, {
    encoding: 'utf8',
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Resolves when it is ready; it ends with the test. @param data folder with blocks, or for them */
export async function servePrometheus(data: string, config = '{}'): Promise<PrometheusServer> {
  const file = join(data, 'prometheus.yml');
  writeFileSync(file, config);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    findOrInstallMonitoring().prometheus,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--storage.tsdb.retention.time=10y',
      '--enable-feature=exemplar-storage',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => (errors = (errors + bytes.toString()).slice(-4000)));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Prometheus ended: ${errors}`);
    const isReady = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, query: (expression, atEpochMs) => query(url, expression, atEpochMs) };
}

async function query(url: string, expression: string, atEpochMs: number): Promise<Answer> {
  const asked = new URLSearchParams({ query: expression, time: String(atEpochMs / 1000) });
  const response = await fetch(`${url}/api/v1/query?${asked.toString()}`);
  const body = (await response.json()) as {
    readonly error?: string;
    readonly data?: {
      readonly resultType: string;
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly value: readonly [number, string];
      }[];
    };
  };
  if (body.data === undefined) throw new Error(`${expression}: ${body.error ?? response.status}`);
  return new Map(
    body.data.result.map(({ metric, value }) => [seriesText(metric), Number(value[1])]),
  );
}

function seriesText(metric: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...labels } = metric;
  const list = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${list.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
