/** Chapter 1: health checks, uptime, request logging. */
import { expect } from 'vitest';
import { ask, json, post, type Fetched } from '../support/endpoint-test.ts';
import { readMonitorData } from '../support/monitor-data.ts';
import { sample } from './exposition.ts';
import { CANARY, test } from './guide-test.ts';

const ISO_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;

test('1.1 Health checks: 503 without a model and 200 with one; the deep check infers, once in 30 s', async ({
  app,
  openTab,
}) => {
  const tab = await openTab();
  const without = await ask(tab, app, 'health');
  expect([without.status, without.headers['retry-after']]).toEqual([503, '5']);
  expect(json(without)).toMatchObject({
    status: 'unhealthy',
    model_loaded: false,
    device: null,
    error: { code: 'engine/not-loaded' },
  });
  expect((await ask(tab, app, 'health/detailed')).status).toBe(503);

  await tab.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
  const healthy = await ask(tab, app, 'health');
  expect(healthy.status).toBe(200);
  expect(json(healthy)).toMatchObject({
    status: 'healthy',
    model_loaded: true,
    device: 'WASM, 4 threads',
    timestamp: expect.stringMatching(ISO_UTC) as string,
  });
  const first = json(await ask(tab, app, 'health/detailed'));
  const second = json(await ask(tab, app, 'health/detailed'));
  expect(first['model']).toMatchObject({
    loaded: true,
    vocab_size: 16_384,
    inference_test_tokens: 4,
  });
  const tookMs = (body: typeof first): unknown =>
    (body['model'] as Record<string, unknown>)['inference_test_ms'];
  expect(tookMs(first)).toBeGreaterThan(0);
  expect(tookMs(second)).toBe(tookMs(first));
  // A check is no request, and its count is the only figure that it changes.
  expect((await readMonitorData(tab)).records).toEqual([]);
  const { text } = await ask(tab, app, 'metrics');
  const checks = (kind: string, result: string): number =>
    sample(text, 'health_checks_total', { kind, result });
  expect([checks('shallow', 'unhealthy'), checks('shallow', 'healthy')]).toEqual([1, 1]);
  expect([checks('deep', 'healthy'), checks('deep', 'throttled')]).toEqual([1, 1]);

  // Whoever is no page of the site, such as curl in a loop, asks the relay.
  const outside = await fetch(`${app.url}health`);
  expect([outside.status, (await outside.json()) as unknown]).toMatchObject([
    200,
    { status: 'ok' },
  ]);
});

test('1.2 Uptime: goes on while the wall clock is set back an hour', async ({ app, tab }) => {
  const uptime = async (): Promise<Record<string, unknown>> =>
    json(await ask(tab, app, 'metrics/uptime'));
  const before = await uptime();
  await tab.evaluate(() => {
    const now = Date.now.bind(Date);
    Object.assign(Date, { trueNow: now, now: () => now() - 3_600_000 });
  });
  const after = await uptime().finally(() =>
    tab.evaluate(() => Object.assign(Date, { now: Reflect.get(Date, 'trueNow') as () => number })),
  );
  const seconds = Number(after['uptime_seconds']);
  expect(seconds).toBeGreaterThan(Number(before['uptime_seconds']));
  expect(after['uptime_hours']).toBeCloseTo(seconds / 3600, 9);
  expect(after['uptime_days']).toBeCloseTo(seconds / 86_400, 9);
  expect(after['started_at']).toMatch(ISO_UTC);
  expect(after['started_at']).toBe(before['started_at']);
  const { text } = await ask(tab, app, 'metrics');
  expect(sample(text, 'uptime_seconds')).toBeGreaterThan(seconds);
});

test('1.3 Request logging: one line for each request, failed and streamed ones too, with its trace', async ({
  app,
  tab,
}) => {
  const prompt = `valid ${CANARY}`;
  const asked: readonly (readonly [Fetched, Readonly<Record<string, unknown>>])[] = [
    [await post(tab, app, { prompt }), { level: 'info', status: 200 }],
    [
      await post(tab, app, { prompt, temperature: 'hot' }),
      { level: 'warn', status: 400, code: 'request/invalid-parameter' },
    ],
    [
      await post(tab, app, { prompt: `oom ${CANARY}` }),
      { level: 'warn', status: 503, code: 'engine/out-of-memory' },
    ],
    [
      await post(tab, app, { prompt: `long ${CANARY}`, stream: true }),
      { level: 'info', status: 200 },
    ],
  ];
  const traceOf = ({ headers }: Fetched): string =>
    (headers['x-request-id'] ?? '').replaceAll('-', '');
  const linesOf = async (answer: Fetched) => {
    const { logs } = await readMonitorData(tab);
    return logs
      .filter(
        ({ message, traceId }) => message === 'endpoint answered' && traceId === traceOf(answer),
      )
      .map(({ level, fields }) => ({ level, ...fields }));
  };
  for (const [answer, wanted] of asked) {
    const line = {
      method: 'POST',
      path: '/generate',
      durationMs: expect.any(Number) as number,
      ...wanted,
    };
    // Nothing else is in it: no address, no prompt, no message.
    await expect.poll(() => linesOf(answer)).toEqual([line]);
    expect(answer.headers['server-timing']).toMatch(/total;dur=[\d.]+$/u);
  }
  // Of a stream, the line has the time to its last token.
  const [streamed] = asked[3] ?? [];
  const { logs, records } = await readMonitorData(tab);
  const record = records.find(({ id }) => id === streamed?.headers['x-request-id']);
  const line = logs.find(
    ({ message, traceId }) =>
      message === 'endpoint answered' && traceId === record?.id.replaceAll('-', ''),
  );
  expect(record?.timestamps.lastTokenMs).toBeGreaterThan(0);
  expect(Number(line?.fields['durationMs'])).toBeGreaterThan(record?.timestamps.lastTokenMs ?? NaN);
  expect(JSON.stringify(logs)).not.toContain(CANARY);
});
