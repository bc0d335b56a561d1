/** The relay as a process: how it starts, how it ends, what it says. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freshAlert, freshPost, readDeliveries, sendAlerts } from './support/clients.ts';
import { freePort, startRelay, temporaryFolder } from './support/processes.ts';
import { startRelayHere } from './support/relay-here.ts';
import { startSlack } from './support/slack-stand-in.ts';

const root = join(import.meta.dirname, '..', '..');

/** Runs the command line to its end. */
function runRelay(environment: Readonly<Record<string, string>>, ...parameters: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'relay', 'cli.ts'), ...parameters],
    { env: { PATH: process.env['PATH'] ?? '', ...environment }, encoding: 'utf8', timeout: 30_000 },
  );
  return { status, stdout, stderr };
}

test('SIGTERM ends it with 0: requests under way are answered, and what was accepted is kept', async () => {
  const slack = await startSlack();
  slack.answer = () => ({ kind: 'status', status: 500 });
  const folder = temporaryFolder();
  const relay = await startRelay({ RELAY_DATA: folder, ...slack.environment });
  // Those that come after the signal find nobody: their status is 0.
  const answers = Array.from({ length: 50 }, () =>
    sendAlerts(relay.url, freshPost([freshAlert()])).then(
      ({ status }) => status,
      () => 0,
    ),
  );
  await answers[0];
  const { code } = await relay.kill('SIGTERM');
  expect(code).toBe(0);
  const statuses = await Promise.all(answers);
  const accepted = statuses.filter((status) => status === 202).length;
  expect(accepted).toBeGreaterThan(0);

  slack.answer = () => ({ kind: 'status', status: 200 });
  const next = await startRelayHere({ RELAY_DATA: folder, ...slack.environment });
  expect((await readDeliveries(next.url)).length).toBeGreaterThanOrEqual(accepted);
});

test('a folder serves one relay at a time, and is free again after a kill', async () => {
  const folder = temporaryFolder();
  const first = await startRelay({ RELAY_DATA: folder });
  const second = runRelay({ RELAY_DATA: folder, PORT: '0' });
  expect(second.status).toBe(1);
  expect(second.stderr).toContain('Another relay uses the folder of RELAY_DATA');
  await first.kill('SIGKILL');
  await startRelay({ RELAY_DATA: folder });
});

test('a wrong setting is named, and its value is not', () => {
  const { status, stderr, stdout } = runRelay({ SLACK_WEBHOOK_URL: 'https://evil.example/canary' });
  expect(status).toBe(1);
  expect(stderr).toBe('SLACK_WEBHOOK_URL does not point to hooks.slack.com.\n');
  expect(stdout).toBe('');
});

test('a port that is taken is said to be', async () => {
  const relay = await startRelay({ RELAY_DATA: temporaryFolder() });
  const { status, stderr } = runRelay({ PORT: String(relay.port), RELAY_DATA: temporaryFolder() });
  expect(status).toBe(1);
  expect(stderr).toContain('EADDRINUSE');
});

test('tokens are minted, listed and revoked on the command line, while it runs', async () => {
  const folder = temporaryFolder();
  const slack = await startSlack();
  const relay = await startRelay({
    RELAY_DATA: folder,
    RELAY_REQUIRE_TOKEN: '1',
    ...slack.environment,
  });
  const token = runRelay({ RELAY_DATA: folder }, 'token', 'mint', 'office laptop').stdout.trim();
  expect(runRelay({ RELAY_DATA: folder }, 'token', 'list').stdout).toContain('office laptop');
  const status = async (): Promise<number> =>
    (await sendAlerts(relay.url, freshPost([freshAlert()]), { token })).status;
  await expect.poll(status).toBe(202);
  expect((await sendAlerts(relay.url, freshPost([freshAlert()]))).status).toBe(401);
  runRelay({ RELAY_DATA: folder }, 'token', 'revoke', 'office laptop');
  await expect.poll(status).toBe(401);
  expect(runRelay({}, 'token', 'mint', '../../etc').status).toBe(1);
});

test('a client that sends half a request and then nothing holds up nobody', async () => {
  const relay = await startRelayHere({});
  const { port, hostname } = new URL(relay.url);
  const slow = connect(Number(port), hostname);
  onTestFinished(() => void slow.destroy());
  slow.write('POST /v1/alerts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n');
  expect((await fetch(`${relay.url}/health`)).status).toBe(200);
});

// Only root can make a small disk.
test.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')(
  'on a full disk nothing is acknowledged that is not kept, and it goes on when there is room',
  async () => {
    const folder = join(temporaryFolder(), 'small');
    mkdirSync(folder);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder], {
        stdio: 'ignore',
      });
    } catch {
      return; // A container that may not mount; the unit tests have a disk that fails.
    }
    onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
    const port = await freePort();
    const relay = await startRelayHere({
      RELAY_DATA: folder,
      ALERTMANAGER_URL: `http://127.0.0.1:${port}`,
    });
    const long = freshAlert({ summary: 'x'.repeat(500), runbook: 'y'.repeat(1000) });
    const post = freshPost(Array.from({ length: 20 }, () => long));
    const statuses: number[] = [];
    while (statuses.at(-1) !== 503) statuses.push((await sendAlerts(relay.url, post)).status);
    const kept = statuses.filter((status) => status === 202).length;
    expect(kept).toBeGreaterThan(0);
    const journal = readFileSync(join(folder, 'alerts.ndjson'), 'utf8');
    expect(journal.match(/"kind":"post"/g)).toHaveLength(kept);
    expect((await fetch(`${relay.url}/health/detailed`)).status).toBe(503);

    execFileSync('mount', ['-o', 'remount,size=4m', folder]);
    expect((await fetch(`${relay.url}/health/detailed`)).status).toBe(200);
    expect((await sendAlerts(relay.url, post)).status).toBe(202);
  },
);
