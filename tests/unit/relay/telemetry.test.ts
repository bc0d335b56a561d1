import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TelemetryPost, TelemetryRow } from '../../../src/contracts/relay.ts';
import { BUCKET_EDGES } from '../../../src/core/metrics/bucket-edges.ts';
import { Histogram } from '../../../src/core/metrics/histogram.ts';
import { FakeClock } from './support/fake-clock.ts';
import { OWN_PAGE, startTestRelay, type TestRelay } from './support/test-relay.ts';

const CLIENT = '3f0c7a52-2f3b-4d57-9a59-0d6f2a1c9b11';

function histogramOf(values: readonly number[]) {
  const histogram = new Histogram(BUCKET_EDGES.generation_latency_seconds);
  for (const value of values) histogram.record(value);
  return histogram.toData();
}

function row(changes: Partial<TelemetryRow> = {}): TelemetryRow {
  return {
    model: 'own',
    backend: 'wasm',
    outcome: 'stop',
    counters: {},
    histograms: {},
    ...changes,
  };
}

const ACCEPTED_TWO = row({ outcome: 'accepted', counters: { generation_requests_total: 2 } });

function post(changes: Partial<TelemetryPost> = {}): TelemetryPost {
  return { schemaVersion: 1, clientId: CLIENT, sequence: 1, rows: [ACCEPTED_TWO], ...changes };
}

const send = (relay: TestRelay, body: unknown) =>
  relay.request({
    method: 'POST',
    url: '/v1/telemetry',
    headers: { ...OWN_PAGE, 'content-type': 'application/json' },
    payload: JSON.stringify(body),
  });

/** Lines of the metrics that count anything, without comments. */
async function lines(relay: TestRelay, name: string): Promise<readonly string[]> {
  const { body } = await relay.request({ url: '/metrics' });
  return body.split('\n').filter((line) => line.startsWith(name) && !line.endsWith(' 0'));
}

test('counts of pages add up, by model and backend', async () => {
  const relay = await startTestRelay();
  const answer = await send(relay, post());
  expect(answer.statusCode).toBe(202);
  expect(answer.json()).toEqual({ sequence: 1, isRepeat: false });
  await send(relay, post({ clientId: 'another-page-0001' }));
  await send(relay, post({ sequence: 2, rows: [{ ...ACCEPTED_TWO, backend: 'webgpu' }] }));
  expect(await lines(relay, 'generation_requests_total')).toEqual([
    'generation_requests_total{backend="wasm",model="own"} 4',
    'generation_requests_total{backend="webgpu",model="own"} 2',
  ]);
});

test('histograms add up to what one page would have measured', async () => {
  const relay = await startTestRelay();
  const values = [0.2, 0.7, 1.9, 2.1, 65, 0.7];
  for (const [index, part] of [values.slice(0, 2), values.slice(2, 5), values.slice(5)].entries()) {
    const histograms = { generation_latency_seconds: histogramOf(part) };
    await send(relay, post({ clientId: `page-number-000${index}`, rows: [row({ histograms })] }));
  }
  const shown = await lines(relay, 'generation_latency_seconds');
  expect(shown).toContain('generation_latency_seconds_bucket{le="0.5",outcome="stop"} 1');
  expect(shown).toContain('generation_latency_seconds_bucket{le="2",outcome="stop"} 4');
  expect(shown).toContain('generation_latency_seconds_bucket{le="60",outcome="stop"} 5');
  expect(shown).toContain('generation_latency_seconds_bucket{le="+Inf",outcome="stop"} 6');
  expect(shown).toContain('generation_latency_seconds_count{outcome="stop"} 6');
  expect(shown).toContain('generation_latency_seconds_sum{outcome="stop"} 70.6');
});

