/**
 * `npm test`: installs what is missing, a browser included where one is needed, and runs the tests. Arguments go to Vitest,
 * for example `npm test -- --project unit` or `npm test -- tests/e2e/pwa.test.ts`.
 * Plain JavaScript: on a fresh clone it runs on the system's Node.
 */
import { join } from 'node:path';
import { buildParser } from './build.mjs';
import { findOrInstallBrowser, needsBrowser } from './find-browser.mjs';
import { ensureInstalled, pinnedNode, root, runOrExit } from './install.mjs';

const parameters = process.argv.slice(2);
ensureInstalled();
try {
  if (needsBrowser(parameters)) process.env['CHROME_PATH'] = findOrInstallBrowser();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
buildParser();
// The app itself is built by the setup of the end-to-end tests, the only ones that need it.
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
runOrExit(pinnedNode(), [vitest, 'run', ...parameters]);
