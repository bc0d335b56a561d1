/**
 * Builds the app into dist/. `node scripts/build.mjs` always builds, and hands its arguments to `vite build`;
 * `buildIfChanged()` builds only if something that goes into the app has changed since.
 * Plain JavaScript: `npm start` and `npm test` run it on the system's Node.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, pinnedNode, root, runOrExit } from './install.mjs';

const cacheFolder = join(root, '.cache');
const appFolder = join(root, 'dist');
/** Holds the hash of what dist/ was built from. */
const noteFile = join(cacheFolder, 'dist-built-from.txt');

/** Everything that the built app depends on; a folder stands for all files in it. */
const appSources = [
  'bash-parser',
  'index.html',
  'package-lock.json',
  'package.json',
  'public',
  'scripts/build.mjs',
  'scripts/vite',
  'src',
  'tsconfig.base.json',
  'vite.config.ts',
];

/**
 * The file itself, or all files below the folder, in a fixed order.
 * @param {string} path
 * @returns {string[]}
 */
function filesAt(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Sha256 over the names and contents of files.
 * @param {string[]} paths
 */
function hashFiles(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesAt(join(root, path)))) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${String(content.length)}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Compiles the bash parser to WASM; its build knows by itself whether anything has changed. */
export function buildParser() {
  runOrExit(pinnedNode(), [join(root, 'bash-parser', 'build.ts')]);
}

/**
 * Builds beside the old build and swaps at the end: a server that runs meanwhile never sees half of one.
 * @param {string[]} viteArguments
 */
function buildApp(viteArguments) {
  const fresh = join(cacheFolder, `dist-${String(process.pid)}`);
  const old = `${fresh}-old`;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const place = ['--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn'];
  // Vitest, which builds before the end-to-end tests, runs under NODE_ENV=test: another app than the one to be tested.
  const environment = { NODE_ENV: 'production' };
  runOrExit(pinnedNode(), [vite, 'build', ...place, ...viteArguments], environment);
  if (existsSync(appFolder)) renameSync(appFolder, old);
  renameSync(fresh, appFolder);
  rmSync(old, { recursive: true, force: true });
}

/** Builds the app unless dist/ was built from the very same sources. */
export function buildIfChanged() {
  buildParser();
  const hash = hashFiles(appSources);
  const isBuilt = existsSync(join(appFolder, 'index.html')) && existsSync(noteFile);
  if (isBuilt && readFileSync(noteFile, 'utf8') === hash) return;
  console.log('Building the app.');
  rmSync(noteFile, { force: true });
  buildApp([]);
  writeFileSync(noteFile, hash);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureInstalled();
  buildParser();
  rmSync(noteFile, { force: true });
  buildApp(process.argv.slice(2));
}
