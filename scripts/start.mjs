/**
 * `npm start`: installs what is missing, builds what has changed, and serves the app on this machine.
 * Plain JavaScript: on a fresh clone it runs on the system's Node.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildIfChanged } from './build.mjs';
import { ensureInstalled, pinnedNode, root, scriptEnvironment } from './install.mjs';
import { relayFlags } from './relay-flags.mjs';

ensureInstalled();
buildIfChanged();

const server = spawn(pinnedNode(), [...relayFlags(), join(root, 'scripts', 'serve.ts')], {
  cwd: root,
  env: scriptEnvironment(),
  stdio: ['ignore', 'inherit', 'inherit'],
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => server.kill(signal));
}
server.on('exit', (code) => {
  process.exitCode = code ?? 0;
});
