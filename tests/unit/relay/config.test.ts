import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { ConfigError, describeConfig, readConfig } from '../../../relay/config.ts';
import { temporaryFolder } from './support/test-relay.ts';

const WEBHOOK = 'https://hooks.slack.com/services/T000/B000/canarycanary';
const EVERYTHING = {
  SLACK_WEBHOOK_URL: WEBHOOK,
  SMTP_SERVER: 'mail.example.org',
  SMTP_USER: 'relay@example.org',
  SMTP_PASSWORD: 'canary-password',
  ALERT_EMAIL: 'ops@example.org, night@example.org',
  ALERTMANAGER_URL: 'http://am-1:9093/,http://am-2:9093',
};

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment, '/nowhere');
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('without any variable it serves this machine, and says that alerts go nowhere', () => {
  const config = readConfig({}, '/root');
  expect(config).toMatchObject({ host: '127.0.0.1', port: 4173, requireToken: false });
  expect(describeConfig(config)).toEqual([
    'No destination for alerts is configured: see docs/relay.md.',
  ]);
});

test('says what is configured, without any value', () => {
  const sentences = describeConfig(readConfig(EVERYTHING, '/root')).join('\n');
  expect(sentences).toBe(
    'slack: configured\nemail: configured, 2 recipients\nalertmanager: configured, 2 addresses',
  );
});

test('the guide’s names give the guide’s defaults', () => {
  expect(readConfig(EVERYTHING, '/root').email).toEqual({
    server: 'mail.example.org',
    port: 587,
    isImplicitTls: false,
    user: 'relay@example.org',
    password: 'canary-password',
    from: 'relay@example.org',
    to: ['ops@example.org', 'night@example.org'],
    ca: null,
    minIntervalMs: 500,
  });
});

test('a mail server is a name or an address, its authority one certificate or several', () => {
  const [first = '', second = ''] = rootCertificates;
  for (const server of [
    'mail.example.org',
    'mail',
    '192.0.2.1',
    'fd00::1',
    'post.bücher.example',
  ]) {
    expect(problemsOf({ ...EVERYTHING, SMTP_SERVER: server })).toEqual([]);
  }
  for (const ca of [first, `Our authority\n${first}\n${second}\n`]) {
    expect(problemsOf({ ...EVERYTHING, SMTP_CA: ca })).toEqual([]);
  }
});

test('a secret can come from a file, with a line break at its end', () => {
  const file = join(temporaryFolder(), 'webhook');
  writeFileSync(file, `${WEBHOOK}\n`);
  expect(readConfig({ SLACK_WEBHOOK_URL_FILE: file }, '/root').slack?.webhookUrl).toBe(WEBHOOK);
});

test('proxies can be a number, addresses and ranges', () => {
  const trusted = (proxies: string) => readConfig({ RELAY_TRUST_PROXY: proxies }, '/').trustProxy;
  expect(trusted('2')).toBe(2);
  const list = ['10.0.0.0/8', '192.0.2.1', '192.0.2.1/32', '::1', 'fd00::/128'];
  expect(trusted(list.join(', '))).toEqual(list);
});

test('a relay that others can reach asks for tokens unless told otherwise', () => {
  expect(readConfig({ RELAY_HOST: '0.0.0.0' }, '/root').requireToken).toBe(true);
  expect(
    readConfig({ RELAY_HOST: '0.0.0.0', RELAY_REQUIRE_TOKEN: '0' }, '/root').requireToken,
  ).toBe(false);
});

test('so does one behind a proxy, though it listens on this machine only', () => {
  const asks = (environment: Record<string, string>): boolean =>
    readConfig(environment, '/root').requireToken;
  expect(asks({ RELAY_TRUST_PROXY: '1' })).toBe(true);
  expect(asks({ RELAY_TRUST_PROXY: '0' })).toBe(false);
  expect(asks({ RELAY_TRUST_PROXY: '127.0.0.1' })).toBe(true);
  expect(asks({ RELAY_PUBLIC_URL: 'https://shell.example.org' })).toBe(true);
  expect(asks({ RELAY_PUBLIC_URL: 'https://shell.example.org', RELAY_REQUIRE_TOKEN: '0' })).toBe(
    false,
  );
  for (const url of ['http://localhost:8080', 'https://127.0.0.1', 'http://[::1]:8080']) {
    expect(asks({ RELAY_PUBLIC_URL: url })).toBe(false);
  }
});

