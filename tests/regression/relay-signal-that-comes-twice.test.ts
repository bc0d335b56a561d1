/** Ctrl+C on `npm start` reaches the relay two or three times, and the second killed it in the middle of its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { freshAlert, freshPost, readDeliveries, sendAlerts } from '../relay/support/clients.ts';
import { startRelay, temporaryFolder } from '../relay/support/processes.ts';
import { startRelayHere } from '../relay/support/relay-here.ts';
import { startSlack } from '../relay/support/slack-stand-in.ts';

test('a signal that is told twice ends it once, in order: what was on its way arrives, once', async () => {
  const slack = await startSlack();
  slack.delayMs = () => 1_000;
  const folder = temporaryFolder();
  const relay = await startRelay({ RELAY_DATA: folder, ...slack.environment });
  expect((await sendAlerts(relay.url, freshPost([freshAlert()]))).status).toBe(202);
  await expect.poll(() => slack.received.length).toBe(1);
  relay.child.kill('SIGTERM');
  await sleep(50);
  expect(await relay.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(slack.taken).toHaveLength(1);

  const next = await startRelayHere({ RELAY_DATA: folder, ...slack.environment });
  expect(await readDeliveries(next.url)).toMatchObject([{ status: 'delivered', attempts: 1 }]);
  expect(slack.received).toHaveLength(1);
});

/** A program whose place is taken by one that runs `code`. */
function startInFrontOf(code: string) {
  const module = pathToFileURL(
    join(import.meta.dirname, '..', '..', 'scripts', 'forward-signals.mjs'),
  ).href;
  const script = `
    import { spawn } from 'node:child_process';
    import { standInFor } from ${JSON.stringify(module)};
    standInFor(spawn(process.execPath, ['-e', ${JSON.stringify(code)}], { stdio: 'inherit' }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ended: once(child, 'exit') };
}

test('a server that was killed is no success of `npm start`, one that was told to end is', async () => {
  expect(await startInFrontOf('process.kill(process.pid, "SIGKILL")').ended).toEqual([1, null]);

  const waiting = startInFrontOf('console.log("runs"); setTimeout(() => {}, 60_000)');
  await once(waiting.child.stdout, 'data');
  waiting.child.kill('SIGTERM');
  expect(await waiting.ended).toEqual([0, null]);
});
