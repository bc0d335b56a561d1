/** docs/fleet/compose.yml beside what it names: files, secrets, variables of the relay, services and their ports. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../../relay/config.ts';
import { relayParameters } from '../../../scripts/relay-flags.mjs';
import { temporaryFolder } from './support/test-relay.ts';

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const root = join(import.meta.dirname, '..', '..', '..');
const folder = join(root, 'docs', 'fleet');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const compose = parse(read('compose.yml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const relays = services.filter(([, { build }]) => build !== undefined);

/** What the programs in the images listen on. */
const PORTS: Readonly<Record<string, readonly number[]>> = {
  'relay-1': [4173],
  'relay-2': [4173],
  balancer: [8080],
  prometheus: [9090],
  'alertmanager-1': [9093, 9094],
  'alertmanager-2': [9093, 9094],
  grafana: [3000],
  collector: [4318],
};

/** As compose puts it in: a variable of the operator's, or its default. */
const withDefaults = (text: string): string => text.replaceAll(/\$\{\w+:-([^}]*)\}/gu, '$1');

/** Where a service mounts a file or a folder of the repository, as [here, there]. */
function mountsOf({ volumes = [] }: Service): readonly (readonly [string, string])[] {
  return volumes
    .map((volume) => volume.split(':'))
    .filter(([from = '']) => from.startsWith('.'))
    .map(([from = '', to = '']) => [join(folder, from), to]);
}

/** The files of a service that it reads its configuration from, as text. */
function configurationOf(service: Service): string {
  const files = mountsOf(service).filter(([from]) => /\.(yml|conf)$/u.test(from));
  return [
    JSON.stringify([service.environment, service.command]),
    ...files.map(([from]) => readFileSync(from, 'utf8')),
  ].join('\n');
}

test('the relays take every variable that they are given, and nothing is wrong with them', () => {
  expect(relays.map(([name]) => name)).toEqual(['relay-1', 'relay-2']);
  const secret = join(temporaryFolder(), 'secret');
  writeFileSync(secret, 'a-secret-of-32-characters-or-more\n');
  for (const [name, { environment = {} }] of relays) {
    const given = Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [
        key,
        value.startsWith('/run/secrets/') ? secret : withDefaults(value),
      ]),
    );
    const asked = new Set<string>();
    const watched = new Proxy(given, {
      get(target, key) {
        asked.add(String(key));
        return target[String(key)];
      },
    });
    const config = readConfig(watched, '/app');
    expect(
      Object.keys(given).filter((key) => !asked.has(key)),
      name,
    ).toEqual([]);
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: PORTS[name]?.[0],
      dataFolder: '/data',
      tokensFolder: '/tokens',
      requireToken: true,
      trustProxy: 1,
      adminToken: expect.stringMatching(/./u) as string,
      metricsToken: expect.stringMatching(/./u) as string,
      // People are told by Alertmanager, once.
      slack: null,
      email: null,
    });
    expect(config.alertmanager?.urls).toHaveLength(2);
  }
});

test('each relay has a journal of its own, and all have the same tokens', () => {
  const targetsOf = (path: string): readonly string[] =>
    relays.flatMap(([, { volumes = [] }]) =>
      volumes
        .filter((volume) => volume.split(':')[1] === path)
        .map((volume) => volume.split(':')[0]),
    ) as string[];
  expect(new Set(targetsOf('/data')).size).toBe(relays.length);
  expect(targetsOf('/tokens')).toHaveLength(relays.length);
  expect(new Set(targetsOf('/tokens')).size).toBe(1);
});

test.each(services)('%s: what it mounts, builds and waits for is there', (_, service) => {
  for (const [from] of mountsOf(service)) expect(existsSync(from), from).toBe(true);
  const named = (service.volumes ?? [])
    .map((volume) => volume.split(':')[0] ?? '')
    .filter((from) => !from.startsWith('.'));
  expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named));
  expect(Object.keys(compose.services)).toEqual(
    expect.arrayContaining([...(service.depends_on ?? [])]),
  );
  if (service.build === undefined) {
    // A tag that moves would be another program tomorrow.
    expect(service.image).toMatch(/:v?\d+\.\d+/u);
  } else {
    const { context, dockerfile } = service.build;
    expect(existsSync(join(folder, context, dockerfile))).toBe(true);
  }
});

