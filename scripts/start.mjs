/**
 * `npm start`: installs what is missing, builds what has changed, and serves the app on this machine.
 * Plain JavaScript: on a fresh clone it runs on the system's Node.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildIfChanged } from './build.mjs';
import { standInFor } from './forward-signals.mjs';
import { ensureInstalled, pinnedNode, root, scriptEnvironment } from './install.mjs';
import { relayFlags } from './relay-flags.mjs';

ensureInstalled();
buildIfChanged();

const server = spawn(pinnedNode(), [...relayFlags(), join(root, 'scripts', 'serve.ts')], {
  cwd: root,
  env: scriptEnvironment(),
  stdio: ['ignore', 'inherit', 'inherit'],
});
standInFor(server);
