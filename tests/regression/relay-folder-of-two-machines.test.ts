/**
 * Two relays whose folders for temporary files differ, as those of two containers do, both took one folder of journals, and
 * lost alerts that they had acknowledged.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { lockFolder } from '../../relay/instance-lock.ts';
import { temporaryFolder } from '../unit/relay/support/test-relay.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** As a process of its own does whose temporary files lie elsewhere. */
function lockFromElsewhere(folder: string): ReturnType<typeof lockFolder> {
  vi.stubEnv('TMPDIR', temporaryFolder());
  return lockFolder(folder);
}

test('a folder is one relay’s, wherever their temporary files lie', async () => {
  const folder = temporaryFolder();
  const first = await lockFromElsewhere(folder);
  expect(first).not.toBeNull();
  expect(await lockFromElsewhere(folder)).toBeNull();
  first?.release();
  const second = await lockFromElsewhere(folder);
  expect(second).not.toBeNull();
  second?.release();
});

test('a process that was killed leaves a name behind, and no lock', async () => {
  const folder = temporaryFolder();
  const module = join(import.meta.dirname, '..', '..', 'relay', 'instance-lock.ts');
  const code = `
    import { lockFolder } from ${JSON.stringify(module)};
    await lockFolder(${JSON.stringify(folder)});
    process.kill(process.pid, 'SIGKILL');`;
  spawnSync(process.execPath, ['--input-type=module', '--eval', code]);
  expect(existsSync(join(folder, 'relay.sock'))).toBe(true);
  const lock = await lockFolder(folder);
  expect(lock).not.toBeNull();
  lock?.release();
});

test('a folder whose path is too long for a socket is one relay’s too', async () => {
  const folder = join(temporaryFolder(), 'x'.repeat(100));
  const lock = await lockFolder(folder);
  expect(lock).not.toBeNull();
  expect(await lockFolder(folder)).toBeNull();
  lock?.release();
});
