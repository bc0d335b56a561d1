/**
 * Finds Prometheus and Alertmanager for the relay's tests, with promtool and amtool, and installs Debian's packages where
 * they are missing and we may. Plain JavaScript without packages, as find-browser.mjs.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Names of the programs, Debian's first. */
const programNames = {
  alertmanager: ['prometheus-alertmanager', 'alertmanager'],
  amtool: ['amtool'],
  prometheus: ['prometheus'],
  promtool: ['promtool'],
};

/** Debian starts these with its packages, open to the network. The tests run the programs themselves. */
const services = /** @type {const} */ ([
  { name: 'prometheus', program: 'prometheus' },
  { name: 'prometheus-alertmanager', program: 'alertmanager' },
]);

/** @typedef {{ alertmanager: string, amtool: string, prometheus: string, promtool: string }} MonitoringPrograms */

/**
 * @param {string[]} names
 * @returns {string | null}
 */
function findOnPath(names) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return (
    paths.find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }) ?? null
  );
}

/** @returns {MonitoringPrograms | null} null where any of them is missing */
export function findMonitoring() {
  const [alertmanager, amtool, prometheus, promtool] = [
    programNames.alertmanager,
    programNames.amtool,
    programNames.prometheus,
    programNames.promtool,
  ].map(findOnPath);
  if (alertmanager == null || amtool == null || prometheus == null || promtool == null) return null;
  return { alertmanager, amtool, prometheus, promtool };
}

function mayInstallOnDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8')) && process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** @param {string[]} parameters */
function aptGet(parameters) {
  const { status } = spawnSync('apt-get', parameters, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}

/**
 * Where there is no systemd nothing was started either, and that this fails does no harm.
 * @param {string[]} names
 */
function switchOff(names) {
  spawnSync('systemctl', ['disable', '--now', ...names], { stdio: 'ignore' });
}

/**
 * @returns {MonitoringPrograms}
 * @throws {Error} where they are missing and cannot be installed
 */
export function findOrInstallMonitoring() {
  const found = findMonitoring();
  if (found !== null) return found;
  if (mayInstallOnDebian()) {
    console.log(
      'No Alertmanager found: installing Debian’s prometheus and prometheus-alertmanager, without their services.',
    );
    const packages = ['prometheus', 'prometheus-alertmanager'];
    const ownServices = services
      .filter(({ program }) => findOnPath(programNames[program]) === null)
      .map(({ name }) => name);
    aptGet(['update', '--quiet']);
    aptGet(['install', '--yes', '--quiet', '--no-install-recommends', ...packages]);
    switchOff(ownServices);
    const installed = findMonitoring();
    if (installed !== null) return installed;
  }
  throw new Error(
    'The relay’s tests need Prometheus 2.42 and Alertmanager 0.25 or newer with promtool and amtool on the PATH ' +
      '(Debian: apt-get install prometheus prometheus-alertmanager).',
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(findOrInstallMonitoring());
}
