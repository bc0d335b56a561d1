import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alertPost } from '../../fixtures/alert-post.ts';
import { OWN_PAGE, startTestRelay, temporaryFolder } from './support/test-relay.ts';

const ADMIN_TOKEN = 'the-operator-s-own-secret';

describe('who may send', () => {
  test.each([
    ['a page of this relay', OWN_PAGE, 202],
    [
      'a page of this relay by another name of this machine',
      { host: '127.0.0.1:4173', origin: 'http://127.0.0.1:4173' },
      202,
    ],
    ['another site', { host: 'localhost:4173', origin: 'https://evil.example' }, 401],
    [
      'a site that points its name to this machine',
      { host: 'evil.example:4173', origin: 'http://evil.example:4173' },
      401,
    ],
    ['a page without an origin', { host: 'localhost:4173', origin: 'null' }, 401],
    ['a program that names no origin', { host: 'localhost:4173' }, 401],
    [
      'a token that was never minted',
      { authorization: `Bearer swr_0123456789ab_${'a'.repeat(43)}` },
      401,
    ],
    ['nonsense instead of a token', { authorization: 'Bearer x' }, 401],
    ['an own page with a wrong token', { ...OWN_PAGE, authorization: 'Bearer x' }, 401],
  ])('%s', async (_, headers, status) => {
    const relay = await startTestRelay();
    const answer = await relay.request({
      method: 'POST',
      url: '/v1/alerts',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'some-key-1', ...headers },
      payload: JSON.stringify(alertPost()),
    });
    expect(answer.statusCode).toBe(status);
  });

  test('a page under the public address, behind a proxy', async () => {
    const relay = await startTestRelay({
      environment: { RELAY_PUBLIC_URL: 'https://shell.example.org', RELAY_REQUIRE_TOKEN: '0' },
    });
    const headers = { host: 'shell.example.org', origin: 'https://shell.example.org' };
    expect((await relay.postAlerts(alertPost(), { headers })).statusCode).toBe(202);
    const other = { host: 'shell.example.org', origin: 'http://shell.example.org' };
    expect((await relay.postAlerts(alertPost(), { headers: other })).statusCode).toBe(401);
  });

  test('a relay that others can reach asks its own pages for a token too', async () => {
    const relay = await startTestRelay({ environment: { RELAY_HOST: '0.0.0.0' } });
    expect((await relay.postAlerts(alertPost())).statusCode).toBe(401);
  });

  test('a token that was minted, until it is revoked', async () => {
    const relay = await startTestRelay();
    const { token } = relay.tokens.mint('office laptop', 0);
    const headers = { authorization: `Bearer ${token}`, origin: 'https://elsewhere.example' };
    expect((await relay.postAlerts(alertPost(), { headers })).statusCode).toBe(202);
    relay.tokens.revoke('office laptop');
    expect((await relay.postAlerts(alertPost(), { headers })).statusCode).toBe(401);
  });

  test('a device sees its own deliveries, the operator all of them', async () => {
    const relay = await startTestRelay({ environment: { RELAY_ADMIN_TOKEN: ADMIN_TOKEN } });
    const { token } = relay.tokens.mint('laptop', 0);
    await relay.postAlerts(alertPost());
    await relay.postAlerts(alertPost(), { headers: { authorization: `Bearer ${token}` } });
    const seenWith = async (headers: Record<string, string>): Promise<number> =>
      (await relay.request({ url: '/v1/deliveries', headers })).json<{ deliveries: unknown[] }>()
        .deliveries.length;
    expect(await seenWith({ authorization: `Bearer ${token}` })).toBe(1);
    expect(await seenWith({ authorization: `Bearer ${ADMIN_TOKEN}` })).toBe(2);
    expect(await seenWith({ host: 'localhost:4173', 'sec-fetch-site': 'same-origin' })).toBe(1);
  });
});

describe('metrics', () => {
  test('are for this machine, unless there is a secret for them', async () => {
    const open = await startTestRelay();
    expect((await open.request({ url: '/metrics' })).statusCode).toBe(200);
    expect((await open.request({ url: '/metrics', remoteAddress: '10.1.2.3' })).statusCode).toBe(
      401,
    );
    const proxied = { 'x-forwarded-for': '10.1.2.3' };
    expect((await open.request({ url: '/metrics', headers: proxied })).statusCode).toBe(401);

    for (const address of ['/metrics', '/health/detailed']) {
      const by = async (host: string): Promise<number> =>
        (await open.request({ url: address, headers: { host } })).statusCode;
      for (const host of ['localhost:4173', '127.0.0.1:4173', '[::1]:4173']) {
        expect(await by(host)).toBe(200);
      }
      for (const host of ['evil.example:4173', 'shell.example.org', '10.1.2.3']) {
        expect(await by(host)).toBe(401);
      }
    }

    const secret = 'a-secret-for-prometheus';
    const locked = await startTestRelay({ environment: { RELAY_METRICS_TOKEN: secret } });
    expect((await locked.request({ url: '/metrics' })).statusCode).toBe(401);
    const headers = { authorization: `Bearer ${secret}` };
    expect(
      (await locked.request({ url: '/metrics', headers, remoteAddress: '10.1.2.3' })).statusCode,
    ).toBe(200);
  });

  test('are for nobody without a secret where a proxy is in front, which may not tell that it is one', async () => {
    for (const environment of [
      { RELAY_PUBLIC_URL: 'https://shell.example.org' },
      { RELAY_TRUST_PROXY: '1' },
    ]) {
      const relay = await startTestRelay({
        environment: { ...environment, RELAY_ADMIN_TOKEN: ADMIN_TOKEN },
      });
      const headers = { host: '127.0.0.1:4173' };
      for (const url of ['/metrics', '/health/detailed']) {
        expect((await relay.request({ url, headers })).statusCode).toBe(401);
        const authorization = `Bearer ${ADMIN_TOKEN}`;
        expect((await relay.request({ url, headers: { authorization } })).statusCode).toBe(200);
      }
      expect((await relay.request({ url: '/health', headers })).statusCode).toBe(200);
    }
  });
});

