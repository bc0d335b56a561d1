/**
 * `npm run check`: the static checks that CI runs before the tests, all of them even if one fails.
 * Plain JavaScript: on a fresh clone it runs on the system's Node.
 */
import { spawnSync } from 'node:child_process';
import { buildIfChanged } from './build.mjs';
import { ensureInstalled, root, scriptEnvironment } from './install.mjs';

const checks = ['format:check', 'lint', 'typecheck', 'deps', 'unused', 'size'];

ensureInstalled();
buildIfChanged();

const failed = checks.filter((name) => {
  const startedAtMs = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', name], {
    cwd: root,
    env: scriptEnvironment(),
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  return status !== 0;
});
if (failed.length > 0) {
  console.error(`Checks that failed: ${failed.join(', ')}`);
  process.exit(1);
}
