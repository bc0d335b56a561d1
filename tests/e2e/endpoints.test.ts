/** The site answers as a server does: every endpoint, every error, whatever becomes of tabs and of the service worker. */
import type { Page } from 'playwright';
import { describe, expect } from 'vitest';
import { failure } from '../../src/contracts/failure.ts';
import type { AppServer } from '../../scripts/serve.ts';
import { ask, json, openClient, post, stopServiceWorkers, test } from './support/endpoint-test.ts';
import { balanceOf, readMonitorData } from './support/monitor-data.ts';

const ISO_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/u;
const OPENMETRICS = { Accept: 'application/openmetrics-text; version=1.0.0' };
const HELD = { held: { holdAfterTokens: 4 } };

async function endpointLines(page: Page): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { logs } = await readMonitorData(page);
  return logs
    .filter(({ message }) => message === 'endpoint answered')
    .map(({ level, traceId, fields }) => ({ level, traceId, ...fields }));
}

async function generateLines(page: Page): ReturnType<typeof endpointLines> {
  return (await endpointLines(page)).filter(({ path }) => path === '/generate');
}

async function outcomes(page: Page): Promise<readonly (string | null)[]> {
  return (await readMonitorData(page)).records.map(({ outcome }) => outcome);
}

/** Starts a request that does not end by itself, and resolves when the tab is at it. */
async function startHeld(client: Page, tab: Page, site: AppServer): Promise<void> {
  await client.evaluate((url) => {
    const abort = new AbortController();
    const answered = fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ prompt: 'held' }),
      signal: abort.signal,
    }).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      (error: unknown) => ({ status: 0, text: String(error) }),
    );
    Object.assign(globalThis, { answered });
  }, `${site.url}generate`);
  await expect.poll(() => outcomes(tab)).toContain(null);
}

function heldAnswer(client: Page): Promise<{ status: number; text: string }> {
  return client.evaluate(
    () =>
      (globalThis as unknown as { answered: Promise<{ status: number; text: string }> }).answered,
  );
}

