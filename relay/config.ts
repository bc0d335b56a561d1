/**
 * The relay's configuration: environment variables, each of which may instead be read from the file that NAME_FILE
 * points to. What is wrong is named by its variable, and values never appear in a complaint.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { isBearerSecret, MAX_SECRET_CHARS } from './bearer.ts';
import type { EmailOptions } from './sinks/email.ts';

export interface RelayConfig {
  readonly host: string;
  readonly port: number;
  /** Folder of the journals. */
  readonly dataFolder: string;
  /** Whether the folder was named, so that no other will do. */
  readonly isDataFolderChosen: boolean;
  /** Folder of the tokens' file, which several relays can share. */
  readonly tokensFolder: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Origin that the app is reached at from outside, such as `https://shellwright.example.org`; null for none. */
  readonly publicOrigin: string | null;
  /** Origins of other sites whose pages may use the relay, with a token. */
  readonly allowedOrigins: readonly string[];
  /** Sources that the app may load from besides its own, such as a mirror of the hub, as a content policy names them. */
  readonly connectSources: readonly string[];
  /** Whether pages that the relay serves need a token too. */
  readonly requireToken: boolean;
  readonly adminToken: string | null;
  readonly metricsToken: string | null;
  /** As Fastify's `trustProxy`: how many proxies, or which. */
  readonly trustProxy: number | readonly string[] | false;
  readonly slack: { readonly webhookUrl: string; readonly minIntervalMs: number } | null;
  readonly email: Omit<EmailOptions, 'timeoutMs'> | null;
  readonly alertmanager: AlertmanagerConfig | null;
  readonly limits: LimitConfig;
  /** Alerts that may wait for one sink; above it no more are taken. */
  readonly maxQueued: number;
}

export interface AlertmanagerConfig {
  readonly urls: readonly string[];
  readonly authorization: string | null;
  readonly repeatEveryMs: number;
}

/** All per minute. */
export interface LimitConfig {
  readonly requestsPerAddress: number;
  readonly requestsPerToken: number;
  readonly alertsPerRoute: number;
}

/** One or more variables are wrong; `problems` are sentences that name them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = 4173;
const DEFAULT_SMTP_PORT = 587;
/** Servers speak TLS from the first byte on here, and begin it with STARTTLS everywhere else. */
const IMPLICIT_TLS_PORT = 465;
const SLACK_HOST = 'hooks.slack.com';
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const MIN_SECRET_CHARS = 16;
const MAX_PER_MINUTE = 10_000_000;

/** @throws ConfigError with everything that is wrong */
export function readConfig(environment: Environment, rootFolder: string): RelayConfig {
  const read = new VariableReader(environment);
  const host = read.text('RELAY_HOST') ?? '127.0.0.1';
  const dataFolder = read.text('RELAY_DATA') ?? join(rootFolder, '.cache', 'relay');
  const publicOrigin =
    read.list('RELAY_PUBLIC_URL').map((url) => read.origin('RELAY_PUBLIC_URL', url))[0] ?? null;
  const trustProxy = readTrustProxy(read);
  const config: RelayConfig = {
    host,
    port: read.integer('PORT', DEFAULT_PORT, 0, 65_535),
    dataFolder,
    tokensFolder: read.text('RELAY_TOKENS') ?? dataFolder,
    isDataFolderChosen: read.text('RELAY_DATA') !== null,
    logLevel: read.oneOf('RELAY_LOG_LEVEL', LOG_LEVELS, 'info'),
    publicOrigin,
    allowedOrigins: read
      .list('RELAY_ALLOWED_ORIGINS')
      .map((url) => read.origin('RELAY_ALLOWED_ORIGINS', url)),
    connectSources: read
      .list('RELAY_CONNECT_SOURCES')
      .map((source) => read.source('RELAY_CONNECT_SOURCES', source)),
    requireToken: read.flag(
      'RELAY_REQUIRE_TOKEN',
      !isLoopback(host) || isBehindProxy({ trustProxy, publicOrigin }),
    ),
    adminToken: read.secret('RELAY_ADMIN_TOKEN'),
    metricsToken: read.secret('RELAY_METRICS_TOKEN'),
    trustProxy,
    slack: readSlack(read),
    email: readEmail(read),
    alertmanager: readAlertmanager(read),
    maxQueued: read.integer('RELAY_MAX_QUEUED', 20_000, 100, 1_000_000),
    limits: {
      requestsPerAddress: read.integer('RELAY_REQUESTS_PER_ADDRESS', 600, 1, MAX_PER_MINUTE),
      requestsPerToken: read.integer('RELAY_REQUESTS_PER_TOKEN', 300, 1, MAX_PER_MINUTE),
      alertsPerRoute: read.integer('RELAY_ALERTS_PER_ROUTE', 600, 1, MAX_PER_MINUTE),
    },
  };
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}

