/**
 * `npm run fuzz:relay [count] [seed]`: malformed requests over bare sockets. None may be answered with 5xx, end the
 * relay, or make it grow; a proper request is answered as before.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../src/core/sampling/random.ts';
import { alertMessage, alertPost } from '../fixtures/alert-post.ts';
import { memoryOf, spawnRelay, type Memory } from './relay-command.ts';
import { median } from './support.ts';

const COUNT = Number(process.argv[2] ?? 100_000);
const SEED = Number(process.argv[3] ?? 1);
const CONNECTIONS = 16;
/** No answer in this time is one too: the request was not complete. */
const PATIENCE_MS = 250;
const SAMPLE_EVERY = 250;
/** Resident, from the third to the last quarter of the run: tables that fill once are full by then. */
const MAX_GROWTH_MB = 8;

const generator = seededRandom(SEED);
const chance = (share: number): boolean => generator.next() < share;
const pick = <T>(list: readonly T[]): T => list[Math.floor(generator.next() * list.length)] as T;
const integer = (below: number): number => Math.floor(generator.next() * below);

const PATHS = [
  '/v1/alerts',
  '/v1/telemetry',
  '/v1/test-alert',
  '/v1/deliveries',
  '/v1/deliveries?post=x&limit=-1',
  '/v1/deliveries?fingerprint=0123456789abcdef&status=dead&limit=5',
  '/v1/dead-letters/retry',
  '/v1/dead-letters/%00',
  '/v1/destinations',
  '/health',
  '/health/detailed',
  '/metrics',
  '/metrics/uptime',
  '/%',
  '/%ff%fe',
  '/..%2f..%2f..%2fetc/passwd',
  '//evil.example/v1/alerts',
  'http://evil.example/v1/alerts',
  '*',
  '',
];
const METHODS = [
  'POST',
  'POST',
  'POST',
  'GET',
  'PUT',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'CONNECT',
  'get',
  'P\u0000ST',
];
const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0.1,
  1e308,
  '',
  'x',
  '\u0000\u202e\ud800',
  '<!channel>',
  '../../etc/passwd',
  'x'.repeat(5_000),
  [],
  {},
  [[[[[]]]]],
  { __proto__x: 1 },
  '2026-99-99T99:99:99Z',
  Number.MAX_SAFE_INTEGER,
];

/** A valid body in which something is wrong, or not a body at all. */
function body(): string {
  const kind = integer(10);
  if (kind === 0)
    return Array.from({ length: integer(300) }, () => String.fromCharCode(integer(256))).join('');
  if (kind === 1) return '['.repeat(integer(30_000));
  if (kind === 2) return '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}';
  if (kind === 3) return `{"a":"${'y'.repeat(integer(80_000))}"}`;
  const whole = chance(0.5) ? alertPost({ alerts: [alertMessage()] }) : telemetry();
  const json = JSON.stringify(mutate(whole, 1 + integer(3)));
  return kind === 4 ? json.slice(0, integer(json.length)) : json;
}

function telemetry(): unknown {
  const histogram = {
    count: 1,
    sumMicros: 1,
    min: 0,
    max: 0,
    zeroCount: 1,
    indices: [],
    counts: [],
    classic: [1],
  };
  return {
    schemaVersion: 1,
    clientId: `client-${integer(1_000_000)}-${integer(1_000_000)}`,
    sequence: integer(5),
    rows: [
      {
        model: pick(['own', 'a'.repeat(300), '{}', `model-${integer(1_000)}`]),
        backend: 'wasm',
        outcome: 'stop',
        counters: { [`generation_finished_total${pick(['', '{', '{a="b"}'])}`]: integer(10) },
        histograms: { generation_latency_seconds: histogram },
      },
    ],
  };
}

/** Replaces, removes or adds values at random places. */
function mutate(value: unknown, times: number): unknown {
  const copy: unknown = structuredClone(value);
  for (let n = 0; n < times; n++) {
    let place = copy;
    for (;;) {
      if (typeof place !== 'object' || place === null) break;
      const holder = place as Record<string, unknown>;
      const keys = Object.keys(holder);
      if (keys.length === 0) break;
      const key = pick(keys);
      const next = holder[key];
      if (typeof next === 'object' && next !== null && chance(0.7)) {
        place = next;
        continue;
      }
      const change = integer(3);
      if (change === 0) Reflect.deleteProperty(holder, key);
      else if (change === 1) holder[key] = pick(HOSTILE_VALUES);
      else holder[`${key}${pick(['2', '\u0000', '__proto__', '"'])}`] = pick(HOSTILE_VALUES);
      break;
    }
  }
  return copy;
}