describe('GET health', () => {
  test('says what a load balancer asks: 503 until a model is loaded, then 200', async ({
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite();
    const tab = await openTab(site, { isLoaded: false });
    const before = await ask(tab, site, 'health');
    expect(before.status).toBe(503);
    expect(before.headers['retry-after']).toBe('5');
    expect(json(before)).toMatchObject({
      status: 'unhealthy',
      model_loaded: false,
      device: null,
      error: { code: 'engine/not-loaded' },
    });

    await tab.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
    const after = await ask(tab, site, 'health');
    expect(after.status).toBe(200);
    expect(after.headers['content-type']).toBe('application/json');
    expect(after.headers['cache-control']).toBe('no-store');
    expect(json(after)).toEqual({
      status: 'healthy',
      model_loaded: true,
      device: 'WASM, 4 threads',
      timestamp: expect.stringMatching(ISO_UTC) as string,
      model: 'shellwright-bash-116m',
      backend: 'wasm',
    });
    const head = await ask(tab, site, 'health', { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test('detailed infers for real, once in 30 s, and is no request', async ({
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite();
    const tab = await openTab(site);
    const [first, second] = await Promise.all([
      ask(tab, site, 'health/detailed'),
      ask(tab, site, 'health/detailed'),
    ]);
    const third = await ask(tab, site, 'health/detailed');
    expect([first.status, second.status, third.status]).toEqual([200, 200, 200]);
    const models = [first, second, third].map(
      (answer) => json(answer)['model'] as Record<string, number>,
    );
    expect(models[0]).toMatchObject({ loaded: true, vocab_size: 16_384, inference_test_tokens: 4 });
    expect(models[0]?.['inference_test_ms']).toBeGreaterThan(0);
    expect(new Set(models.map((model) => model['inference_test_ms'])).size).toBe(1);
    expect(models[2]?.['inference_test_age_seconds']).toBeGreaterThan(0);
    expect(await outcomes(tab)).toEqual([]);
  });

  test('detailed is 503 with the failure where the model does not write', async ({
    scriptedSite,
    openTab,
  }) => {
    // The check asks for a list of files.
    const site = await scriptedSite({ scenario: { requests: { list: { text: '' } } } });
    const tab = await openTab(site);
    const deep = await ask(tab, site, 'health/detailed');
    expect([deep.status, deep.headers['retry-after']]).toEqual([503, '5']);
    expect(json(deep)).toMatchObject({
      status: 'unhealthy',
      error: { code: 'engine/inference-failed' },
      model: { loaded: true, inference_test_tokens: 0 },
    });
    expect((await ask(tab, site, 'health')).status).toBe(200);
  });
});

describe('GET metrics', () => {
  test('is Prometheus text, or OpenMetrics with exemplars where that is asked for', async ({
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite();
    const tab = await openTab(site);
    const generated = await post(tab, site, { prompt: 'list files' });
    const id = String(json(generated)['id']);

    const text = await ask(tab, site, 'metrics');
    expect(text.status).toBe(200);
    expect(text.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text.text).toMatch(
      /^generation_requests_total\{backend="wasm",model="shellwright-bash-116m"\} 1$/mu,
    );
    expect(text.text).toMatch(/^generation_latency_seconds_bucket\{.*le="\+Inf".*\} 1$/mu);
    expect(text.text).toMatch(/^generation_errors_total\{.*error_type="oom".*\} 0$/mu);
    expect(text.text).toMatch(/^active_generation_requests 0$/mu);
    expect(text.text).toMatch(/^uptime_seconds [\d.]+$/mu);

    const open = await ask(tab, site, 'metrics', { headers: OPENMETRICS });
    expect(open.headers['content-type']).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(open.text).toMatch(/\n# EOF\n$/u);
    expect(open.text).toContain(`# {trace_id="${id.replaceAll('-', '')}"}`);
    expect(open.text).toMatch(/^generation_requests_created\{.*\} [\d.]+$/mu);
  });

  test('uptime counts from when the tab was opened, by a clock that only goes forward', async ({
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite();
    const tab = await openTab(site);
    const first = json(await ask(tab, site, 'metrics/uptime'));
    const second = json(await ask(tab, site, 'metrics/uptime'));
    expect(first['started_at']).toMatch(ISO_UTC);
    expect(second['started_at']).toBe(first['started_at']);
    const seconds = Number(second['uptime_seconds']);
    expect(seconds).toBeGreaterThan(Number(first['uptime_seconds']));
    expect(second['uptime_hours']).toBeCloseTo(seconds / 3600, 9);
    expect(second['uptime_days']).toBeCloseTo(seconds / 86_400, 9);
  });
});

test('GET dashboard opens the Monitor page', async ({ context, scriptedSite, openTab }) => {
  const site = await scriptedSite();
  await openTab(site);
  const page = await context.newPage();
  await page.goto(`${site.url}dashboard`);
  expect(page.url()).toBe(`${site.url}#/monitor`);
  await page.getByRole('heading', { level: 1 }).waitFor();
});

describe('POST generate', () => {
  test('takes and gives the fields that model services have', async ({ scriptedSite, openTab }) => {
    const site = await scriptedSite();
    const tab = await openTab(site);
    const answer = await post(tab, site, {
      prompt: 'list files',
      max_length: 12,
      temperature: 0.7,
      top_k: 50,
      top_p: 0.9,
    });
    expect(answer.status).toBe(200);
    const body = json(answer);
    expect(body).toMatchObject({
      prompt: 'list files',
      num_tokens_generated: 12,
      finish_reason: 'length',
      model_info: { temperature: 0.7, top_k: 50, top_p: 0.9, max_length: 12, backend: 'wasm' },
    });
    expect(body['generated_code']).toMatch(/^#!\/usr\/bin\/env bash\n# Lists/u);
    expect(body['generation_time']).toBeGreaterThan(0);
    expect(body).not.toHaveProperty('debug');
    expect(answer.headers['server-timing']).toMatch(
      /^queue;dur=[\d.]+, tokenize;dur=[\d.]+, prefill;dur=[\d.]+, decode;dur=[\d.]+, total;dur=[\d.]+$/u,
    );
    expect(answer.headers['x-request-id']).toBe(body['id']);
    await expect
      .poll(() => readMonitorData(tab).then(({ records }) => records.map(({ id }) => id)))
      .toEqual([body['id']]);
  });

  test('streams tokens as server-sent events', async ({ scriptedSite, openTab }) => {
    const site = await scriptedSite();
    const tab = await openTab(site);
    const answer = await post(tab, site, { prompt: 'list files', max_length: 5, stream: true });
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const events = answer.text
      .trimEnd()
      .split('\n\n')
      .map((event) => {
        const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/u.exec(event) ?? [];
        return { name, data: JSON.parse(data) as Record<string, unknown> };
      });
    expect(events.map(({ name }) => name)).toEqual([...Array<string>(5).fill('token'), 'done']);
    const written = events.slice(0, 5).map(({ data }) => data['text']);
    expect(written.join('')).toBe(events[5]?.data['generated_code']);
    expect(events[5]?.data).toMatchObject({ num_tokens_generated: 5, finish_reason: 'length' });
  });

  test('adds what was asked for and how long all of it took, in debug mode only', async ({
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite();
    const tab = await openTab(site, { isLoaded: false });
    await tab.evaluate(() =>
      localStorage.setItem('shellwright.preferences', JSON.stringify({ debugMode: true })),
    );
    await tab.reload();
    await tab.waitForFunction(() => 'shellwright' in globalThis);
    await tab.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
    const answer = json(await post(tab, site, { prompt: 'list files', top_k: 7 }));
    expect(answer['debug']).toMatchObject({
      input_tokens: 24,
      model_config: { vocab_size: 16_384, n_layers: 30, d_model: 576 },
      sampling_params: { top_k: 7, top_p: 0.95, temperature: 0 },
      total_processing_time: expect.any(Number) as number,
    });
  });

  test('failures of the model have a status and a code; what they count as is in the figures', async ({
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite({
      scenario: {
        requests: {
          oom: { generateFailure: failure('engine/out-of-memory') },
          broken: { generateFailure: failure('engine/inference-failed') },
          slow: { timesOutAfterTokens: 6 },
        },
      },
    });
    const tab = await openTab(site);
    const oom = await post(tab, site, { prompt: 'oom' });
    expect([oom.status, json(oom)['code'], oom.headers['retry-after']]).toEqual([
      503,
      'engine/out-of-memory',
      '5',
    ]);
    const broken = await post(tab, site, { prompt: 'broken' });
    expect([broken.status, json(broken)['code']]).toEqual([500, 'engine/inference-failed']);
    const slow = await post(tab, site, { prompt: 'slow' });
    expect([slow.status, json(slow)['finish_reason']]).toEqual([200, 'timeout']);
    // In a stream it comes after tokens that have been handed out already.
    const streamed = await post(tab, site, { prompt: 'broken', stream: true });
    expect(streamed.status).toBe(200);
    expect(streamed.text).toMatch(/\n\nevent: error\ndata: .*"engine\/inference-failed".*\n\n$/u);

    const { text } = await ask(tab, site, 'metrics');
    expect(text).toMatch(/^generation_errors_total\{.*error_type="oom".*\} 1$/mu);
    await expect.poll(() => outcomes(tab)).toEqual(['error', 'error', 'timeout', 'error']);
    balanceOf(await readMonitorData(tab));
  });

  test('says what is wrong with a request, and which field', async ({ scriptedSite, openTab }) => {
    const site = await scriptedSite();
    const tab = await openTab(site);
    const asked = async (
      body: unknown,
    ): Promise<readonly [status: number, code: unknown, field: unknown]> => {
      const answer = await post(tab, site, body);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      const problem = json(answer);
      expect(problem).toMatchObject({ status: answer.status, type: 'about:blank' });
      expect(problem['request_id']).toBe(answer.headers['x-request-id']);
      return [answer.status, problem['code'], problem['field']];
    };
    const invalid = 'request/invalid-parameter';
    expect(await asked('{"prompt":')).toEqual([400, 'endpoint/invalid-json', 'body']);
    expect(await asked('')).toEqual([400, 'endpoint/invalid-json', 'body']);
    expect(await asked([])).toEqual([400, invalid, 'prompt']);
    expect(await asked({})).toEqual([400, invalid, 'prompt']);
    expect(await asked({ prompt: ' ' })).toEqual([400, invalid, 'prompt']);
    expect(await asked({ prompt: 3 })).toEqual([400, invalid, 'prompt']);
    expect(await asked({ prompt: 'a', max_length: 0 })).toEqual([400, invalid, 'max_length']);
    expect(await asked({ prompt: 'a', max_length: '9' })).toEqual([400, invalid, 'max_length']);
    expect(await asked({ prompt: 'a', max_length: 1, max_tokens: 1 })).toEqual([
      400,
      invalid,
      'max_length',
    ]);
    expect(await asked({ prompt: 'a', temperature: 9 })).toEqual([400, invalid, 'temperature']);
    expect(await asked({ prompt: 'a', top_k: 1.5 })).toEqual([400, invalid, 'top_k']);
    expect(await asked({ prompt: 'a', top_p: null })).toEqual([400, invalid, 'top_p']);
    expect(await asked({ prompt: 'a', stream: 'yes' })).toEqual([400, invalid, 'stream']);
    expect(await asked({ prompt: 'a', tempreature: 1 })).toEqual([400, invalid, 'tempreature']);
    expect(await asked({ prompt: 'x'.repeat(64_000) })).toEqual([
      413,
      'endpoint/too-large',
      'body',
    ]);
    const form = await ask(tab, site, 'generate', {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: '{"prompt":"a"}',
    });
    expect([form.status, json(form)['code']]).toEqual([415, 'endpoint/wrong-media-type']);

    // Those that were understood are counted as refused requests; none got to the model.
    const { text } = await ask(tab, site, 'metrics');
    expect(text).toMatch(/^generation_errors_total\{.*error_type="validation".*\} 12$/mu);
    const { records } = await readMonitorData(tab);
    expect(new Set(records.map(({ failure: cause }) => cause?.code))).toEqual(new Set([invalid]));
  });

  test('asked with another method than it has, each endpoint names those', async ({
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite();
    const tab = await openTab(site);
    for (const path of ['health', 'health/detailed', 'metrics', 'metrics/uptime', 'dashboard']) {
      const answer = await ask(tab, site, path, { method: 'POST', body: '{}' });
      expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
      expect(json(answer)).toMatchObject({ code: 'endpoint/wrong-method', field: 'method' });
    }
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await ask(tab, site, 'generate', { method });
      expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST']);
    }
  });
});

test('each request has one log line, with its trace; content is in none', async ({
  scriptedSite,
  openTab,
}) => {
  const site = await scriptedSite();
  const tab = await openTab(site);
  const asked = [
    await ask(tab, site, 'health?token=zq-canary'),
    await ask(tab, site, 'metrics'),
    await post(tab, site, { prompt: 'zq-canary' }),
    await post(tab, site, { prompt: 'zq-canary', temperature: 'zq-canary' }),
    await ask(tab, site, 'metrics', { method: 'DELETE' }),
  ];
  const trace = (index: number): string =>
    (asked[index]?.headers['x-request-id'] ?? '').replaceAll('-', '');
  for (const { headers } of asked) {
    expect(headers['x-request-id']).toMatch(UUID);
    expect(headers['server-timing']).toMatch(/total;dur=[\d.]+$/u);
  }
  const durationMs = expect.any(Number) as number;
  await expect
    .poll(() => endpointLines(tab))
    .toEqual([
      { level: 'info', traceId: trace(0), method: 'GET', path: '/health', status: 200, durationMs },
      {
        level: 'info',
        traceId: trace(1),
        method: 'GET',
        path: '/metrics',
        status: 200,
        durationMs,
      },
      {
        level: 'info',
        traceId: trace(2),
        method: 'POST',
        path: '/generate',
        status: 200,
        durationMs,
      },
      {
        level: 'warn',
        traceId: trace(3),
        method: 'POST',
        path: '/generate',
        status: 400,
        durationMs,
        code: 'request/invalid-parameter',
      },
      {
        level: 'warn',
        traceId: trace(4),
        method: 'DELETE',
        path: '/metrics',
        status: 405,
        durationMs,
        code: 'endpoint/wrong-method',
      },
    ]);
  expect(JSON.stringify(await endpointLines(tab))).not.toContain('zq-canary');
});

describe('tabs', () => {
  test('with none open, figures are still there, and what needs a model says when to come back', async ({
    context,
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite();
    const tab = await openTab(site);
    const client = await openClient(context, site);
    await post(client, site, { prompt: 'list files' });
    await expect.poll(() => outcomes(tab)).toEqual(['stop']);
    await tab.close();

    const generated = await post(client, site, { prompt: 'list files' });
    expect(generated.status).toBe(503);
    expect(generated.headers['retry-after']).toBe('5');
    expect(json(generated)['code']).toBe('endpoint/no-tab');
    const wrong = await post(client, site, { prompt: 7 });
    expect([wrong.status, json(wrong)['field']]).toEqual([400, 'prompt']);
    for (const path of ['health', 'health/detailed']) {
      const health = await ask(client, site, path);
      expect([health.status, health.headers['retry-after']]).toEqual([503, '5']);
      expect(json(health)).toMatchObject({
        status: 'unhealthy',
        error: { code: 'endpoint/no-tab' },
      });
    }
    const { status, text } = await ask(client, site, 'metrics');
    expect(status).toBe(200);
    expect(text).toMatch(
      /^generation_requests_total\{backend="wasm",model="shellwright-bash-116m"\} 1$/mu,
    );
    expect(text).not.toMatch(/^uptime_seconds /mu);
    const uptime = json(await ask(client, site, 'metrics/uptime'));
    expect(uptime).toMatchObject({ uptime_seconds: 0, started_at: null });
    expect(uptime['counting_since']).toMatch(ISO_UTC);
  });

  test('the one that has a model answers; when it is closed, another does', async ({
    context,
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite();
    const empty = await openTab(site, { isLoaded: false });
    // Asked now, it leads.
    expect((await ask(empty, site, 'health')).status).toBe(503);
    const loaded = await openTab(site);
    const client = await openClient(context, site);
    for (let i = 0; i < 3; i++) {
      expect((await ask(client, site, 'health')).status).toBe(200);
      expect((await post(client, site, { prompt: 'list files' })).status).toBe(200);
    }
    const pages = new Set((await readMonitorData(empty)).records.map(({ pageId }) => pageId));
    expect(pages.size).toBe(1);

    await loaded.close();
    await empty.evaluate(() => window.shellwright.load({ backend: 'wasm' }));
    expect((await post(client, site, { prompt: 'list files' })).status).toBe(200);
    await expect
      .poll(() =>
        readMonitorData(empty).then(
          ({ records }) => new Set(records.map(({ pageId }) => pageId)).size,
        ),
      )
      .toBe(2);
  });

  test('of two that are ready always the same one answers, and each request once', async ({
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite();
    const first = await openTab(site);
    const second = await openTab(site);
    for (const tab of [first, second, first, second]) {
      expect((await post(tab, site, { prompt: 'list files', max_length: 3 })).status).toBe(200);
    }
    await expect.poll(() => outcomes(first)).toEqual(Array<string>(4).fill('length'));
    const { records } = await readMonitorData(first);
    expect(new Set(records.map(({ pageId }) => pageId)).size).toBe(1);
  });

  test('one that is closed at its work leaves an answer: 503, to be asked again', async ({
    context,
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite({ scenario: { requests: HELD } });
    const tab = await openTab(site);
    const client = await openClient(context, site);
    await startHeld(client, tab, site);
    await tab.close();
    const { status, text } = await heldAnswer(client);
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ code: 'endpoint/tab-closed' });
  });
});

describe('whoever does not wait any more', () => {
  test('has a stream cancelled within a token', async ({ context, scriptedSite, openTab }) => {
    const site = await scriptedSite({ scenario: { requests: HELD } });
    const tab = await openTab(site);
    const client = await openClient(context, site);
    await client.evaluate(async (url) => {
      const abort = new AbortController();
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ prompt: 'held', stream: true }),
        signal: abort.signal,
      });
      await response.body?.getReader().read();
      abort.abort();
    }, `${site.url}generate`);
    await expect.poll(() => outcomes(tab)).toEqual(['cancelled']);
    await expect
      .poll(() => generateLines(tab))
      .toEqual([
        expect.objectContaining({ path: '/generate', status: 499, code: 'endpoint/cancelled' }),
      ]);
  });

  test('has a request cancelled when its page is closed', async ({
    context,
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite({ scenario: { requests: HELD } });
    const tab = await openTab(site);
    const client = await openClient(context, site);
    await startHeld(client, tab, site);
    await client.close();
    await expect.poll(() => outcomes(tab)).toEqual(['cancelled']);
    await expect
      .poll(() => generateLines(tab))
      .toEqual([expect.objectContaining({ path: '/generate', status: 499 })]);
  });
});

describe('a service worker that the browser stops', () => {
  test('answers the same when it is started again', async ({ scriptedSite, openTab }) => {
    const site = await scriptedSite();
    const tab = await openTab(site);
    let answered = 0;
    // Stopped before it has written the line of its last answer, it would never write it.
    const stop = async (): Promise<void> => {
      await expect.poll(async () => (await endpointLines(tab)).length).toBe(answered);
      answered += 1;
      await stopServiceWorkers(tab);
    };
    for (let i = 1; i <= 3; i++) {
      await stop();
      expect((await ask(tab, site, 'health')).status).toBe(200);
      await stop();
      expect((await post(tab, site, { prompt: 'list files' })).status).toBe(200);
      await stop();
      const { text } = await ask(tab, site, 'metrics');
      expect(text).toMatch(new RegExp(`^generation_requests_total\\{.*wasm.*116m"\\} ${i}$`, 'mu'));
    }
    await stop();
    // Once more in 30 s it infers for nobody: the tab remembers.
    const first = json(await ask(tab, site, 'health/detailed'));
    await stop();
    const second = json(await ask(tab, site, 'health/detailed'));
    expect((second['model'] as Record<string, unknown>)['inference_test_ms']).toBe(
      (first['model'] as Record<string, unknown>)['inference_test_ms'],
    );
    await expect.poll(async () => (await endpointLines(tab)).length).toBe(11);
  });

  test('at its work ends what the tab is at; the browser asks again, and there is one answer', async ({
    context,
    scriptedSite,
    openTab,
  }) => {
    const site = await scriptedSite({ scenario: { tokenMs: 60 } });
    const tab = await openTab(site);
    const client = await openClient(context, site);
    await startHeld(client, tab, site);
    await stopServiceWorkers(tab);
    const { status, text } = await heldAnswer(client);
    expect(status).toBe(200);
    await expect.poll(() => outcomes(tab)).toEqual(['cancelled', 'stop']);
    const { records } = await readMonitorData(tab);
    expect((JSON.parse(text) as { id: string }).id).toBe(records[1]?.id);
    // The tab writes the line of the first one, of which the service worker knows nothing any more.
    await expect
      .poll(() => generateLines(tab).then((lines) => lines.map((line) => line['status'])))
      .toEqual(expect.arrayContaining([499, 200]));
    balanceOf(await readMonitorData(tab));
  });
});

test('all of it works in a sub-folder, and offline', async ({ scriptedSite, openTab }) => {
  const site = await scriptedSite({ base: '/tools/shellwright/' });
  const tab = await openTab(site);
  await site.close();
  expect((await ask(tab, site, 'health')).status).toBe(200);
  expect((await ask(tab, site, 'health/detailed')).status).toBe(200);
  expect((await post(tab, site, { prompt: 'list files' })).status).toBe(200);
  expect((await ask(tab, site, 'metrics')).text).toMatch(/^# HELP generation_requests_total /mu);
  expect((await ask(tab, site, 'metrics/uptime')).status).toBe(200);
  await tab.goto(`${site.url}dashboard`);
  expect(tab.url()).toBe(`${site.url}#/monitor`);
  await tab.getByRole('heading', { level: 1 }).waitFor();
});