describe('idempotency', () => {
  test('a post counts once, however often and however simultaneously it arrives', async () => {
    const relay = await startTestRelay();
    await Promise.all(Array.from({ length: 10 }, () => send(relay, post())));
    const again = await send(relay, post());
    expect(again.json()).toEqual({ sequence: 1, isRepeat: true });
    expect(await lines(relay, 'generation_requests_total')).toEqual([
      'generation_requests_total{backend="wasm",model="own"} 2',
    ]);
  });

  test('an older post than the last one is not counted, and a gap is told', async () => {
    const relay = await startTestRelay();
    await send(relay, post());
    await send(relay, post({ sequence: 4 }));
    await send(relay, post({ sequence: 3 }));
    expect(await lines(relay, 'generation_requests_total')).toEqual([
      'generation_requests_total{backend="wasm",model="own"} 4',
    ]);
    expect(await lines(relay, 'relay_telemetry_posts_total')).toEqual([
      'relay_telemetry_posts_total{result="accepted"} 1',
      'relay_telemetry_posts_total{result="gap"} 1',
      'relay_telemetry_posts_total{result="repeated"} 1',
    ]);
  });

  test('sums and sequence numbers outlive the relay', async () => {
    const clock = new FakeClock();
    const first = await startTestRelay({ clock });
    const histograms = { generation_latency_seconds: histogramOf([0.3]) };
    await send(first, post({ rows: [ACCEPTED_TWO, row({ histograms })] }));
    const before = await lines(first, 'generation_');
    first.abandon();

    const second = await startTestRelay({ clock, folder: first.folder });
    expect((await send(second, post())).json()).toEqual({ sequence: 1, isRepeat: true });
    expect(await lines(second, 'generation_')).toEqual(before);
  });

  test('what the disk did not take is not counted, and can be sent again', async () => {
    const relay = await startTestRelay();
    relay.disk.roomBytes = 10;
    expect((await send(relay, post())).statusCode).toBe(503);
    relay.disk.roomBytes = Infinity;
    // Looking at it tries the disk again, before a page does.
    const health = await relay.request({ url: '/health/detailed' });
    expect(health.json()).toMatchObject({ checks: { journalWritable: true } });
    expect((await send(relay, post())).json()).toEqual({ sequence: 1, isRepeat: false });
    expect(await lines(relay, 'generation_requests_total')).toHaveLength(1);
  });
});