function headers(length: number): string {
  const lines = ['Host: localhost'];
  if (chance(0.9))
    lines.push(
      `Origin: ${pick(['http://localhost', 'http://localhost', 'null', 'https://evil.example', '\u0001'])}`,
    );
  if (chance(0.9))
    lines.push(
      `Idempotency-Key: ${pick([`key-number-${integer(1e6)}`, 'x', '"'.repeat(100), 'k'.repeat(300)])}`,
    );
  if (chance(0.9))
    lines.push(
      `Content-Type: ${pick(['application/json', 'application/json', 'text/plain', 'text/html', 'application/json; charset=\u0000', ''])}`,
    );
  if (chance(0.2))
    lines.push(
      `Authorization: ${pick(['Bearer x', `Bearer swr_0123456789ab_${'a'.repeat(43)}`, 'Basic eA==', 'Bearer '])}`,
    );
  if (chance(0.1)) lines.push(`Content-Encoding: ${pick(['gzip', 'br', 'identity, gzip'])}`);
  if (chance(0.05)) lines.push(`X-Forwarded-For: ${pick(['127.0.0.1', 'a, b, c', '::ffff:1'])}`);
  if (chance(0.03)) lines.push(`X: ${'z'.repeat(20_000)}`);
  if (chance(0.05)) lines.push('Transfer-Encoding: chunked');
  if (chance(0.03)) lines.push('Expect: 100-continue');
  if (chance(0.03)) lines.push('Upgrade: websocket', 'Connection: Upgrade');
  if (chance(0.02)) lines.push('Broken line without a colon');
  const told = chance(0.95)
    ? String(length)
    : pick(['-1', '0', 'x', String(length + 5), '99999999999']);
  lines.push(`Content-Length: ${told}`);
  return lines.join('\r\n');
}

function request(): string {
  if (chance(0.02))
    return Array.from({ length: integer(200) }, () => String.fromCharCode(integer(256))).join('');
  const content = body();
  return `${pick(METHODS)} ${pick(PATHS)} HTTP/1.1\r\n${headers(Buffer.byteLength(content, 'latin1'))}\r\n\r\n${content}`;
}

/** The statuses that came back; empty for a connection that was closed or kept waiting. */
function send(port: number, text: string): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const end = (): void => {
      socket.destroy();
      resolve([...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)));
    };
    socket.setTimeout(PATIENCE_MS, end);
    socket.on('connect', () => socket.write(Buffer.from(text, 'latin1')));
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      if (/^HTTP\/1\.1 (?!100)\d{3}/m.test(received)) end();
    });
    socket.on('error', end);
    socket.on('close', end);
  });
}

const folder = mkdtempSync(join(tmpdir(), 'shellwright-fuzz-'));
const child = spawnRelay(
  {
    PORT: '0',
    RELAY_DATA: folder,
    RELAY_ALERTS_PER_ROUTE: '10000000',
    RELAY_REQUESTS_PER_ADDRESS: '10000000',
    RELAY_MAX_QUEUED: '1000000',
    ALERTMANAGER_URL: 'http://127.0.0.1:9',
  },
  ['ignore', 'pipe', 'inherit'],
);
const stdout = child.stdout as NonNullable<typeof child.stdout>;
let output = '';
stdout.on('data', (bytes: Buffer) => (output = (output + bytes.toString()).slice(-20_000)));
const portNow = (): string | undefined => /"port":(\d+),"msg":"Listening"/.exec(output)?.[1];
while (portNow() === undefined) await once(stdout, 'data');
const port = Number(portNow());

const samples: Memory[] = [];

/** What is held is what is left after a collection, so the least of each kind of memory; of the whole, the median. */
function summary(part: readonly Memory[]): string {
  const least = (read: (memory: Memory) => number): string =>
    Math.min(...part.map(read)).toFixed(0);
  return (
    `resident ${residentMb(part).toFixed(0)}, heap ${least((memory) => memory.heapMb)} of which in use ` +
    `${least((memory) => memory.heapUsedMb)}, outside it ${least((memory) => memory.externalMb)}`
  );
}

function residentMb(part: readonly Memory[]): number {
  return median(part.map((memory) => memory.residentMb));
}

/** Quarters of the run. */
function quarter(number: number): readonly Memory[] {
  return samples.slice((number * samples.length) / 4, ((number + 1) * samples.length) / 4);
}

const statuses = new Map<number, number>();
const failures: string[] = [];
let sent = 0;

async function work(): Promise<void> {
  while (sent < COUNT && child.exitCode === null) {
    sent += 1;
    if (sent % SAMPLE_EVERY === 0) samples.push(await memoryOf(port));
    const text = request();
    const answers = await send(port, text);
    for (const status of answers.length === 0 ? [0] : answers) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500) failures.push(`${status} to ${JSON.stringify(text.slice(0, 300))}`);
    }
  }
}

try {
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  if (child.exitCode !== null) failures.push(`The relay ended with ${child.exitCode}: ${output}`);
  const growthMb = residentMb(quarter(3)) - residentMb(quarter(2));
  const proper = await fetch(`http://localhost:${port}/v1/alerts`, {
    method: 'POST',
    headers: {
      Origin: `http://localhost:${port}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': 'after-the-fuzz',
    },
    body: JSON.stringify(alertPost()),
  });
  if (proper.status !== 202) failures.push(`A proper post got ${proper.status}`);
  if (growthMb > MAX_GROWTH_MB) failures.push(`The memory has grown by ${growthMb.toFixed(0)} MB`);
  console.log(`${sent} requests, seed ${SEED}; answers by status (0: none):`);
  console.log(
    [...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, n]) => `  ${status}: ${n}`)
      .join('\n'),
  );
  console.log('Memory in MB, by quarters of the run:');
  for (let number = 0; number < 4; number++) console.log(`  ${summary(quarter(number))}`);
} finally {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures.slice(0, 20)) console.error(failure);
if (failures.length > 0) process.exitCode = 1;
else console.log('No 5xx, no crash, the memory is flat.');