/** Sentences for the start: what is configured, without any value. */
export function describeConfig(config: RelayConfig): readonly string[] {
  const { slack, email, alertmanager } = config;
  if (slack === null && email === null && alertmanager === null) {
    return ['No destination for alerts is configured: see docs/relay.md.'];
  }
  return [
    `slack: ${slack === null ? 'not configured' : 'configured'}`,
    `email: ${email === null ? 'not configured' : `configured, ${count(email.to.length, 'recipient')}`}`,
    `alertmanager: ${
      alertmanager === null
        ? 'not configured'
        : `configured, ${count(alertmanager.urls.length, 'address', 'addresses')}`
    }`,
  ];
}

/** Of an address or a name; IPv6 in brackets or without. */
export function isLoopback(host: string): boolean {
  return (
    ['localhost', '::1', '[::1]'].includes(host) || (isIP(host) === 4 && host.startsWith('127.'))
  );
}

/** Whether others reach the relay although it listens on this machine only. */
export function isBehindProxy({
  trustProxy,
  publicOrigin,
}: Pick<RelayConfig, 'trustProxy' | 'publicOrigin'>): boolean {
  if (trustProxy !== false && trustProxy !== 0) return true;
  return URL.canParse(publicOrigin ?? '') && !isLoopback(new URL(publicOrigin ?? '').hostname);
}

function readSlack(read: VariableReader): RelayConfig['slack'] {
  const name = 'SLACK_WEBHOOK_URL';
  const text = read.text(name);
  if (text === null) return null;
  const url = read.url(name, text);
  // A service that speaks Slack's language can take its place, but only by a decision of whoever runs the relay.
  const host = read.text('SLACK_WEBHOOK_HOST') ?? SLACK_HOST;
  if (url === null) return null;
  if (url.host !== host) read.complain(name, `does not point to ${host}`);
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) read.complain(name, 'is not https');
  if (url.username !== '' || url.password !== '') read.complain(name, 'holds a user name');
  // Slack takes one message a second; others may take more.
  return {
    webhookUrl: url.href,
    minIntervalMs: read.integer('SLACK_INTERVAL_MS', 1_000, 0, 60_000),
  };
}

function readEmail(read: VariableReader): RelayConfig['email'] {
  const server = read.text('SMTP_SERVER');
  const to = read.list('ALERT_EMAIL');
  const user = read.text('SMTP_USER');
  const password = read.text('SMTP_PASSWORD');
  if (server === null && to.length === 0) return null;
  if (server === null) read.complain('SMTP_SERVER', 'is needed with ALERT_EMAIL');
  if (to.length === 0) read.complain('ALERT_EMAIL', 'is needed with SMTP_SERVER');
  if (user !== null && password === null)
    read.complain('SMTP_PASSWORD', 'is needed with SMTP_USER');
  const port = read.integer('SMTP_PORT', DEFAULT_SMTP_PORT, 1, 65_535);
  const from = read.text('SMTP_FROM') ?? (user?.includes('@') === true ? user : (to[0] ?? ''));
  const ca = read.text('SMTP_CA');
  if (server !== null && !isHost(server)) {
    read.complain('SMTP_SERVER', 'is no name or address of a host; a port is SMTP_PORT');
  }
  if (ca !== null && !isCertificate(ca)) {
    read.complain('SMTP_CA', 'is no certificate in PEM; the path of one is SMTP_CA_FILE');
  }
  for (const address of to) read.address('ALERT_EMAIL', address);
  if (to.length > 0) read.address('SMTP_FROM', from);
  return {
    server: server ?? '',
    port,
    isImplicitTls:
      read.oneOf(
        'SMTP_TLS',
        ['starttls', 'implicit'],
        port === IMPLICIT_TLS_PORT ? 'implicit' : 'starttls',
      ) === 'implicit',
    user,
    password,
    from,
    to,
    ca,
    minIntervalMs: read.integer('SMTP_INTERVAL_MS', 500, 0, 60_000),
  };
}

/** Letters of any language: the system looks such names up too. */
function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[\p{L}\p{N}_.-]+$/u.test(text);
}