describe('what is wrong is named by its variable', () => {
  test.each<[Record<string, string>, string]>([
    [
      { SLACK_WEBHOOK_URL: 'https://evil.example/canarycanary' },
      'SLACK_WEBHOOK_URL does not point to hooks.slack.com.',
    ],
    [
      { SLACK_WEBHOOK_URL: 'http://hooks.slack.com/canarycanary' },
      'SLACK_WEBHOOK_URL is not https.',
    ],
    [
      { SLACK_WEBHOOK_URL: 'canarycanary' },
      'SLACK_WEBHOOK_URL is no address that begins with https:// or http://.',
    ],
    [
      { SLACK_WEBHOOK_URL: WEBHOOK, SLACK_WEBHOOK_URL_FILE: '/x' },
      'SLACK_WEBHOOK_URL and SLACK_WEBHOOK_URL_FILE are both set.',
    ],
    [
      { SLACK_WEBHOOK_URL_FILE: '/no/such/canarycanary' },
      'SLACK_WEBHOOK_URL_FILE points to a file that cannot be read.',
    ],
    [{ SMTP_SERVER: 'mail.example.org' }, 'ALERT_EMAIL is needed with SMTP_SERVER.'],
    [{ ALERT_EMAIL: 'ops@example.org' }, 'SMTP_SERVER is needed with ALERT_EMAIL.'],
    [{ ...EVERYTHING, SMTP_PASSWORD: '' }, 'SMTP_PASSWORD is needed with SMTP_USER.'],
    [{ ...EVERYTHING, SMTP_PORT: 'canary' }, 'SMTP_PORT is not a whole number from 1 to 65535.'],
    ...['canary.example.org:587', 'smtps://canary.example.org', '[::1]', 'canary example'].map(
      (server): [Record<string, string>, string] => [
        { ...EVERYTHING, SMTP_SERVER: server },
        'SMTP_SERVER is no name or address of a host; a port is SMTP_PORT.',
      ],
    ),
    ...[
      '/etc/ssl/canary.pem',
      '-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----',
    ].map((ca): [Record<string, string>, string] => [
      { ...EVERYTHING, SMTP_CA: ca },
      'SMTP_CA is no certificate in PEM; the path of one is SMTP_CA_FILE.',
    ]),
    [
      { ...EVERYTHING, ALERT_EMAIL: 'ops@example.org\r\nBcc: canary@evil.example' },
      'ALERT_EMAIL holds something that is no e-mail address.',
    ],
    [
      { ALERTMANAGER_URL: 'http://user:canary@am:9093' },
      'ALERTMANAGER_URL holds a user name, a query or a fragment (#…).',
    ],
    ...['http://am:9093/#/alerts', 'http://am:9093/#', 'http://am:9093/?x=1'].map(
      (url): [Record<string, string>, string] => [
        { ALERTMANAGER_URL: url },
        'ALERTMANAGER_URL holds a user name, a query or a fragment (#…).',
      ],
    ),
    [{ PORT: '-1' }, 'PORT is not a whole number from 0 to 65535.'],
    [{ RELAY_ADMIN_TOKEN: 'canary' }, 'RELAY_ADMIN_TOKEN is shorter than 16 characters.'],
    ...[
      'canary with spaces',
      'canary-with\u0007-a-bell',
      'canary-with-\u00fcmlaut',
      'canary'.repeat(34),
    ].map((secret): [Record<string, string>, string] => [
      { RELAY_METRICS_TOKEN: secret },
      'RELAY_METRICS_TOKEN has white space, letters beyond ASCII or more than 200 characters.',
    ]),
    [
      { RELAY_ALLOWED_ORIGINS: 'https://a.example/path' },
      'RELAY_ALLOWED_ORIGINS has more than scheme, host and port.',
    ],
    [
      { RELAY_TRUST_PROXY: 'everybody' },
      'RELAY_TRUST_PROXY is neither a number of proxies nor a list of addresses.',
    ],
    ...['10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/8/8', 'fd00::/129', 'fe80::1%eth0'].map(
      (proxies): [Record<string, string>, string] => [
        { RELAY_TRUST_PROXY: `127.0.0.1,${proxies}` },
        'RELAY_TRUST_PROXY is neither a number of proxies nor a list of addresses.',
      ],
    ),
    [
      { RELAY_CONNECT_SOURCES: "'unsafe-eval'" },
      'RELAY_CONNECT_SOURCES holds something that is no source such as https://example.org.',
    ],
    [{ RELAY_LOG_LEVEL: 'loud' }, 'RELAY_LOG_LEVEL is none of debug, info, warn, error, silent.'],
    [{ RELAY_REQUIRE_TOKEN: 'yes' }, 'RELAY_REQUIRE_TOKEN is neither 1 nor 0.'],
  ])('%o', (environment, problem) => {
    const problems = problemsOf(environment);
    expect(problems).toContain(problem);
    expect(problems.join()).not.toMatch(/canary/i);
  });

  test('all of it at once', () => {
    expect(problemsOf({ PORT: 'x', SMTP_SERVER: 'mail', RELAY_LOG_LEVEL: 'y' })).toHaveLength(3);
  });
});