describe('other sites', () => {
  test('only those on the list may ask, by their exact origin', async () => {
    const environment = { RELAY_ALLOWED_ORIGINS: 'https://tools.example.org' };
    const relay = await startTestRelay({ environment });
    const preflight = (origin: string) =>
      relay.request({
        method: 'OPTIONS',
        url: '/v1/alerts',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const listed = await preflight('https://tools.example.org');
    expect(listed.headers['access-control-allow-origin']).toBe('https://tools.example.org');
    expect(listed.headers['vary']).toMatch(/origin/i);
    for (const origin of [
      'https://tools.example.org.evil.example',
      'http://tools.example.org',
      'null',
    ]) {
      expect((await preflight(origin)).headers['access-control-allow-origin']).not.toBe(origin);
    }
  });

  test('being on the list is no token', async () => {
    const environment = { RELAY_ALLOWED_ORIGINS: 'https://tools.example.org' };
    const relay = await startTestRelay({ environment });
    const headers = { origin: 'https://tools.example.org' };
    expect((await relay.postAlerts(alertPost(), { headers })).statusCode).toBe(401);
  });
});

describe('the app', () => {
  async function relayWithApp(base?: string) {
    const folder = join(temporaryFolder(), 'dist');
    mkdirSync(join(folder, 'assets'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(join(folder, 'assets', 'a-1.js'), '0');
    return startTestRelay({ app: { folder }, ...(base === undefined ? {} : { base }) });
  }

  test('comes with a policy that lets it run and nothing else, and isolated', async () => {
    const relay = await relayWithApp();
    const { headers, statusCode } = await relay.request({ url: '/' });
    expect(statusCode).toBe(200);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
    expect(headers['x-frame-options']).toBe('SAMEORIGIN');
    expect(headers['strict-transport-security']).toBeUndefined();
    const asset = await relay.request({ url: '/assets/a-1.js' });
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  test('and the relay lie in the same sub-folder', async () => {
    const relay = await relayWithApp('/tools/app/');
    expect((await relay.request({ url: '/tools/app/' })).statusCode).toBe(200);
    expect((await relay.request({ url: '/tools/app/health' })).statusCode).toBe(200);
    expect((await relay.postAlerts(alertPost())).statusCode).toBe(202);
    expect((await relay.request({ url: '/health' })).statusCode).toBe(404);
    expect((await relay.request({ url: '/' })).statusCode).toBe(404);
  });

  test('takes neither other methods nor addresses of a relay that is newer', async () => {
    const relay = await relayWithApp();
    expect((await relay.request({ method: 'POST', url: '/index.html' })).statusCode).toBe(405);
    expect((await relay.request({ url: '/v1/silences' })).statusCode).toBe(404);
    expect((await relay.request({ url: '/..%2f..%2fetc/passwd' })).statusCode).toBe(404);
  });
});

test.each(['/health', '/health/detailed', '/metrics', '/metrics/uptime'])(
  '%s is also under /v1, which no service worker of the app answers, to the same readers',
  async (address) => {
    const relay = await startTestRelay({ base: '/tools/app/' });
    const [usual, under] = [`/tools/app${address}`, `/tools/app/v1${address}`];
    expect((await relay.request({ url: under })).statusCode).toBe(200);
    for (const headers of [{}, { 'x-forwarded-for': '10.9.9.9' }]) {
      const from = { headers, remoteAddress: '10.1.2.3' };
      const [first, second] = [
        await relay.request({ url: usual, ...from }),
        await relay.request({ url: under, ...from }),
      ];
      expect(second.statusCode).toBe(first.statusCode);
      expect(second.headers['content-type']).toBe(first.headers['content-type']);
    }
  },
);

test('a relay that is about to stop says so and takes nothing', async () => {
  const relay = await startTestRelay();
  expect((await relay.request({ url: '/health' })).json()).toMatchObject({ status: 'ok' });
  relay.beginToStop();
  expect((await relay.request({ url: '/health' })).statusCode).toBe(503);
  const answer = await relay.postAlerts(alertPost());
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'relay/stopping' });
});

test('uptime is by the monotonic clock', async () => {
  const relay = await startTestRelay();
  await relay.clock.advance(90_000);
  relay.clock.setWallClock(0);
  expect((await relay.request({ url: '/metrics/uptime' })).json()).toEqual({
    uptimeSeconds: 90,
    startedAt: '2026-11-24T10:00:00.000Z',
  });
});
