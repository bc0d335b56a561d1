/** What `npm test` brings along for the tests that it runs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { needsBrowser } from '../../../scripts/find-browser.mjs';

test.each([
  [[], true],
  [['tests/e2e/pwa.test.ts'], true],
  [['--project', 'unit'], false],
  [['--project=relay', '--project', 'unit', 'tests/relay/slack.test.ts'], false],
  [['--project', 'unit', '--project=e2e'], true],
  [['--project=!unit'], true],
  [['--project'], true],
])('with %j a browser is needed: %s', (parameters, isNeeded) => {
  expect(needsBrowser(parameters)).toBe(isNeeded);
});

function mayInstallPackages(): boolean {
  try {
    return process.getuid?.() === 0 && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Runs the search where only the given programs are there, and these stand-ins of the system's. */
function findMonitoringWith(programs: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'shellwright-monitoring-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const add = (name: string, script: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\ncd ${folder}\n${script}\n`, { mode: 0o755 });
  };
  for (const program of programs) add(program, '');
  add('systemctl', 'echo "$@" >> services.txt; exit 1');
  const names = 'prometheus promtool amtool prometheus-alertmanager';
  add('apt-get', `for name in ${names}; do : > $name; /bin/chmod +x $name; done`);
  const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'find-monitoring.mjs');
  const { status } = spawnSync(process.execPath, [script], { env: { PATH: folder } });
  expect(status).toBe(0);
  return readFileSync(join(folder, 'services.txt'), 'utf8');
}

// Elsewhere nothing is installed.
test.skipIf(!mayInstallPackages())(
  'services that come with installed packages are switched off, and none that was there before',
  () => {
    expect(findMonitoringWith([])).toBe('disable --now prometheus prometheus-alertmanager\n');
    expect(findMonitoringWith(['prometheus', 'promtool'])).toBe(
      'disable --now prometheus-alertmanager\n',
    );
  },
);
