/**
 * Builds the app into dist/. `node scripts/build.mjs` always builds, and hands its arguments to `vite build`;
 * `buildIfChanged()` builds only if something that goes into the app has changed since.
 * Plain JavaScript: `npm start` and `npm test` run it on the system's Node.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
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
const parserSources = ['bash-parser', 'package-lock.json'];

/** Everything that the built app depends on; a folder stands for all files in it. */
const appSources = [
  ...parserSources,
  'index.html',
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

/** @param {string} name */
function noteFile(name) {
  return join(cacheFolder, `${name}-built-from.txt`);
}

/**
 * Runs `build` unless it already ran for the same sources.
 * @param {string} name
 * @param {string[]} sources
 * @param {() => void} build
 */
function onceFor(name, sources, build) {
  const hash = hashFiles(sources);
  const note = noteFile(name);
  if (existsSync(note) && readFileSync(note, 'utf8') === hash) return;
  build();
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(note, hash);
}

/** Compiles the bash parser to WASM, if it has changed. */
export function buildParserIfChanged() {
  /** @type {{ scripts: Record<string, string> }} */
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (scripts['build:parser'] === undefined) return;
  onceFor('parser', parserSources, () => {
    console.log('Compiling the bash parser.');
    runOrExit('npm', ['run', '--silent', 'build:parser']);
  });
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
  runOrExit(pinnedNode(), [vite, 'build', ...place, ...viteArguments]);
  if (existsSync(appFolder)) renameSync(appFolder, old);
  renameSync(fresh, appFolder);
  rmSync(old, { recursive: true, force: true });
}

/** Builds the app unless dist/ was built from the very same sources. */
export function buildIfChanged() {
  buildParserIfChanged();
  if (!existsSync(join(appFolder, 'index.html'))) rmSync(noteFile('app'), { force: true });
  onceFor('app', appSources, () => {
    console.log('Building the app.');
    buildApp([]);
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureInstalled();
  buildParserIfChanged();
  rmSync(noteFile('app'), { force: true });
  buildApp(process.argv.slice(2));
}