/** Of several, the first. */
function isCertificate(pem: string): boolean {
  if (!pem.includes('-----BEGIN ')) return false;
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function readAlertmanager(read: VariableReader): AlertmanagerConfig | null {
  const name = 'ALERTMANAGER_URL';
  const urls = read.list(name).flatMap((text) => read.url(name, text) ?? []);
  if (urls.length === 0) return null;
  const user = read.text('ALERTMANAGER_USER');
  const password = read.text('ALERTMANAGER_PASSWORD');
  if ((user === null) !== (password === null)) {
    read.complain('ALERTMANAGER_USER', 'and ALERTMANAGER_PASSWORD go together');
  }
  if (urls.some((url) => url.username !== '' || /[?#]/.test(url.href))) {
    read.complain(name, 'holds a user name, a query or a fragment (#…)');
  }
  return {
    urls: urls.map((url) => url.href.replace(/\/+$/, '')),
    authorization:
      user === null ? null : `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`,
    repeatEveryMs: read.integer('ALERTMANAGER_REPEAT_SECONDS', 60, 1, 3_600) * 1_000,
  };
}

function readTrustProxy(read: VariableReader): RelayConfig['trustProxy'] {
  const name = 'RELAY_TRUST_PROXY';
  const list = read.list(name);
  if (list.length === 0) return false;
  if (list.length === 1 && /^\d$/.test(list[0] ?? '')) return Number(list[0]);
  for (const entry of list) {
    if (!isAddressOrRange(entry)) {
      read.complain(name, 'is neither a number of proxies nor a list of addresses');
    }
  }
  return list;
}

/** Such as Fastify takes, which cannot start with any other. */
function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const bitsOfKind = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  // An IPv6 address may name an interface of this machine, by which no proxy is known.
  if (bitsOfKind === 0 || rest.length > 0 || address.includes('%')) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= bitsOfKind;
}

class VariableReader {
  readonly problems: string[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  complain(name: string, problem: string): void {
    this.problems.push(`${name} ${problem}.`);
  }

  /** null where neither NAME nor NAME_FILE is set; surrounding white space does not count. */
  text(name: string): string | null {
    const value = this.#environment[name]?.trim() ?? '';
    const file = this.#environment[`${name}_FILE`]?.trim() ?? '';
    if (value !== '' && file !== '') this.complain(name, `and ${name}_FILE are both set`);
    if (value !== '' || file === '') return value === '' ? null : value;
    try {
      const content = readFileSync(file, 'utf8').trim();
      if (content !== '') return content;
      this.complain(`${name}_FILE`, 'points to an empty file');
    } catch {
      this.complain(`${name}_FILE`, 'points to a file that cannot be read');
    }
    return null;
  }

  list(name: string): readonly string[] {
    const entries = (this.text(name) ?? '').split(',').map((entry) => entry.trim());
    return entries.filter((entry) => entry !== '');
  }

  secret(name: string): string | null {
    const value = this.text(name);
    if (value === null) return null;
    if (value.length < MIN_SECRET_CHARS) {
      this.complain(name, `is shorter than ${MIN_SECRET_CHARS} characters`);
    } else if (!isBearerSecret(value)) {
      this.complain(
        name,
        `has white space, letters beyond ASCII or more than ${MAX_SECRET_CHARS} characters`,
      );
    }
    return value;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.text(name);
    if (value === null) return otherwise;
    if (value !== '1' && value !== '0') this.complain(name, 'is neither 1 nor 0');
    return value === '1';
  }

  integer(name: string, otherwise: number, min: number, max: number): number {
    const value = this.text(name);
    if (value === null) return otherwise;
    const number = Number(value);
    const isFine = /^\d+$/.test(value) && number >= min && number <= max;
    if (!isFine) this.complain(name, `is not a whole number from ${min} to ${max}`);
    return isFine ? number : otherwise;
  }

  oneOf<const T extends string>(name: string, options: readonly T[], otherwise: T): T {
    const value = this.text(name);
    if (value === null) return otherwise;
    const found = options.find((option) => option === value);
    if (found === undefined) this.complain(name, `is none of ${options.join(', ')}`);
    return found ?? otherwise;
  }

  url(name: string, text: string): URL | null {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
    this.complain(name, 'is no address that begins with https:// or http://');
    return null;
  }

  origin(name: string, text: string): string {
    const url = this.url(name, text);
    if (url !== null && `${url.origin}/` !== url.href) {
      this.complain(name, 'has more than scheme, host and port');
    }
    return url?.origin ?? '';
  }

  source(name: string, text: string): string {
    const isFine = /^https?:\/\/[\w.*-]+(:(\d+|\*))?$/.test(text);
    if (!isFine)
      this.complain(name, 'holds something that is no source such as https://example.org');
    return text;
  }

  address(name: string, text: string): void {
    if (!/^[^\s@<>,]+@[^\s@<>,]+$|^[^<>@,\r\n]+<[^\s@<>,]+@[^\s@<>,]+>$/.test(text)) {
      this.complain(name, 'holds something that is no e-mail address');
    }
  }
}

function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}