describe('gauges', () => {
  const alive = (client: string, gauges: TelemetryPost['gauges']): TelemetryPost =>
    post({ clientId: `browser-of-test-${client}`, rows: [], ...(gauges && { gauges }) });

  test('are sums and maxima over the browsers that were heard of within three minutes', async () => {
    const relay = await startTestRelay();
    expect(await lines(relay, 'active_generation_requests')).toEqual([]);
    await send(relay, alive('1', { activeRequests: 3, memoryUsedRatio: 0.4 }));
    await relay.clock.advance(120_000);
    await send(relay, alive('2', { activeRequests: 98, memoryUsedRatio: 0.9 }));
    await send(relay, alive('3', { activeRequests: 2, memoryUsedRatio: null }));
    await send(relay, alive('4', undefined));
    expect(await lines(relay, 'active_generation_requests')).toEqual([
      'active_generation_requests 103',
    ]);
    expect(await lines(relay, 'memory_used_ratio')).toEqual(['memory_used_ratio 0.9']);
    expect(await lines(relay, 'fleet_live_browsers')).toEqual(['fleet_live_browsers 4']);
    await send(relay, alive('2', { activeRequests: 1, memoryUsedRatio: 0.2 }));
    await relay.clock.advance(61_000);
    expect(await lines(relay, 'active_generation_requests')).toEqual([
      'active_generation_requests 3',
    ]);
    expect(await lines(relay, 'memory_used_ratio')).toEqual(['memory_used_ratio 0.2']);
    await relay.clock.advance(180_000);
    const { body } = await relay.request({ url: '/metrics' });
    expect(body).not.toContain('active_generation_requests');
    expect(body).not.toContain('memory_used_ratio');
    expect(body).toContain('\nfleet_live_browsers 0\n');
  });

  test('are taken from a post that is repeated too, which counts nothing again', async () => {
    const relay = await startTestRelay();
    await send(relay, post({ gauges: { activeRequests: 5, memoryUsedRatio: null } }));
    await send(relay, post({ gauges: { activeRequests: 1, memoryUsedRatio: null } }));
    expect(await lines(relay, 'active_generation_requests')).toEqual([
      'active_generation_requests 1',
    ]);
    expect(await lines(relay, 'generation_requests_total')).toEqual([
      'generation_requests_total{backend="wasm",model="own"} 2',
    ]);
  });

  test('a sign of life takes no number and is not written to the disk, but keeps the page known', async () => {
    const relay = await startTestRelay();
    await send(relay, post());
    const disk = (): string => readFileSync(join(relay.folder, 'telemetry.ndjson'), 'utf8');
    const before = disk();
    for (let hour = 0; hour < 60; hour += 6) {
      const answer = await send(relay, post({ sequence: 2, rows: [] }));
      expect(answer.json()).toEqual({ sequence: 1, isRepeat: false });
      if (hour === 0) expect(disk()).toBe(before);
      await relay.clock.advance(6 * 3_600_000);
    }
    expect((await send(relay, post())).json()).toEqual({ sequence: 1, isRepeat: true });
    expect((await send(relay, post({ sequence: 2 }))).json()).toEqual({
      sequence: 2,
      isRepeat: false,
    });
    expect(await lines(relay, 'relay_telemetry_posts_total')).toEqual([
      'relay_telemetry_posts_total{result="accepted"} 2',
      'relay_telemetry_posts_total{result="alive"} 10',
      'relay_telemetry_posts_total{result="repeated"} 1',
    ]);
  });

  test('when any browser was heard of last is told, also after a restart', async () => {
    const clock = new FakeClock();
    const name = 'fleet_last_telemetry_timestamp_seconds';
    const first = await startTestRelay({ clock });
    expect(await lines(first, name)).toEqual([]);
    await send(first, post());
    const at = clock.epochNow() / 1000;
    await clock.advance(600_000);
    expect(await lines(first, name)).toEqual([`${name} ${at}`]);
    first.abandon();
    const second = await startTestRelay({ clock, folder: first.folder });
    expect(await lines(second, name)).toEqual([`${name} ${at}`]);
    await send(second, alive('1', undefined));
    expect(await lines(second, name)).toEqual([`${name} ${at + 600}`]);
  });
});

test('a kind of error that has not happened yet is there at 0', async () => {
  const relay = await startTestRelay();
  const { body } = await relay.request({ url: '/metrics' });
  expect(body).toContain('\ngeneration_errors_total{error_type="oom"} 0\n');
  // Of a series that begins with the first slow requests, Prometheus would see no increase.
  expect(body).toContain('\ngeneration_latency_seconds_count{outcome="timeout"} 0\n');
  expect(body).toContain('\ngeneration_latency_seconds_bucket{le="+Inf",outcome="timeout"} 0\n');
});

