/** Where npm was set up for production, or to run no install scripts, `npm start` found neither its tools nor its Node. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const installScript = join(import.meta.dirname, '..', '..', 'scripts', 'install.mjs');

/** A clone without packages, whose npm only notes what it is told and then runs `npmDoes`. */
function installWith(npmDoes: string) {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-install-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const name of ['scripts', 'bin']) mkdirSync(join(folder, name));
  copyFileSync(installScript, join(folder, 'scripts', 'install.mjs'));
  writeFileSync(join(folder, 'package-lock.json'), '{ "packages": {} }');
  writeFileSync(join(folder, 'bin', 'npm'), `#!/bin/sh\necho "$@" > told.txt\n${npmDoes}\n`, {
    mode: 0o755,
  });
  const code = "import { ensureInstalled } from './scripts/install.mjs'; ensureInstalled();";
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: [join(folder, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter),
      NODE_ENV: 'production',
      npm_config_ignore_scripts: 'true',
    },
  });
  return { status, stderr, told: readFileSync(join(folder, 'told.txt'), 'utf8').trim() };
}

test('everything is installed, whatever the machine is set up for', () => {
  const { status, told } = installWith(
    'mkdir -p node_modules/node/bin; : > node_modules/node/bin/node',
  );
  expect(told).toBe('ci --include=dev --ignore-scripts=false');
  expect(status).toBe(0);
});

test('where the pinned Node is missing all the same, that is said', () => {
  const { status, stderr } = installWith('mkdir node_modules');
  expect(status).toBe(1);
  expect(stderr).toContain('not the Node that they pin');
});
