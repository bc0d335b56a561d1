/** `npm start` as a process: what it serves, how Node runs it, and how it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '../../scripts/install.mjs';
import { relayFlags } from '../../scripts/relay-flags.mjs';

async function start(): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-start-'));
  const started = spawn(process.execPath, [join(root, 'scripts', 'start.mjs')], {
    cwd: root,
    env: { ...process.env, PORT: '0', RELAY_DATA: folder, RELAY_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (started.exitCode === null && started.signalCode === null) {
      started.kill('SIGTERM');
      await once(started, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    started.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      const found = /Shellwright is at (\S+)/u.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    started.on('exit', () => reject(new Error(`npm start has ended: ${said}`)));
  });
  return { process: started, url };
}

/** What Linux knows of the processes that this one has started. */
function childCommands(pid: number): readonly (readonly string[])[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .filter((name) => parentOf(name) === pid)
    .map((name) => readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1));
}

function parentOf(name: string): number | null {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    return Number(/\) \w (\d+)/u.exec(stat)?.[1]);
  } catch {
    // It has ended meanwhile.
    return null;
  }
}

test('npm start serves the app by the relay, and ends with 0 when it is told to', async () => {
  const { process: started, url } = await start();
  expect(await (await fetch(url)).text()).toContain('<title>Shellwright');
  expect(await (await fetch(`${url}v1/destinations`)).json()).toMatchObject({
    code: 'relay/not-signed-in',
  });
  started.kill('SIGTERM');
  expect(await once(started, 'exit')).toEqual([0, null]);
});

test.skipIf(process.platform !== 'linux')(
  'npm start runs Node with the flags of npm run relay, which keep its memory level',
  async () => {
    const { process: started } = await start();
    const flags = relayFlags();
    expect(flags).toEqual([
      expect.stringMatching(/^--max-semi-space-size=\d+$/u),
      expect.stringMatching(/^--heap-growing-percent=\d+$/u),
    ]);
    const [server = []] = childCommands(started.pid ?? 0).filter((command) =>
      command.some((part) => part.endsWith('serve.ts')),
    );
    expect(server.slice(1, -1)).toEqual(flags);
  },
);
