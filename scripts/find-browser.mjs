/**
 * Finds a Chromium for the tests: $CHROME_PATH, else an installed Chrome or Chromium, else Debian's package when we may
 * install it, else Playwright's own download. Plain JavaScript without packages: it also runs before `npm ci`.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Flags for every test browser: no sandbox as root, and WebGPU on the CPU (SwiftShader) where there is no GPU. */
export const browserArguments = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--disable-dev-shm-usage',
  '--enable-precise-memory-info',
];

const commandNames = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'chrome',
  'microsoft-edge',
];

/** @returns {string[]} where installers put Chrome outside of the PATH */
function usualPlaces() {
  if (process.platform === 'darwin') {
    const names = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
    return names.map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
  }
  if (process.platform === 'win32') {
    const roots = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map(
      (name) => process.env[name],
    );
    return roots
      .filter((root) => root !== undefined)
      .flatMap((root) => [
        join(root, 'Google', 'Chrome', 'Application', 'chrome.exe'),
        join(root, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
      ]);
  }
  return [];
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Path of a browser that is here already, or null. Installs nothing.
 * @returns {string | null}
 */
export function findInstalledBrowser() {
  const chosen = process.env['CHROME_PATH'];
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`CHROME_PATH is ${chosen}, but there is no program that can be run`);
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = commandNames.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...usualPlaces()].find(isExecutable) ?? playwrightBrowser();
}

/** @returns {string | null} the browser that Playwright has downloaded, if it has */
function playwrightBrowser() {
  try {
    const { chromium } = /** @type {typeof import('playwright')} */ (
      createRequire(import.meta.url)('playwright')
    );
    const path = chromium.executablePath();
    return isExecutable(path) ? path : null;
  } catch {
    return null; // Playwright is not installed yet, or has no browser for this system.
  }
}

function mayInstallOnDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8')) && process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/**
 * @param {string} command
 * @param {string[]} parameters
 * @param {NodeJS.ProcessEnv} [environment]
 */
function succeeds(command, parameters, environment = {}) {
  const { status } = spawnSync(command, parameters, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
  return status === 0;
}

/**
 * Path of a browser, installed first where there is none.
 * @returns {string}
 */
export function findOrInstallBrowser() {
  const installed = findInstalledBrowser();
  if (installed !== null) return installed;

  if (mayInstallOnDebian()) {
    console.log('No browser found: installing Debian’s chromium.');
    const noQuestions = { DEBIAN_FRONTEND: 'noninteractive' };
    const packages = ['chromium', 'fonts-liberation'];
    const isInstalled =
      succeeds('apt-get', ['update', '--quiet'], noQuestions) &&
      succeeds(
        'apt-get',
        ['install', '--yes', '--quiet', '--no-install-recommends', ...packages],
        noQuestions,
      );
    const debian = isInstalled ? findInstalledBrowser() : null;
    if (debian !== null) return debian;
  }

  console.log('No browser found: trying Playwright’s own download.');
  const playwrightCli = join(import.meta.dirname, '..', 'node_modules', 'playwright', 'cli.js');
  const downloaded = succeeds(process.execPath, [playwrightCli, 'install', 'chromium']);
  const own = downloaded ? findInstalledBrowser() : null;
  if (own !== null) return own;

  throw new Error(
    'The tests need Chrome or Chromium, and none was found or could be installed. ' +
      'Install one, or set CHROME_PATH to its program.',
  );
}

const projectsWithoutBrowser = ['unit', 'relay'];

/**
 * Whether `npm test` with these arguments runs tests that need a browser.
 * @param {readonly string[]} parameters
 */
export function needsBrowser(parameters) {
  const projects = parameters.flatMap((parameter, at) => {
    if (parameter.startsWith('--project=')) return [parameter.slice('--project='.length)];
    return parameter === '--project' ? [parameters[at + 1] ?? ''] : [];
  });
  return projects.length === 0 || !projects.every((name) => projectsWithoutBrowser.includes(name));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(findOrInstallBrowser());
}
