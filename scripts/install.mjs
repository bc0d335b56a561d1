/**
 * Installs the packages of package-lock.json where they are missing or differ, and says where Node 24 is.
 * Plain JavaScript without packages: on a fresh clone it runs on the system's Node.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const root = join(import.meta.dirname, '..');

/**
 * The packages of a lock file by folder, without the project itself.
 * @param {string} path
 */
function readPackages(path) {
  const { packages } = /** @type {{ packages: Record<string, Record<string, unknown>> }} */ (
    JSON.parse(readFileSync(path, 'utf8'))
  );
  delete packages[''];
  return packages;
}

/** Whether node_modules holds what the lock file says. npm notes what it installed in node_modules/.package-lock.json. */
export function isInstalled() {
  const noted = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(noted) || !existsSync(pinnedNode())) return false;
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(noted);
  return Object.entries(wanted).every(([folder, entry]) => {
    const other = present[folder];
    if (other === undefined) return entry['optional'] === true; // Built for another system.
    return other['version'] === entry['version'] && other['integrity'] === entry['integrity'];
  });
}

/** The Node that package.json pins. */
export function pinnedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(root, 'node_modules', 'node', 'bin', name);
}

/** The environment in which npm scripts run: node_modules/.bin first, so that `node` is the pinned one. */
export function scriptEnvironment() {
  const bin = join(root, 'node_modules', '.bin');
  // Windows spells it `Path`, and a copy of the environment tells the two spellings apart.
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...process.env, [name]: `${bin}${delimiter}${process.env[name] ?? ''}` };
}

/**
 * Runs a command in the project's folder with our output, and ends this process if it fails.
 * @param {string} command
 * @param {string[]} parameters
 * @param {NodeJS.ProcessEnv} [environment] in addition to ours
 */
export function runOrExit(command, parameters, environment = {}) {
  const result = spawnSync(command, parameters, {
    cwd: root,
    env: { ...scriptEnvironment(), ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (result.error !== undefined) console.error(`${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/**
 * What npm is told to install everything: the tools are dev dependencies, and the pinned Node comes by an install script.
 * A machine set up for production, or one that runs no such script, leaves out either. `allowScripts` in package.json
 * still says whose scripts run.
 * @param {boolean} isClean whether node_modules is emptied first
 */
function npmParameters(isClean) {
  const command = isClean ? ['ci'] : ['install', '--no-save'];
  return [...command, '--include=dev', '--ignore-scripts=false'];
}

export function ensureInstalled() {
  if (isInstalled()) return;
  const isFresh = !existsSync(join(root, 'node_modules'));
  console.log(isFresh ? 'Installing packages.' : 'Packages changed: installing.');
  // `npm ci` empties node_modules first, which the running Node may come from; only a fresh clone or CI wants that.
  runOrExit('npm', npmParameters(isFresh || process.env['CI'] === 'true'));
  if (existsSync(pinnedNode())) return;
  console.error(
    'npm has installed the packages, but not the Node that they pin: its install script did not run. ' +
      'See whether npm may run it (`npm config get ignore-scripts`), and run `npm rebuild node`.',
  );
  process.exit(1);
}