describe('cardinality', () => {
  test.each([
    ['a metric that is not in the table', { prompt_text_total: 1 }],
    ['a metric that is read, not summed', { active_generation_requests: 1 }],
    ['a histogram given as a counter', { generation_tokens: 1 }],
    ['a label that the metric does not have', { 'device_lost_total{session="abc"}': 1 }],
    [
      'a value that the label does not have',
      { 'generation_syntax_checks_total{guard="on",result="nice"}': 1 },
    ],
    ['a label that is missing', { generation_syntax_checks_total: 1 }],
    ['a key that is none', { 'generation_finished_total{': 1 }],
  ])('%s is left out and counted', async (_, counters) => {
    const relay = await startTestRelay();
    expect((await send(relay, post({ rows: [row({ counters })] }))).statusCode).toBe(202);
    const name = Object.keys(counters)[0]?.split('{')[0] ?? '';
    expect(await lines(relay, name)).toEqual([]);
    const dropped = await lines(relay, 'relay_telemetry_dropped_series_total');
    expect(dropped).toHaveLength(1);
  });

  test('models beyond the fiftieth are counted together', async () => {
    const relay = await startTestRelay();
    const rows = Array.from({ length: 80 }, (_, n) => ({ ...ACCEPTED_TWO, model: `model-${n}` }));
    await send(relay, post({ rows }));
    const shown = await lines(relay, 'generation_requests_total');
    expect(shown).toHaveLength(51);
    expect(shown).toContain('generation_requests_total{backend="wasm",model="other"} 60');
    // As after a restart: those that are told apart are the same, and no more.
    const again = await startTestRelay({ folder: relay.folder });
    const models = ['model-3', 'model-new'].map((model) => ({ ...ACCEPTED_TWO, model }));
    await send(again, post({ sequence: 2, rows: models }));
    const shownAgain = await lines(again, 'generation_requests_total');
    expect(shownAgain).toContain('generation_requests_total{backend="wasm",model="model-3"} 4');
    expect(shownAgain).toContain('generation_requests_total{backend="wasm",model="other"} 62');
    expect(shownAgain).toHaveLength(shown.length);
  });

  test('a model’s name that could be anything is not taken over', async () => {
    const relay = await startTestRelay();
    await send(relay, post({ rows: [{ ...ACCEPTED_TWO, model: 'delete my files, please' }] }));
    expect(await lines(relay, 'generation_requests_total')).toEqual([
      'generation_requests_total{backend="wasm",model="other"} 2',
    ]);
  });

  test('the page’s id is neither in the metrics nor on the disk nor in the log', async () => {
    const relay = await startTestRelay();
    await send(relay, post());
    const { body } = await relay.request({ url: '/metrics' });
    const disk = readFileSync(join(relay.folder, 'telemetry.ndjson'), 'utf8');
    for (const text of [body, disk, relay.logged.join('\n')]) expect(text).not.toContain(CLIENT);
  });

  test('what is known of a page is forgotten when it has been silent for two days', async () => {
    const relay = await startTestRelay();
    await send(relay, post());
    await relay.clock.advance(47 * 3_600_000);
    await send(relay, post({ clientId: 'another-page-0001' }));
    const disk = (): string => readFileSync(join(relay.folder, 'telemetry.ndjson'), 'utf8');
    const pages = (): number => disk().match(/"client":/g)?.length ?? 0;
    expect(pages()).toBe(2);
    await relay.clock.advance(13 * 3_600_000);
    await expect.poll(pages).toBe(1);
    expect(disk()).toContain('generation_requests_total');
  });
});

describe('refused', () => {
  const histogram = histogramOf([0.3, 0.4]);
  test.each<[string, unknown, string]>([
    [
      'a count below nothing',
      post({ rows: [row({ counters: { device_lost_total: -1 } })] }),
      'rows[0].counters',
    ],
    [
      'half a count',
      post({ rows: [row({ counters: { device_lost_total: 0.5 } })] }),
      'rows[0].counters',
    ],
    [
      'a count that leaves the exact numbers',
      post({ rows: [row({ counters: { device_lost_total: 1e12 } })] }),
      'rows[0].counters',
    ],
    [
      'a histogram that does not add up',
      post({
        rows: [row({ histograms: { generation_latency_seconds: { ...histogram, count: 3 } } })],
      }),
      'rows[0].histograms',
    ],
    [
      'an outcome that there is not',
      { ...post(), rows: [{ ...row(), outcome: 'fine' }] },
      'rows[0].outcome',
    ],
    ['a field that is not in the contract', { ...post(), prompt: 'x' }, 'prompt'],
    ['a sequence that begins at 0', post({ sequence: 0 }), 'sequence'],
    ['an id that says something', post({ clientId: 'Ann Example’s laptop' }), 'clientId'],
    [
      'more requests than a browser could make',
      post({ gauges: { activeRequests: 1e9, memoryUsedRatio: null } }),
      'gauges.activeRequests',
    ],
    [
      'a memory that is more than full',
      post({ gauges: { activeRequests: 0, memoryUsedRatio: 1.1 } }),
      'gauges.memoryUsedRatio',
    ],
    ['gauges that are none', { ...post(), gauges: null }, 'gauges'],
    ['nothing', null, 'body'],
  ])('%s', async (_, body, field) => {
    const relay = await startTestRelay();
    const answer = await send(relay, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ field: string }>().field).toContain(field);
  });
});