test.each(services)('%s: it is given the secrets that it reads, and no others', (_, service) => {
  const named = configurationOf(service).matchAll(/\/run\/secrets\/(\w+)/gu);
  const needed = new Set([...named].map(([, name]) => name));
  expect([...needed].sort()).toEqual([...(service.secrets ?? [])].sort());
  for (const name of service.secrets ?? []) {
    expect(compose.secrets[name]?.file).toBe(`./secrets/${name}`);
  }
});

test('secrets are in nobody’s repository and in no image', () => {
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toContain('docs/fleet/secrets/');
  expect(readFileSync(join(root, '.dockerignore'), 'utf8')).toContain('docs/fleet/secrets');
  for (const name of Object.keys(compose.secrets)) {
    expect(readFileSync(join(root, 'docs', 'fleet.md'), 'utf8')).toContain(`secrets/${name}`);
  }
});

test.each(services)('%s: the services that it names listen where it says', (_, service) => {
  const names = Object.keys(compose.services).join('|');
  const text = configurationOf(service).replaceAll(/^\s*#.*$/gmu, '');
  for (const [, name = '', port = ''] of text.matchAll(
    new RegExp(`(?<![\\w/-])(${names}):(\\d+)`, 'gu'),
  )) {
    expect(PORTS[name], `${name}:${port}`).toContain(Number(port));
  }
  for (const [, port = ''] of text.matchAll(/(?:listen|endpoint: 0\.0\.0\.0:) ?(\d+)/gu)) {
    expect(Object.values(PORTS).flat()).toContain(Number(port));
  }
});

test('what names other services names all of them', () => {
  const texts = { prometheus: read('prometheus.yml'), nginx: read('nginx.conf') };
  for (const [name] of relays) {
    expect(texts.prometheus).toContain(`'${name}:4173'`);
    expect(texts.nginx).toContain(`server ${name}:4173`);
  }
  const datasource = read('grafana/provisioning/datasources/prometheus.yml');
  expect(datasource).toContain('http://prometheus:9090');
  expect(compose.services['collector']?.environment).toHaveProperty('APP_ORIGIN');
  expect(read('collector.yml')).toContain('${env:APP_ORIGIN}');
});

test('whoever is not on the host reaches nothing but what listens on it', () => {
  for (const [name, { ports = [] }] of services) {
    for (const port of ports) {
      expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/u);
      expect(PORTS[name]).toContain(Number(port.split(':')[2]));
    }
  }
});

test('the balancer knows a device by its token, and by the address only where there is none', () => {
  const [, variable, rules = ''] =
    /map \$http_authorization \$(\w+) \{([^}]*)\}/u.exec(read('nginx.conf')) ?? [];
  expect(rules.trim().split(/\s*;\s*/u)).toEqual([
    "'' $remote_addr",
    'default $http_authorization',
    '',
  ]);
  expect(read('nginx.conf')).toContain(`hash $${variable} consistent;`);
});

test('operators reach each relay by itself', () => {
  const published = relays.map(([, { ports = [] }]) => ports);
  expect(published).toEqual([['127.0.0.1:4181:4173'], ['127.0.0.1:4182:4173']]);
});

test.each([
  ['/metrics', false],
  ['/metrics/uptime', false],
  ['/health/detailed', false],
  ['/v1/metrics', false],
  ['/v1/metrics/uptime', false],
  ['/v1/health/detailed', false],
  ['/health', true],
  ['/v1/health', true],
  ['/v1/alerts', true],
  ['/v1/telemetry', true],
  ['/', true],
])('the balancer lets %s through: %s', (path, isLet) => {
  const [, pattern = ''] = /location ~ (\S+) \{ return 404; \}/u.exec(read('nginx.conf')) ?? [];
  expect(pattern).not.toBe('');
  expect(new RegExp(pattern, 'u').test(path)).toBe(!isLet);
});

test('the image has what the relay needs, and starts it as npm run relay does', () => {
  const lines = read('Dockerfile').split('\n');
  const copied = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
    .flatMap((line) => line.split(' ').slice(1, -1))
    .filter((path) => path !== '.');
  for (const path of copied) expect(existsSync(join(root, path)), path).toBe(true);
  // Of src it may import no more, as the rules of dependency-cruiser have it.
  expect(copied).toEqual(
    expect.arrayContaining(['package.json', 'relay', 'src/contracts', 'src/core']),
  );
  const [command = '[]'] = lines
    .filter((line) => line.startsWith('CMD '))
    .map((line) => line.slice(4));
  expect(JSON.parse(command)).toEqual(['node', ...relayParameters()]);
});
